"""The journal: rows reach a file before the answer they tell of goes out, and the database some time after.

``append`` is the one blocking call that is allowed on the event loop: it copies some kilobytes into the page cache. Everything else
(forcing to the disk, measuring the directory) is done by a thread that wakes once a second. Reading and storing is the writer's part.
"""

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from config.schema import JournalSettings
from storage.journal_cursor import Position
from storage.journal_frames import encode, encode_timed
from storage.records import JournalStats, Opening, Row
from storage.segments import Log, create_log, directory_bytes, unfinished

__all__ = ("Delivery", "Journal")

logger = logging.getLogger(__name__)

TICK_SECONDS: Final = 1.0
ROOM_AGAIN: Final = 0.95
"""How full a journal that was full may be to be told of as one that is not. While it is, a small record may find room where a large one does not."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What the writer knows of the way from the journal to the database.

    ``stored`` rows of this log, all before ``position``, are in it; ``backlog`` rows of other logs are not, nor is what has come since
    ``oldest_ns``.
    """

    position: Position = Position(0, 0)
    replayed: bool = True
    """Whether what dead processes left was looked at since the start."""

    stored: int = 0
    backlog: int = 0
    oldest_ns: int | None = None
    last_error: str | None = None
    rejected: int = 0
    damaged_bytes: int = 0


