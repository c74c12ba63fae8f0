"""Who signs in, and which parts of the server they may enter. Permissions on single things are the gatekeeper's."""

import base64
import binascii
import time
from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, urlsplit

from litestar.types import HTTPScope

from registry.access.attempts import Attempts, TooManyAttempts
from registry.access.index import AccessIndex
from registry.access.sessions import COOKIE, Sessions
from registry.access.tokens import PREFIX
from registry.access.types import Caller
from server.dialects import Refusal, has_dialect
from server.entrance import SAFE, lacking, may_go_in

__all__ = ("SIGN_IN", "SignIn", "may_enter", "too_many", "unknown")

SIGN_IN: Final = "/sign-in"
"""The page where people sign in."""

CHALLENGE: Final = (("www-authenticate", 'Basic realm="mlflow", charset="UTF-8"'),)


class SignIn:
    """Finds the user of a request, by a token, by HTTP Basic, or by a session's cookie.

    Asks no database. A slow hash is computed once in a while.
    """

    def __init__(self, index: AccessIndex, sessions: Sessions) -> None:
        self._index = index
        self._attempts = Attempts()
        self.sessions = sessions

    async def find(self, scope: HTTPScope) -> Caller | None:
        """The user, or ``None`` for a request that nobody signed. Raises ``TooManyAttempts``."""
        headers = dict(scope["headers"])
        if (value := headers.get(b"authorization")) is not None:
            scheme, _, credentials = value.partition(b" ")
            if scheme.lower() == b"bearer":
                return self._index.of_token(credentials.strip())
            if scheme.lower() == b"basic":
                return await self._basic(credentials, _address(scope))
        return self._of_cookie(scope, headers)

    @property
    def administrators(self) -> Sequence[str]:
        """Names of some administrators, for messages that say whom to ask."""
        return self._index.administrators

    async def begin(self, name: str, password: str, address: str) -> str | None:
        """A session's cookie for a name and its password, ``None`` for a wrong one. Raises ``TooManyAttempts``."""
        caller = await self._checked(name.encode(), password.encode(), address)
        return None if caller is None else self.sessions.make(caller.user.id, self._index.mark(caller.user))

    def _of_cookie(self, scope: HTTPScope, headers: dict[bytes, bytes]) -> Caller | None:
        """A browser sends cookies whoever made it ask: where something changes, it must say that it was a page of ours."""
        try:
            found = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(COOKIE)
        except CookieError:
            return None
        session = None if found is None else self.sessions.read(found.value)
        if session is None or (scope["method"] not in SAFE and not _from_our_page(headers)):
            return None
        return self._index.of_session(session)

    async def _basic(self, credentials: bytes, address: str) -> Caller | None:
        try:
            name, _, password = base64.b64decode(credentials, validate=True).partition(b":")
        except binascii.Error:
            return None
        if password.startswith(PREFIX.encode()):
            return self._index.of_token(password)
        return await self._checked(name, password, address)

    async def _checked(self, name: bytes, password: bytes, address: str) -> Caller | None:
        if (known := self._index.remembered(name, password)) is not None:
            return known
        self._attempts.check(name, address, time.monotonic())
        caller = await self._index.sign_in(name, password)
        if caller is None:
            self._attempts.failed(name, address, time.monotonic())
        else:
            self._attempts.succeeded(name, address)
        return caller


def _address(scope: HTTPScope) -> str:
    return scope["client"][0] if scope["client"] else ""


def _from_our_page(headers: dict[bytes, bytes]) -> bool:
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site == b"same-origin"
    return urlsplit(headers.get(b"origin", b"")).netloc == headers.get(b"host", b"-")


def too_many(error: TooManyAttempts) -> Refusal:
    """The refusal when passwords were guessed too often."""
    seconds = max(1, round(error.seconds))
    return Refusal(
        status=429,
        code="too_many_attempts",
        message=f"Too many wrong passwords came from this address; none is looked at for {seconds} s.",
        hint="Wait, or sign in with a token.",
        headers=(("retry-after", str(seconds)),),
    )


def unknown(scope: HTTPScope) -> Refusal:
    """The refusal of a request that nobody signed. A person who opens a page is sent to the page where one signs in."""
    headers = dict(scope["headers"])
    opens = scope["method"] in SAFE and not has_dialect(scope["path"]) and b"text/html" in headers.get(b"accept", b"")
    if b"hx-request" in headers and not has_dialect(scope["path"]):
        return Refusal(status=401, code="not_signed_in", message="The session has ended.", headers=(("hx-redirect", SIGN_IN),))
    if opens and b"authorization" not in headers:
        wanted = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        where = f"{SIGN_IN}?next={quote(wanted, safe='')}"
        return Refusal(status=303, code="not_signed_in", message="Sign in first.", headers=(("location", where),))
    return Refusal(
        status=401,
        code="not_signed_in",
        message="You are not authenticated.",
        hint="Sign in with a user's name and password (HTTP Basic; MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD), "
        "with a token of theirs (Authorization: Bearer; MLFLOW_TRACKING_TOKEN), or send one of security.api_keys.",
        headers=CHALLENGE,
    )


def may_enter(caller: Caller, scope: HTTPScope, administrators: Sequence[str]) -> Refusal | None:
    """Why a user may not enter, and which ``administrators`` they may ask; ``None`` when they may."""
    if caller.is_administrator or may_go_in(caller, scope):
        return None
    return Refusal(
        status=403,
        code="permission_denied",
        message=f"Permission denied. You are signed in as {caller.user.username!r}, who {lacking(scope['path'])}.",
        hint=f"Ask an administrator ({', '.join(administrators)}) for a role or a permission.",
    )
