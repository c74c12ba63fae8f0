"""Readers who wait until what was journalled is stored, and what they are told when it takes too long."""

import asyncio
from collections.abc import Callable
from typing import Final

from storage.barriers import Barriers
from storage.errors import TelemetryUnavailable
from storage.journal import Delivery
from storage.journal_cursor import Position
from storage.tails import Tails

__all__ = ("Flushing",)

AWAY_SECONDS: Final = 1.0
"""How long a reader, or a stop, waits for rows to be stored while the database is known to be away."""


class Flushing:
    """Stands between those who wait and the writer, which says here how far it has come.

    ``replayed`` is set while nothing is left of what dead processes had written; ``wake`` is set for the writer when somebody comes.
    """

    def __init__(self, tails: Tails, delivery: Callable[[], Delivery], *, shared: bool) -> None:
        self._tails = tails
        self._delivery = delivery
        self._shared = shared
        self.barriers = Barriers()
        self.wake = asyncio.Event()
        self.replayed = asyncio.Event()
        self.replayed.set()  # until the writer knows better

    async def wait(self, end: Position, timeout: float) -> None:  # noqa: ASYNC109 - the deadline is a promise to the caller, told in the error
        """See ``Writer.flush_to``."""
        if not self.replayed.is_set():
            await self._await_replay(self.patience(timeout))
        if self._tails.mine.position >= end and not self._shared:
            return
        barrier = self.barriers.raised(end, shared=self._shared)
        self.wake.set()
        timeout = self.patience(timeout)
        try:
            async with asyncio.timeout(timeout):
                await barrier.reached
        except TimeoutError as error:
            reason = self._delivery().last_error or f"{self._tails.waiting_bytes() / 1e6:.1f} MB are still to be stored"
            raise TelemetryUnavailable(f"what was just written is not stored after {timeout:g} s: {reason}") from error
        finally:
            self.barriers.lower(barrier)

    async def _await_replay(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.replayed.wait()
        except TimeoutError as error:
            reason = self._delivery().last_error
            raise TelemetryUnavailable(
                f"what was written before the restart is still being stored, {self._tails.backlog} rows of it"
                + (f": {reason}" if reason else "")
            ) from error

    def patience(self, seconds: float) -> float:
        """How long to wait of so many seconds: not long for a database that is known to be away."""
        return min(seconds, AWAY_SECONDS) if self._delivery().last_error else seconds

    async def look_how_far(self) -> None:
        """Look how far others have written, for whoever came since the last look. Raises ``OSError``."""
        asking = self.barriers.unlooked()  # before the look: who comes during it may have seen more written than it finds
        if not asking:
            return
        unstored = await self._tails.unstored()
        for barrier in asking:
            barrier.others = dict(unstored)
        self.release()

    def release(self) -> None:
        """Let those go on whose rows are stored by now."""
        if self.barriers:
            self.barriers.release(self._tails.mine.position, self._tails.positions())
