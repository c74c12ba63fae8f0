"""Microsoft Entra: a token for an application, by its client secret.

https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from time import time
from typing import Final

import msgspec

from config.secrets import Secret
from gateway.accounts.tokens import Token
from gateway.errors import UpstreamUnreachable

__all__ = ("EntraApplication",)

AUTHORITY: Final = "https://login.microsoftonline.com"
TIMEOUT_SECONDS: Final = 10.0


class Granted(msgspec.Struct):
    """The answer to a grant. ``expires_in`` is in seconds, and text in some clouds."""

    access_token: str
    expires_in: int | str = 3600


class EntraApplication:
    """An application that is registered in a tenant; ``fetch`` is a ``TokenFetch``. ``name`` is the provider's, for messages."""

    def __init__(self, name: str, tenant: str, client: str, secret: Secret, scope: str, authority: str | None = None) -> None:
        self._name = name
        self._url = f"{(authority or AUTHORITY).rstrip('/')}/{tenant}/oauth2/v2.0/token"
        self._client = client
        self._secret = secret
        self._scope = scope

    async def fetch(self) -> Token:
        """Ask for a token. Raises ``UpstreamUnreachable``; what the authority says is left out, since it may quote what it was sent."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client,
            "client_secret": self._secret.reveal(),
            "scope": self._scope,
        }
        import httpx  # here, as Azure alone needs it: it is slow to load

        began = time()
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
                answer = await client.post(self._url, data=form)
        except httpx.HTTPError as error:
            raise UpstreamUnreachable(f"The provider {self._name!r} has no token: Microsoft Entra cannot be reached.") from error
        if answer.status_code != 200:
            raise UpstreamUnreachable(
                f"The provider {self._name!r} has no token: Microsoft Entra answered {answer.status_code}; check tenant_id, client_id, client_secret."
            )
        try:
            granted = msgspec.json.decode(answer.content, type=Granted)
            return Token(granted.access_token, began + float(granted.expires_in))
        except ValueError:
            raise UpstreamUnreachable(f"The provider {self._name!r} has no token: Microsoft Entra answered without one.") from None
