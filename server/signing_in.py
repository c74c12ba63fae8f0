"""Who signs in, and which parts of the server they may enter. What they may do with single things is the gatekeeper's to say."""

import base64
import binascii
from typing import Final

from litestar.types import HTTPScope

from registry.access.index import AccessIndex
from registry.access.tokens import PREFIX
from registry.access.types import Caller
from server.dialects import Refusal
from server.entrance import may_go_in

__all__ = ("SignIn", "may_enter", "unknown")

CHALLENGE: Final = (("www-authenticate", 'Basic realm="mlflow", charset="UTF-8"'),)


class SignIn:
    """Finds the user of a request: by a token, or by HTTP Basic. Asks no database, and a slow hash once in a while."""

    def __init__(self, index: AccessIndex) -> None:
        self._index = index

    async def find(self, scope: HTTPScope) -> Caller | None:
        """The user, or ``None`` for a request that nobody signed."""
        for header, value in scope["headers"]:
            if header == b"authorization":
                scheme, _, credentials = value.partition(b" ")
                if scheme.lower() == b"bearer":
                    return self._index.of_token(credentials.strip())
                if scheme.lower() == b"basic":
                    return await self._basic(credentials)
        return None

    async def _basic(self, credentials: bytes) -> Caller | None:
        try:
            name, _, password = base64.b64decode(credentials, validate=True).partition(b":")
        except binascii.Error:
            return None
        if password.startswith(PREFIX.encode()):
            return self._index.of_token(password)
        return self._index.remembered(name, password) or await self._index.sign_in(name, password)


def unknown() -> Refusal:
    """Nobody signed the request."""
    return Refusal(
        status=401,
        code="not_signed_in",
        message="You are not authenticated.",
        hint="Sign in with a user's name and password (HTTP Basic; MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD), "
        "with a token of theirs (Authorization: Bearer; MLFLOW_TRACKING_TOKEN), or send one of security.api_keys.",
        headers=CHALLENGE,
    )


def may_enter(caller: Caller, scope: HTTPScope) -> Refusal | None:
    """Why a user may not go there, or ``None``."""
    if caller.is_administrator or may_go_in(caller, scope):
        return None
    return Refusal(
        status=403,
        code="permission_denied",
        message="Permission denied.",
        hint="An administrator can give you a role or a permission for this.",
    )
