"""The writer: takes the logs of all processes, alive and dead, from the journal into the database.

One writer works on a directory at a time. What it stores of a log's rows is decided by ``expand``, which must always make the same of the same
rows: a batch that is stored again after a crash is recognised by its token alone.

Where the directory is *shared*, several living processes append to it. Whoever waits then waits for all of them, and so does a stop.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

from config.schema import JournalSettings
from storage.barriers import Barriers
from storage.errors import TelemetryUnavailable
from storage.journal import Delivery
from storage.journal_cursor import Position
from storage.journal_delivery import Deliverer
from storage.journal_tail import Batch, Tail
from storage.leisure import Expand, Leisure, Rows
from storage.segments import Log, list_logs, lock_file, log_ends
from storage.telemetry import Telemetry

__all__ = ("Source", "Writer")

logger = logging.getLogger(__name__)

LOOK_AROUND_SECONDS: Final = 1.0
"""How often logs of other processes are looked for."""

BARRIER_SECONDS: Final = 0.01
"""How often the log is looked at again for someone who waits for rows that are just being written."""

PAUSE: Final = 10
"""Times as long as it took to store a batch, nothing is stored that nobody asks for: a database that merges many small inserts works for nothing."""

LONGEST_PAUSE_SECONDS: Final = 2.0

AWAY_SECONDS: Final = 1.0
"""How long a reader, or a stop, waits for rows to be stored while the database is known to be away."""


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
        self._mine = Tail(source.log, settings, mine=True)
        self._others: dict[str, Tail] = {}
        self._barriers = Barriers()
        self._wake = asyncio.Event()
        self._replayed = asyncio.Event()
        self._replayed.set()  # until `run` knows better
        self._looked = float("-inf")
        self._backlog: dict[str, int] = {}
        self._stored = stored
        self._damaged = 0
        self._oldest_ns: int | None = None
        self._trouble: str | None = None
        self._storing_seconds = 0.0

    async def run(self) -> None:
        """Store what is journalled until cancelled. Errors of the database are waited out, and so are those of the disk."""
        loop = asyncio.get_running_loop()

        def nudge() -> None:
            loop.call_soon_threadsafe(self._wake.set)

        self._journal.attach(self.delivery, nudge, self._settings.batch_rows)
        try:
            self._replayed.clear()
            async with self._alone(), self._counting():
                while True:
                    self._wake.clear()
                    await self._round()
                    await self._gather()
        finally:
            self._replayed.set()
            self._journal.attach(self.delivery, _nobody, self._settings.batch_rows)

    async def flush(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - the deadline is a promise to the caller, told in the error
        """Return when all rows that were appended before the call are stored; at once when they are. Raises as ``flush_to``."""
        await self.flush_to(self._journal.rows_end, timeout)

    async def flush_to(self, end: Position, timeout: float) -> None:  # noqa: ASYNC109 - as above
        """Return when the source's log is stored up to ``end``, and those of others as far as they go at the call.

        After a start that includes what a killed process had journalled: it was acknowledged, and a reader must not miss it.
        Raises ``TelemetryUnavailable`` when that takes longer than ``timeout`` seconds, or a second while the database is known to be away.
        """
        if not self._replayed.is_set():
            await self._await_replay(min(timeout, AWAY_SECONDS) if self.delivery().last_error else timeout)
        if self._mine.position >= end and not self._shared:
            return
        barrier = self._barriers.raised(end, shared=self._shared)
        self._wake.set()
        timeout = min(timeout, AWAY_SECONDS) if self.delivery().last_error else timeout
        try:
            async with asyncio.timeout(timeout):
                await barrier.reached
        except TimeoutError as error:
            reason = self.delivery().last_error or f"{self._waiting_bytes() / 1e6:.1f} MB are still to be stored"
            raise TelemetryUnavailable(f"what was just written is not stored after {timeout:g} s: {reason}") from error
        finally:
            self._barriers.lower(barrier)

    async def _await_replay(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._replayed.wait()
        except TimeoutError as error:
            left, reason = sum(self._backlog.values()), self.delivery().last_error
            raise TelemetryUnavailable(
                f"what was written before the restart is still being stored, {left} rows of it" + (f": {reason}" if reason else "")
            ) from error

    async def close(self, timeout: float = 5.0, end: Position | None = None) -> None:  # noqa: ASYNC109 - how long a stop may take is the caller's to say
        """Store what is left, or is left before ``end``, as far as it goes within ``timeout`` seconds; the rest stays in the journal.

        Call it when ``run`` has ended.
        """
        end = self._journal.rows_end if end is None else end
        timeout = min(timeout, AWAY_SECONDS) if self.delivery().last_error else timeout
        try:
            async with asyncio.timeout(timeout), self._alone():
                while self._mine.position < end:
                    await self._step(self._mine)
                await self._drain_others()
        except TimeoutError:
            logger.warning("stopped with rows in the journal; they are stored at the next start")
        finally:
            self._leisure.close()
            for tail in self._others.values():
                tail.close()

    async def _drain_others(self) -> None:
        """Store the logs of others as far as they go now. Those that shared the directory have ended, or are to."""
        if not self._shared:
            return
        await self._look_around(at_once=True)
        ends = await asyncio.to_thread(log_ends, self._directory)
        for log, tail in tuple(self._others.items()):
            while await self._store_next(tail) is not None and not tail.finished:
                if not tail.dead and tail.position >= ends.get(log, tail.position):
                    break

    async def _round(self) -> None:
        """Everything there is, one batch of each log in turn, so that a long backlog does not hold up the living."""
        try:
            await self._look_around()
            busy = True
            while busy:
                await self._find_ends()
                busy = await self._step_mine()
                for tail in self._next_others():
                    busy = await self._step(tail) or busy
                if not any(tail.dead for tail in self._others.values()):
                    self._replayed.set()
            self._replayed.set()
            self._trouble = None
        except OSError as error:
            self._say(f"the journal cannot be read or written: {error}")
            await asyncio.sleep(LOOK_AROUND_SECONDS)
        except Exception as error:
            # Whatever it is, the batch is still in the journal: a writer that ended here would lose what one that goes on may store.
            logger.exception("the writer failed, and tries again")
            self._trouble = f"the writer failed: {type(error).__name__}"
            await asyncio.sleep(LOOK_AROUND_SECONDS)

    def _next_others(self) -> list[Tail]:
        """The logs of others that somebody waits for, or else all of them."""
        wanted = self._barriers.wanted()
        return [tail for log, tail in self._others.items() if not wanted or log in wanted]

    async def _gather(self) -> None:
        """Wait for a full batch, for its time to pass, or for someone at a barrier."""
        pause = max(self._settings.batch_milliseconds / 1000, min(LONGEST_PAUSE_SECONDS, PAUSE * self._storing_seconds))
        patience = BARRIER_SECONDS if self._barriers else pause
        try:
            async with asyncio.timeout(patience):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _step_mine(self) -> bool:
        """As ``_step``, without touching the disk when nothing new was appended."""
        return self._mine.position < self._journal.rows_end and await self._step(self._mine)

    async def _step(self, tail: Tail) -> bool:
        """Store the next batch of a log. Whether there was one that is worth going on at once."""
        batch = await self._store_next(tail)
        if self._barriers:
            self._release()
        return batch is not None and (batch.more or tail.dead or bool(self._barriers))

    async def _store_next(self, tail: Tail) -> Batch | None:
        batch = await asyncio.to_thread(self._claim, tail)
        if batch is not None:
            self._oldest_ns = batch.oldest_ns
            began = time.monotonic()
            for table, rows in (await self._leisure.make(batch.rows, lambda: self._hurried(tail))).items():
                await self._deliverer.store(table, rows, f"{batch.token}:{table}")
            self._storing_seconds = time.monotonic() - began
            await asyncio.to_thread(tail.advance, batch)
            self._account(tail, batch)
        if batch is None:
            self._barriers.ended(tail.log.id)
        if tail.finished:
            self._forget(tail)
        return batch

    def _hurried(self, tail: Tail) -> bool:
        """Whether somebody waits, or what the dead have written does, or the journal fills up."""
        late = tail.dead or not self._replayed.is_set()
        return late or bool(self._barriers) or self._attended() or tail.waiting_bytes() > self._settings.max_bytes // ROOM

    def _claim(self, tail: Tail) -> Batch | None:
        deleted, damaged = tail.deleted, tail.damaged
        batch = tail.claim()
        self._damaged += tail.damaged - damaged
        if tail.deleted != deleted or tail.finished:
            self._journal.measure()
        return batch

    def _account(self, tail: Tail, batch: Batch) -> None:
        if tail.mine:
            self._stored += batch.count
        elif tail.log.id in self._backlog:
            self._backlog[tail.log.id] = max(0, self._backlog[tail.log.id] - batch.count)
        if not batch.more and not any(self._backlog.values()):
            self._oldest_ns = None

    async def _find_ends(self) -> None:
        """Look how far others have written, for whoever came since the last look."""
        asking = self._barriers.unlooked()  # before the look: who comes during it may have seen more written than it finds
        if not asking:
            return
        ends = await asyncio.to_thread(log_ends, self._directory)
        if not ends.keys() <= {self._mine.log.id, *self._others}:
            await self._look_around(at_once=True)
        unstored = {log: end for log, end in ends.items() if log in self._others and self._others[log].position < end}
        for barrier in asking:
            barrier.others = dict(unstored)
        self._release()

    def _release(self) -> None:
        self._barriers.release(self._mine.position, {log: tail.position for log, tail in self._others.items()})

    def _waiting_bytes(self) -> int:
        return self._mine.waiting_bytes() + sum(tail.waiting_bytes() for tail in self._others.values())

    def delivery(self) -> Delivery:
        """The state of the way into the database."""
        return Delivery(
            position=self._mine.position,
            replayed=self._replayed.is_set(),
            stored=self._stored,
            backlog=sum(self._backlog.values()),
            oldest_ns=self._oldest_ns,
            last_error=self._deliverer.last_error or self._trouble,
            rejected=self._deliverer.rejected,
            damaged_bytes=self._damaged,
        )

    async def _look_around(self, *, at_once: bool = False) -> None:
        """Find the logs of other processes, dead and alive."""
        now = asyncio.get_running_loop().time()
        if now - self._looked < LOOK_AROUND_SECONDS and not at_once:
            return
        self._looked = now
        for log in await asyncio.to_thread(list_logs, self._directory):
            if log != self._journal.log and log.id not in self._others:
                self._others[log.id] = Tail(log, self._settings, mine=False)
                self._backlog[log.id] = await asyncio.to_thread(self._others[log.id].pending)

    @asynccontextmanager
    async def _counting(self) -> AsyncIterator[None]:
        """Only while the directory is ours: until then another writer moves the cursors."""
        counting = asyncio.create_task(self._count_others())
        try:
            yield
        finally:
            counting.cancel()

    async def _count_others(self) -> None:
        """Keep the backlog true while others append, also while storing waits for the database."""
        while self._shared:
            await asyncio.sleep(LOOK_AROUND_SECONDS)
            with suppress(OSError):  # `_round` tells of it
                await self._look_around(at_once=True)
                for log, tail in tuple(self._others.items()):
                    pending = await asyncio.to_thread(tail.pending)
                    if log in self._others:
                        self._backlog[log] = pending

    def _forget(self, tail: Tail) -> None:
        tail.close()
        self._others.pop(tail.log.id, None)
        self._backlog.pop(tail.log.id, None)

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
