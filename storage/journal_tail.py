"""One log, read in order: what is to be stored next, as batches that are the same again after a crash.

Nothing here is asynchronous and nothing knows of a database; the writer calls it in a thread.

A batch is a range of bytes of one segment. Before a batch is handed out, the range is written to the cursor; a writer that finds such
an intent hands out exactly this range once more, with the same token. So whatever moment the process dies at:

* before the intent is written: nothing was inserted; the range is chosen anew;
* after it, before or between the inserts: the range is stored again, tables that have it already drop it by its token;
* after the inserts, before the cursor moves: the same;
* after the cursor moved, before a segment is deleted: the segment is behind the cursor, and is deleted at the next look.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from config.schema import JournalSettings
from storage.journal_cursor import Cursor, Mark, Position
from storage.journal_frames import Frame, Scan, scan
from storage.records import Opening, Row
from storage.segments import Log, lock_file

__all__ = ("Batch", "Tail")

BATCH_BYTES: Final = 8 * 1024 * 1024
"""Bytes read at a time; a single append may be larger, and is then read whole."""


LARGEST_BATCH: Final = 10
"""A batch takes what has gathered meanwhile, up to so many times ``batch_rows``: ten times the rows cost ClickHouse six times as long."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Rows to store, by table. ``token`` names them, the same in every life of the process; ``end`` is the place behind them.

    ``more``: the segment went on behind them when they were read. ``final``: they are the openings that a dead process left open.
    """

    token: str
    rows: dict[str, list[bytes]]
    end: Position
    oldest_ns: int
    more: bool = False
    final: bool = False

    @property
    def count(self) -> int:
        return sum(len(rows) for rows in self.rows.values())


class Tail:
    """The unread part of a log. ``mine`` is the log of this very process, which is alive by definition."""

    def __init__(self, log: Log, settings: JournalSettings, *, mine: bool) -> None:
        self.log = log
        self.mine = mine
        self.damaged = 0
        self.deleted = 0
        self.finished = False
        self._rows = LARGEST_BATCH * settings.batch_rows
        self._cursor = Cursor(log.cursor, durable=settings.fsync != "never")
        self._counted = Position(0, 0)
        self._pending = 0
        self._lock: int | None = None
        # A thread that runs for a task that was cancelled goes on: the next one waits for it.
        self._mutex = threading.Lock()

    @property
    def position(self) -> Position:
        """The position before which everything is stored."""
        return self._cursor.mark.position

    @property
    def dead(self) -> bool:
        """Whether the process of this log is known to be gone."""
        return self._lock is not None

    def claim(self) -> Batch | None:
        """The next batch; the last one again until ``advance`` is called; ``None`` when there is nothing (yet). Raises ``OSError``."""
        with self._mutex:
            # Asked first: the files of a log that is dead now will not change any more.
            dead = self._is_dead()
            while True:
                numbers = self._segments()
                if not numbers:
                    if dead:
                        self._finish()
                    return None
                self._enter(numbers)
                closed = dead or numbers[-1] > self.position.segment
                batch, moved = self._next(closed=closed)
                if batch is not None:
                    return batch
                if numbers[-1] > self.position.segment and not moved:
                    self._cursor.write(Mark(Position(self.position.segment + 1, 0)))
                elif not moved:
                    return self._last_words() if dead else None

    def advance(self, batch: Batch) -> None:
        """Note that the batch is stored. Raises ``OSError``; then it is handed out again."""
        with self._mutex:
            if batch.final:
                self._finish()
            else:
                self._cursor.write(Mark(batch.end))
                self._pending = max(0, self._pending - batch.count)

    def pending(self) -> int:
        """Rows not stored, counted by reading them: each once, however often this is asked. Raises ``OSError``."""
        with self._mutex:
            if self._counted < self.position:
                self._counted, self._pending = self.position, 0
            numbers = [number for number in self.log.segments() if number >= self._counted.segment]
            for number in numbers:
                offset = self._counted.offset if number == self._counted.segment else 0
                for frames, end in _chunks(self.log.segment(number), offset, closed=self.dead or number < numbers[-1]):
                    self._pending += sum(type(frame.record) is Row for frame in frames)
                    self._counted = Position(number, end)
            return self._pending

    def waiting_bytes(self) -> int:
        """Size of what is not stored, in bytes. Raises ``OSError``."""
        here = self.position
        return max(0, self.log.bytes_from(here.segment) - here.offset)

    def close(self) -> None:
        """Let go of the lock of a dead log."""
        with self._mutex:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _is_dead(self) -> bool:
        if not self.mine and self._lock is None:
            self._lock = lock_file(self.log.lock)
        return self._lock is not None

    def _enter(self, numbers: list[int]) -> None:
        """Step over segments that are gone, onto the first that is there."""
        if self.position.segment not in numbers:
            self._cursor.write(Mark(Position(numbers[0], 0)))

    def _next(self, *, closed: bool) -> tuple[Batch | None, bool]:
        """The rows from here on, and whether the position moved over bytes without any."""
        (segment, offset), intent = self._cursor.mark
        found = _read(self.log.segment(segment), offset, rows=self._rows, until=intent, closed=closed)
        end = Position(segment, offset + found.end)
        self.damaged += 0 if intent is not None else found.damaged
        path = self.log.segment(segment)
        batch = _batch(f"{path.stem}:{offset}-{end.offset}", end, found.frames, more=path.stat().st_size > end.offset)
        if batch is None and (found.end or intent is not None):
            self._cursor.write(Mark(end))
            return None, True
        if batch is not None and intent is None:
            self._cursor.write(Mark(Position(segment, offset), end.offset))
        return batch, False

    def _last_words(self) -> Batch | None:
        """The openings of a dead log that no row closed: its last segment knows them all."""
        path = self.log.segment(self.position.segment)
        still_open: dict[bytes, list[Frame]] = {}
        for frames, _ in _chunks(path, 0, closed=True):
            _fold(still_open, frames)
        openings = [frame for frames in still_open.values() for frame in frames]
        batch = _batch(f"{path.stem}:interrupted", self.position, openings, final=True)
        if batch is None:
            self._finish()
        return batch

    def _finish(self) -> None:
        self.log.remove()
        self.finished = True

    def _segments(self) -> list[int]:
        """The segments from the position on; those before it are stored, and are deleted here."""
        numbers = self.log.segments()
        for number in numbers:
            if number < self.position.segment:
                self.log.segment(number).unlink(missing_ok=True)
                self.deleted += 1
        return [number for number in numbers if number >= self.position.segment]


def _fold(still_open: dict[bytes, list[Frame]], frames: list[Frame]) -> None:
    for frame in frames:
        if isinstance(frame.record, Opening):
            still_open.setdefault(frame.record.key, []).append(frame)
        elif frame.record.key:
            still_open.pop(frame.record.key, None)


def _batch(token: str, end: Position, frames: list[Frame], *, more: bool = False, final: bool = False) -> Batch | None:
    """Rows by table in the order of their names, which stores what was said before the spans that point to it."""
    chosen = [frame for frame in frames if final or type(frame.record) is Row]
    if not chosen:
        return None
    rows: dict[str, list[bytes]] = {table: [] for table in sorted({frame.record.table for frame in chosen})}
    for frame in chosen:
        rows[frame.record.table].append(frame.record.data)
    return Batch(token=token, rows=rows, end=end, oldest_ns=min(frame.time_ns for frame in chosen), more=more, final=final)


def _chunks(path: Path, offset: int, *, closed: bool) -> Iterator[tuple[list[Frame], int]]:
    """All whole groups of a segment, and where each chunk of them ends. ``closed``: the segment does not change any more."""
    while (found := _read(path, offset, rows=None, until=None, closed=closed)).end:
        offset += found.end
        yield found.frames, offset


def _read(path: Path, offset: int, *, rows: int | None, until: int | None, closed: bool) -> Scan:
    """Whole groups from ``offset`` on: at most ``rows`` rows or ``BATCH_BYTES``, but one group at least; with ``until``, all up to there."""
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        want = BATCH_BYTES
        while True:
            stop = min(offset + want, size) if until is None else min(until, size)
            buffer = os.pread(file.fileno(), stop - offset, offset)
            at_end = until is not None or stop >= size
            found = scan(buffer, rows=rows if until is None else None, closed=at_end and (closed or until is not None))
            if found.end or at_end:
                return found
            want *= 2
