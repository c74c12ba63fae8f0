"""Tokens that expire: fetched once for all who wait, and fetched anew before they are needed."""

from collections.abc import Awaitable, Callable
from time import time

import msgspec
from typing_extensions import override

from gateway.accounts.shared import LEAST_SECONDS, PAUSE_SECONDS, RENEW_SECONDS, Shared
from gateway.accounts.types import HeaderList

__all__ = ("BearerToken", "Token", "TokenFetch")


class Token(msgspec.Struct, frozen=True):
    """``expires`` is in seconds since the epoch."""

    value: str
    expires: float

    @override
    def __repr__(self) -> str:
        return f"Token(***, expires={self.expires:.0f})"


TokenFetch = Callable[[], Awaitable[Token]]
"""Raises ``UpstreamUnreachable``."""


class BearerToken:
    """Implements ``Account``. ``fetch`` is never under way twice."""

    def __init__(self, fetch: TokenFetch, clock: Callable[[], float] = time) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token: Token | None = None
        self._renewal = Shared(self._renew, clock)
        self._replaced = -PAUSE_SECONDS

    async def headers(self, url: str, content_type: str, body: bytes, method: str = "POST") -> HeaderList:
        """See ``Account.headers``."""
        return _proof(await self.value())

    def refused(self, proof: HeaderList) -> bool:
        """See ``Account.refused``: a token may be revoked before it expires. Where its successor is refused, too, no token helps."""
        if self._token is None or proof != _proof(self._token.value):
            return True
        if self._clock() < self._replaced + PAUSE_SECONDS:
            return False
        self._replaced, self._token = self._clock(), None
        return True

    async def value(self) -> str:
        """A token that is valid for a while yet."""
        left = 0.0 if self._token is None else self._token.expires - self._clock()
        if self._token is None or left <= LEAST_SECONDS:
            return (await self._renewal.wait()).value
        if left < RENEW_SECONDS:
            self._renewal.refresh()
        return self._token.value

    async def _renew(self) -> Token:
        self._token = await self._fetch()
        return self._token


def _proof(token: str) -> HeaderList:
    return [("authorization", f"Bearer {token}")]
