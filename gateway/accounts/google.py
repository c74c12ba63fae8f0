"""Google Cloud: tokens of a service account, or of whatever the machine is logged in as, by google-auth in a thread."""

import asyncio
from datetime import UTC
from pathlib import Path
from time import time
from typing import Any, Final

import msgspec

from config.secrets import Secret
from gateway.accounts.tokens import Token
from gateway.errors import Misconfigured, UpstreamUnreachable

__all__ = ("GoogleIdentity",)

SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)


class GoogleIdentity:
    """``fetch`` is a ``TokenFetch``. ``credentials`` are the JSON of a key or the path of its file; ``None``: the machine's own identity.

    Raises ``Misconfigured`` for what is neither. ``name`` is the provider's, for messages.
    """

    def __init__(self, name: str, credentials: Secret | None) -> None:
        self._name = name
        self._info = None if credentials is None else _info(name, credentials)
        self._credentials: Any = None

    @property
    def project(self) -> str | None:
        """The project that the key belongs to."""
        return None if self._info is None else self._info.get("project_id")

    async def fetch(self) -> Token:
        """Get a token; the library's own I/O happens in a thread. Raises ``UpstreamUnreachable``."""
        return await asyncio.to_thread(self._refreshed)

    def _refreshed(self) -> Token:
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        try:
            if self._credentials is None:
                self._credentials = self._loaded()
            self._credentials.refresh(Request())
        except (GoogleAuthError, ValueError) as error:
            # Its text may quote the key.
            reason = type(error).__name__
            raise UpstreamUnreachable(
                f"The provider {self._name!r} has no token: Google's authority refused or cannot be reached ({reason})."
            ) from None
        expiry = self._credentials.expiry  # without a zone, in UTC
        return Token(self._credentials.token, time() + 3600 if expiry is None else expiry.replace(tzinfo=UTC).timestamp())

    def _loaded(self) -> Any:
        import google.auth
        from google.oauth2 import service_account

        if self._info is None:
            return google.auth.default(scopes=SCOPES)[0]
        if self._info.get("type") == "service_account":
            return service_account.Credentials.from_service_account_info(self._info, scopes=SCOPES)  # type: ignore[no-untyped-call]  # the library is half typed
        return google.auth.load_credentials_from_dict(self._info, scopes=SCOPES)[0]  # type: ignore[no-untyped-call]  # the same


def _info(name: str, credentials: Secret) -> dict[str, Any]:
    text = credentials.reveal().strip()
    try:
        if not text.startswith("{"):
            text = Path(text).expanduser().read_text(encoding="utf-8")
        return msgspec.json.decode(text, type=dict[str, Any])
    except (OSError, ValueError, RuntimeError):
        raise Misconfigured(
            f"The provider {name!r} has 'credentials' that are neither the JSON of a key nor the path of a readable file with it."
        ) from None