class Journal:
    """The log of this process. Implements ``storage.records.SpanLog``; ``append`` may be called from any thread.

    Each segment begins with the openings that are still open, so that an earlier segment may be deleted once its rows are stored,
    however long a request lasts.
    """

    def __init__(self, log: Log, lock: int, settings: JournalSettings) -> None:
        self.log = log
        self._lock_file = lock
        self._settings = settings
        # A quarter at most: what is stored makes room only when its whole segment goes.
        self._segment_bytes = min(settings.segment_bytes, settings.max_bytes // 4)
        self._mutex = threading.Lock()
        self._open: dict[bytes, list[tuple[Opening, int]]] = {}
        self._number = self._size = self._carried = self._file = 0
        self._torn = self._dropping = False
        self._elsewhere = 0
        self._unsynced: list[int] = []
        self._dropped: Counter[str] = Counter()
        self._rows = self._rows_number = self._rows_size = 0
        self._nudge: Callable[[], None] | None = None
        self._nudge_rows = self._since_nudge = 0
        self._delivery: Callable[[], Delivery] = Delivery
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="journal", daemon=True)

    @classmethod
    def open(cls, directory: Path, settings: JournalSettings) -> Self:
        """Begin a log in ``directory``, which is made where there is none. Raises ``OSError``."""
        log, lock = create_log(directory)
        journal = cls(log, lock, settings)
        journal.measure()
        journal._rotate()
        journal._keeper.start()
        return journal

    @property
    def rows(self) -> int:
        """Rows appended since the start."""
        return self._rows

    @property
    def rows_end(self) -> Position:
        """The position right behind the last row that was appended."""
        return Position(self._rows_number, self._rows_size)

    def append(self, records: Sequence[Row | Opening]) -> bool:
        """See ``SpanLog.append``. Costs some microseconds; a disk that is full counts as a journal that is."""
        if not records:
            return True
        now = time.time_ns()
        data = encode(records, now)
        with self._mutex:
            if not self._write(data):
                self._drop(records)
                return False
            self._remember(records, now)
        return True

    def attach(self, delivery: Callable[[], Delivery], nudge: Callable[[], None], every_rows: int) -> None:
        """Let the writer of this process report through ``stats``, and be called after each ``every_rows`` rows (from any thread)."""
        self._delivery, self._nudge, self._nudge_rows = delivery, nudge, every_rows

    def stats(self) -> JournalStats:
        """The state of the journal, and of the delivery when a writer runs in this process."""
        delivery = self._delivery()
        oldest = delivery.oldest_ns
        return JournalStats(
            bytes=self._elsewhere + self._size,
            limit_bytes=self._settings.max_bytes,
            pending=self._pending(delivery) + delivery.backlog,
            dropped=self._dropped.total(),
            oldest_pending_seconds=None if oldest is None else max(0.0, (time.time_ns() - oldest) / 1e9),
            last_error=delivery.last_error,
            dropped_by_table=dict(self._dropped),
            rejected=delivery.rejected,
            damaged_bytes=delivery.damaged_bytes,
        )

    def pressure(self) -> float:
        """How far the journal is filled beyond half, from 0 to 1. 0 while the database is away, as then nothing is gained by waiting.

        A journal that fills although the database is there tells that rows come faster than they can be stored.
        """
        half = self._settings.max_bytes / 2
        beyond = self._elsewhere + self._size - half
        return 0.0 if beyond <= 0 or self._delivery().last_error else min(1.0, beyond / half)

    def measure(self) -> None:
        """Measure the disk space of all other segments: of this process, of others, and of the dead."""
        number = self._number
        elsewhere = directory_bytes(self.log.directory, without=self.log.segment(number).name)
        with self._mutex:
            if number == self._number:
                self._elsewhere = elsewhere

    def close(self) -> None:
        """Stop appending. What is not stored yet stays on disk; openings that are open become interrupted rows at the next start."""
        self._closing.set()
        self._keeper.join()
        with self._mutex:
            self._sync()
            os.close(self._file)
            os.close(self._lock_file)

    def _pending(self, delivery: Delivery) -> int:
        """How many rows are not stored, by position first.

        Rows that were damaged on the disk are passed over, and never counted as stored.
        """
        return 0 if delivery.position >= self.rows_end else max(0, self._rows - delivery.stored)

    def _write(self, data: bytes) -> bool:
        try:
            # Before the limit is looked at: only a segment that has ended can be deleted, and so make room.
            if self._torn or self._size - self._carried >= self._segment_bytes:
                self._try_rotate()
            if self._elsewhere + self._size + len(data) > self._settings.max_bytes:
                return False
            if (written := os.write(self._file, data)) < len(data):
                _write_whole(self._file, data[written:])
            if self._settings.fsync == "always":
                os.fdatasync(self._file)
        except OSError as error:
            self._fail(error)
            return False
        self._size += len(data)
        return True

    def _fail(self, error: OSError) -> None:
        """Stop appending to this segment after a write that failed half-way: a reader may have seen the half, which must stay as it is."""
        if not self._dropping:
            logger.error("the journal cannot be written: %s", error.strerror)
        self._torn = self._torn or os.fstat(self._file).st_size != self._size

    def _remember(self, records: Sequence[Row | Opening], now: int) -> None:
        if self._dropping and self._elsewhere + self._size <= self._settings.max_bytes * ROOM_AGAIN:
            self._dropping = False
            logger.warning("the journal takes records again; %d were dropped since the start", self._dropped.total())
        rows = 0
        for record in records:
            if isinstance(record, Row):
                rows += 1
                if record.key:
                    self._open.pop(record.key, None)
            else:
                self._open.setdefault(record.key, []).append((record, now))
        if rows:
            self._rows += rows
            self._rows_number, self._rows_size = self._number, self._size
            self._since_nudge += rows
            if self._nudge is not None and self._since_nudge >= self._nudge_rows:
                self._since_nudge = 0
                self._nudge()

    def _drop(self, records: Sequence[Row | Opening]) -> None:
        if not self._dropping:
            self._dropping = True
            logger.error(
                "the journal takes no more records (%d of %d bytes are used): the oldest are kept, new ones are dropped",
                self._elsewhere + self._size,
                self._settings.max_bytes,
            )
        for record in records:
            self._dropped[record.table] += 1
            if type(record) is Row:
                self._open.pop(record.key, None)

    def _try_rotate(self) -> None:
        """Go on with the old segment when there cannot be a new one, unless the old one ends in half a write."""
        try:
            self._rotate()
        except OSError:
            if self._torn:
                raise

    def _rotate(self) -> None:
        """Begin the next segment with the openings that are open. It gets its name when they are all in it. Raises ``OSError``."""
        path = self.log.segment(self._number + 1)
        head = encode_timed([opening for openings in self._open.values() for opening in openings])
        file = os.open(unfinished(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            _write_whole(file, head)
            unfinished(path).rename(path)
        except OSError:
            os.close(file)
            raise
        self._retire()
        self._file, self._number = file, self._number + 1
        self._elsewhere += self._size
        self._size = self._carried = len(head)
        self._torn = False

    def _retire(self) -> None:
        if self._number == 0:
            return
        if self._settings.fsync == "interval":
            self._unsynced.append(self._file)
        else:
            os.close(self._file)

    def _keep(self) -> None:
        while not self._closing.wait(TICK_SECONDS):
            try:
                self.measure()
                self._sync_apart()
            except OSError as error:
                logger.warning("the journal cannot be forced to the disk: %s", error.strerror)

    def _sync_apart(self) -> None:
        """Force what was written to the disk, without holding up an append."""
        if self._settings.fsync != "interval":
            return
        with self._mutex:
            files, self._unsynced = [*self._unsynced, os.dup(self._file)], []
        for file in files:
            os.fdatasync(file)
            os.close(file)

    def _sync(self) -> None:
        for file in self._unsynced:
            os.fdatasync(file)
            os.close(file)
        if self._settings.fsync != "never":
            os.fdatasync(self._file)


def _write_whole(file: int, data: bytes) -> None:
    """Write all of ``data``, in as many calls as it takes: the kernel may take less than all."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
