"""Points on their way into the telemetry database: journalled, and remembered until they are stored, so that a read need not wait for them.

The journal is stored in the order in which it was written. A read that waited for its own point would wait for everybody's before it.
"""

import threading
from collections import deque
from collections.abc import Collection, Sequence
from typing import Final, Protocol

import msgspec

from registry.errors import TemporarilyUnavailable
from registry.runs.metrics import Point, history_rows
from storage.journal_cursor import Position
from storage.records import SpanLog

__all__ = ("Delivered", "PointLog", "UnstoredPoint")

REMEMBERED: Final = 100_000
"""Points at most, some twenty megabytes; the oldest are forgotten first, and reads that could miss one wait."""

SENT_ALONG: Final = 5_000
"""Points that one statement takes; a metric of which more are not stored is waited for."""


class Delivered(Protocol):
    """How far the journal is written, and how far it is stored."""

    @property
    def appended(self) -> Position:
        """The position right behind the last row."""
        ...

    @property
    def stored(self) -> Position | None:
        """The position before which everything is stored; ``None`` while rows of an earlier process may not be."""
        ...


class UnstoredPoint(msgspec.Struct, frozen=True, array_like=True):
    """A point that the database does not hold yet, or has just got."""

    run_id: str
    step: int
    timestamp: int
    value: float
    is_nan: bool


class _Batch(msgspec.Struct, frozen=True):
    end: Position
    run_id: str
    points: Sequence[Point]


class PointLog:
    """Takes points from any thread. ``unstored`` says what a read must add to what it finds."""

    def __init__(self, log: SpanLog, delivered: Delivered) -> None:
        self._log = log
        self._delivered = delivered
        self._mutex = threading.Lock()
        self._batches: deque[_Batch] = deque()
        self._of_runs: dict[str, deque[_Batch]] = {}
        self._count = 0
        self._forgotten = Position(0, 0)

    def append(self, run_id: str, points: Sequence[Point]) -> None:
        """Journal points of a run. Raises ``TemporarilyUnavailable`` when none was kept."""
        if not points:
            return
        if not self._log.append([*history_rows(run_id, points)]):
            raise TemporarilyUnavailable("The journal is full: storage must catch up first, see /health. Send the request again later.")
        batch = _Batch(self._delivered.appended, run_id, points)
        with self._mutex:
            self._batches.append(batch)
            self._of_runs.setdefault(run_id, deque()).append(batch)
            self._count += len(points)
            self._forget()

    def unstored(self, run_ids: Collection[str], key: str) -> list[UnstoredPoint] | None:
        """The points of a metric of these runs that may not be stored yet. ``None``: nobody knows, so the whole journal must be waited for.

        Ask before the database is read: a point that is stored meanwhile is then found twice, and never not at all.
        """
        stored = self._delivered.stored
        with self._mutex:
            self._forget()
            if stored is None or self._forgotten > stored:
                return None
            found = [
                UnstoredPoint(run_id, point.step, point.timestamp, point.value, point.is_nan)
                for run_id in run_ids
                for batch in self._of_runs.get(run_id, ())
                for point in batch.points
                if point.key == key
            ]
        return None if len(found) > SENT_ALONG else found

    def _forget(self) -> None:
        """What is stored, and the oldest of what is too much."""
        stored = self._delivered.stored or Position(0, 0)
        while self._batches and (self._batches[0].end <= stored or self._count > REMEMBERED):
            batch = self._batches.popleft()
            self._count -= len(batch.points)
            self._forgotten = max(self._forgotten, batch.end)
            of_run = self._of_runs[batch.run_id]
            of_run.popleft()
            if not of_run:
                del self._of_runs[batch.run_id]
