"""What the journal holds: rows on their way to a table, and openings that wait for their row."""

from typing import Protocol

import msgspec

__all__ = ("JournalStats", "Opening", "Row", "SpanLog")


class Row(msgspec.Struct, frozen=True):
    """A finished row for ``table``: one JSON object without a newline, as ClickHouse's ``JSONEachRow`` reads it.

    ``key`` is 24 bytes (trace id and span id) and closes the opening of the same key, if there is one; ``b""`` closes nothing.
    """

    table: str
    data: bytes
    key: bytes = b""


class Opening(msgspec.Struct, frozen=True):
    """Something began. ``data`` is the row that is stored in its place if the process dies before a ``Row`` of this key comes.

    Openings of one key may exist for several tables; a ``Row`` of the key, whatever its table, closes them all.
    """

    table: str
    data: bytes
    key: bytes


class JournalStats(msgspec.Struct, frozen=True, kw_only=True):
    """State of the journal: ``bytes`` on disk, ``limit_bytes``, rows not yet stored, records dropped since the start.

    ``oldest_pending_seconds`` is the age of the oldest row that is not stored, ``None`` when all are; ``last_error`` is why the last
    attempt to store failed, ``None`` when it did not. ``rejected`` counts rows that ClickHouse refused and that lie in
    ``journal/rejected`` instead; ``damaged_bytes`` were not those that were written, and were skipped.
    """

    bytes: int
    limit_bytes: int
    pending: int
    dropped: int
    oldest_pending_seconds: float | None
    last_error: str | None
    dropped_by_table: dict[str, int] = {}
    rejected: int = 0
    damaged_bytes: int = 0


class SpanLog(Protocol):
    """Takes rows that are to be stored. The journal is one."""

    def append(self, records: "list[Row | Opening]") -> bool:
        """Write all records with one system call, before returning. ``False``: the journal is full, nothing was written, all were counted."""
        ...
