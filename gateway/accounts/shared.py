"""Calls to an authority: one for all who wait, and a pause after one that failed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import time
from typing import Final, Generic, TypeVar

from gateway.errors import UpstreamUnreachable

__all__ = ("LEAST_SECONDS", "PAUSE_SECONDS", "RENEW_SECONDS", "Shared")

logger = logging.getLogger(__name__)

T = TypeVar("T")

RENEW_SECONDS: Final = 300.0
"""What has less left is renewed in the background."""

LEAST_SECONDS: Final = 20.0
"""What has less left is not sent: it might expire on its way."""

PAUSE_SECONDS: Final = 10.0
"""Between a call that failed, or that brought nothing of use, and the next one that nobody waits for."""


class Shared(Generic[T]):
    """``call`` is never under way twice. It raises ``UpstreamUnreachable``, whose message is logged."""

    def __init__(self, call: Callable[[], Awaitable[T]], clock: Callable[[], float] = time) -> None:
        self._call = call
        self._clock = clock
        self._task: asyncio.Task[T] | None = None
        self._not_before = 0.0

    async def wait(self) -> T:
        """What it brings, called now if it is not under way. A client that leaves takes nothing away from the others who wait."""
        return await asyncio.shield(self._begin())

    def refresh(self) -> None:
        """Call it for nobody in particular, unless it has failed a moment ago."""
        if self._clock() >= self._not_before:
            self._begin()

    def _begin(self) -> asyncio.Task[T]:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._called())
            self._task.add_done_callback(self._done)
        return self._task

    async def _called(self) -> T:
        return await self._call()

    def _done(self, task: asyncio.Task[T]) -> None:
        self._task = None
        if not task.cancelled() and isinstance(error := task.exception(), UpstreamUnreachable):
            self._not_before = self._clock() + PAUSE_SECONDS
            logger.warning("%s", error.message)
