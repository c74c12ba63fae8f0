"""The writer: takes the logs of all processes, alive and dead, from the journal into the database.

One writer works on a directory at a time. What it stores of a log's rows is decided by ``expand``, which must always make the same of the same
rows: a batch that is stored again after a crash is recognised by its token alone.

Where the directory is *shared*, several living processes append to it. Whoever waits then waits for all of them, and so does a stop.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from config.schema import JournalSettings
from storage.flushing import Flushing
from storage.journal import Delivery
from storage.journal_cursor import Position
from storage.journal_delivery import Deliverer
from storage.journal_tail import Batch, Tail
from storage.leisure import Expand, Leisure, Rows
from storage.segments import Log, lock_file
from storage.storing import Storing
from storage.tails import LOOK_AROUND_SECONDS, Tails
from storage.telemetry import Telemetry

__all__ = ("Source", "Writer")

logger = logging.getLogger(__name__)

BARRIER_SECONDS: Final = 0.01
"""How often the log is looked at again for someone who waits for rows that are just being written."""

PAUSE: Final = 10
"""Times as long as it took to store a batch, nothing is stored that nobody asks for: a database that merges many small inserts works for nothing."""

LONGEST_PAUSE_SECONDS: Final = 2.0

ROOM: Final = 4
"""Rows are made at leisure as long as not more than this part of the journal is full."""


class Source(Protocol):
    """The log that the writer's own process, or the server that it works for, appends to. ``storage.journal.Journal`` is one."""

    @property
    def log(self) -> Log:
        """Where its segments lie."""
        ...

    @property
    def rows_end(self) -> Position:
        """The place right behind the last row; a place that is never reached where it is not known."""
        ...

    def attach(self, delivery: Callable[[], Delivery], nudge: Callable[[], None], every_rows: int) -> None:
        """Report through ``delivery``, and call ``nudge`` after each ``every_rows`` rows."""
        ...

    def measure(self) -> None:
        """Measure again, since segments were deleted."""
        ...


