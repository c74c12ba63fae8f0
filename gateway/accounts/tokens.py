"""Tokens that expire: fetched once for all who wait, and fetched anew before they are needed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import time
from typing import Final

import msgspec
from typing_extensions import override

from gateway.accounts.types import HeaderList
from gateway.errors import UpstreamUnreachable

__all__ = ("BearerToken", "Token", "TokenFetch")

logger = logging.getLogger(__name__)

RENEW_SECONDS: Final = 300.0
"""A token is renewed in the background when it has less left."""

LEAST_SECONDS: Final = 20.0
"""A token with less left is not sent: it might expire on its way."""


PAUSE_SECONDS: Final = 10.0
"""After a renewal that failed, while the token is still good."""


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
        self._fetching: asyncio.Task[Token] | None = None
        self._not_before = 0.0

    async def headers(self, url: str, content_type: str, body: bytes, method: str = "POST") -> HeaderList:
        """See ``Account.headers``."""
        return [("authorization", f"Bearer {await self.value()}")]

    async def value(self) -> str:
        """A token that is valid for a while yet."""
        left = 0.0 if self._token is None else self._token.expires - self._clock()
        if self._token is not None and left > LEAST_SECONDS:
            if left < RENEW_SECONDS and self._clock() >= self._not_before:
                self._begin()
            return self._token.value
        # Shielded: a client that leaves must not take the token away from the others who wait for it.
        return (await asyncio.shield(self._begin())).value

    def _begin(self) -> asyncio.Task[Token]:
        if self._fetching is None:
            self._fetching = asyncio.get_running_loop().create_task(self._renew())
            self._fetching.add_done_callback(self._done)
        return self._fetching

    async def _renew(self) -> Token:
        self._token = await self._fetch()
        return self._token

    def _done(self, task: asyncio.Task[Token]) -> None:
        self._fetching = None
        if not task.cancelled() and isinstance(error := task.exception(), UpstreamUnreachable):
            self._not_before = self._clock() + PAUSE_SECONDS
            logger.warning("%s", error.message)
