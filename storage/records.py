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
    """Something began. ``data`` is the row that is stored in its place if the process dies before a ``Row`` of this key comes."""

    table: str
    data: bytes
    key: bytes


class JournalStats(msgspec.Struct, frozen=True, kw_only=True):
    """State of the journal: ``bytes`` on disk, ``limit_bytes``, records not yet stored, records dropped since the start.

    ``oldest_pending_seconds`` is the age of the oldest record that is not stored, ``None`` when all are; ``last_error`` is why the last
    attempt to store failed, ``None`` when it did not.
    """

    bytes: int
    limit_bytes: int
    pending: int
    dropped: int
    oldest_pending_seconds: float | None
    last_error: str | None


class SpanLog(Protocol):
    """Where rows are handed over. The journal is one."""

    def append(self, records: "list[Row | Opening]") -> bool:
        """Write all records with one system call, before returning. ``False``: the journal is full, nothing was written, all were counted."""
        ...