class Writer:
    """Drains a journal's directory. ``run`` does the work; ``flush`` waits for it."""

    def __init__(
        self,
        source: Source,
        telemetry: Telemetry,
        settings: JournalSettings,
        expand: Expand | None = None,
        *,
        stored: int = 0,
        attended: Callable[[], bool] | None = None,
        shared: bool = False,
    ) -> None:
        """``stored`` rows of the source's log were stored before, by another writer. ``attended``: whether anybody else waits for this process.

        ``shared``: whether other processes append to logs of their own beside the source.
        """
        self._journal = source
        self._leisure = Leisure(expand or _as_they_are)
        self._attended = attended or _by_nobody
        self._shared = shared
        self._settings = settings
        self._directory = source.log.directory
        self._deliverer = Deliverer(telemetry, self._directory / "rejected")
        self._tails = Tails(source.log, settings)
        self._flushing = Flushing(self._tails, self.delivery, shared=shared)
        self._storing = Storing(self._tails, self._leisure, self._deliverer, source.measure, stored)
        self._trouble: str | None = None

    async def run(self) -> None:
        """Store what is journalled until cancelled. Errors of the database are waited out, and so are those of the disk."""
        loop = asyncio.get_running_loop()

        def nudge() -> None:
            loop.call_soon_threadsafe(self._flushing.wake.set)

        self._journal.attach(self.delivery, nudge, self._settings.batch_rows)
        try:
            self._flushing.replayed.clear()
            async with self._alone(), self._counting():
                while True:
                    self._flushing.wake.clear()
                    await self._round()
                    await self._gather()
        finally:
            self._flushing.replayed.set()
            self._journal.attach(self.delivery, _nobody, self._settings.batch_rows)

    async def flush(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - the deadline is a promise to the caller, told in the error
        """Return when all rows that were appended before the call are stored; at once when they are. Raises as ``flush_to``."""
        await self.flush_to(self._journal.rows_end, timeout)

    async def flush_to(self, end: Position, timeout: float) -> None:  # noqa: ASYNC109 - as above
        """Return when the source's log is stored up to ``end``, and those of others as far as they go at the call.

        After a start that includes what a killed process had journalled: it was acknowledged, and a reader must not miss it.
        Raises ``TelemetryUnavailable`` when that takes longer than ``timeout`` seconds, or a second while the database is known to be away.
        """
        await self._flushing.wait(end, timeout)

    async def close(self, timeout: float = 5.0, end: Position | None = None) -> None:  # noqa: ASYNC109 - how long a stop may take is the caller's to say
        """Store what is left, or is left before ``end``, as far as it goes within ``timeout`` seconds; the rest stays in the journal.

        Call it when ``run`` has ended.
        """
        end = self._journal.rows_end if end is None else end
        try:
            async with asyncio.timeout(self._flushing.patience(timeout)), self._alone():
                while self._tails.mine.position < end:
                    await self._step(self._tails.mine)
                await self._drain_others()
        except TimeoutError:
            logger.warning("stopped with rows in the journal; they are stored at the next start")
        finally:
            self._leisure.close()
            self._tails.close()

    async def _drain_others(self) -> None:
        """Store the logs of others as far as they go now. Those that shared the directory have ended, or are to."""
        if not self._shared:
            return
        await self._tails.look_around(at_once=True)
        ends = await self._tails.ends()
        for tail in self._tails.others:
            while await self._store_next(tail) is not None and not tail.finished:
                if not tail.dead and tail.position >= ends.get(tail.log.id, tail.position):
                    break

    async def _round(self) -> None:
        """Everything there is, one batch of each log in turn, so that a long backlog does not hold up the living."""
        try:
            await self._tails.look_around()
            busy = True
            while busy:
                await self._flushing.look_how_far()
                busy = await self._step_mine()
                for tail in self._tails.among(self._flushing.barriers.wanted()):
                    busy = await self._step(tail) or busy
                if not self._tails.any_dead:
                    self._flushing.replayed.set()
            self._flushing.replayed.set()
            self._trouble = None
        except OSError as error:
            self._say(f"the journal cannot be read or written: {error}")
            await asyncio.sleep(LOOK_AROUND_SECONDS)
        except Exception as error:
            # Whatever it is, the batch is still in the journal: a writer that ended here would lose what one that goes on may store.
            logger.exception("the writer failed, and tries again")
            self._trouble = f"the writer failed: {type(error).__name__}"
            await asyncio.sleep(LOOK_AROUND_SECONDS)

    async def _gather(self) -> None:
        """Wait for a full batch, for its time to pass, or for someone at a barrier."""
        pause = max(self._settings.batch_milliseconds / 1000, min(LONGEST_PAUSE_SECONDS, PAUSE * self._storing.seconds))
        patience = BARRIER_SECONDS if self._flushing.barriers else pause
        try:
            async with asyncio.timeout(patience):
                await self._flushing.wake.wait()
        except TimeoutError:
            return

    async def _step_mine(self) -> bool:
        """As ``_step``, without touching the disk when nothing new was appended."""
        return self._tails.mine.position < self._journal.rows_end and await self._step(self._tails.mine)

    async def _step(self, tail: Tail) -> bool:
        """Store the next batch of a log. Whether there was one that is worth going on at once."""
        batch = await self._store_next(tail)
        self._flushing.release()
        return batch is not None and (batch.more or tail.dead or bool(self._flushing.barriers))

    async def _store_next(self, tail: Tail) -> Batch | None:
        batch = await self._storing.store_next(tail, lambda: self._hurried(tail))
        if batch is None:
            self._flushing.barriers.ended(tail.log.id)
        return batch

    def _hurried(self, tail: Tail) -> bool:
        """Whether somebody waits, or what the dead have written does, or the journal fills up."""
        late = tail.dead or not self._flushing.replayed.is_set()
        return late or bool(self._flushing.barriers) or self._attended() or tail.waiting_bytes() > self._settings.max_bytes // ROOM

    def delivery(self) -> Delivery:
        """The state of the way into the database."""
        return Delivery(
            position=self._tails.mine.position,
            replayed=self._flushing.replayed.is_set(),
            stored=self._storing.stored,
            backlog=self._tails.backlog,
            oldest_ns=self._storing.oldest_ns,
            last_error=self._deliverer.last_error or self._trouble,
            rejected=self._deliverer.rejected,
            damaged_bytes=self._storing.damaged,
        )

    @asynccontextmanager
    async def _counting(self) -> AsyncIterator[None]:
        """Only while the directory is ours: until then another writer moves the cursors. Where nobody shares it, its first look counts all."""
        counting = asyncio.create_task(self._tails.keep_counting()) if self._shared else None
        try:
            yield
        finally:
            if counting is not None:
                counting.cancel()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Hold the directory's writer lock; wait for it as long as another process has it (a restart that overlaps)."""
        # Not in a thread: a lock that a thread took for a task cancelled meanwhile would be nobody's to let go.
        while (lock := lock_file(self._directory / "writer.lock")) is None:
            self._say("another process stores this journal")
            await asyncio.sleep(LOOK_AROUND_SECONDS)
        self._trouble = None
        try:
            yield
        finally:
            os.close(lock)

    def _say(self, trouble: str) -> None:
        if self._trouble is None:
            logger.warning("%s", trouble)
        self._trouble = trouble


def _as_they_are(rows: Rows) -> Rows:
    return rows


def _by_nobody() -> bool:
    return False


def _nobody() -> None:
    """Nobody waits for a full batch any more."""
