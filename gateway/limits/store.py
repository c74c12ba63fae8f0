"""Counters in the metadata database, from one run of the server to the next. SQLite and PostgreSQL alike."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, select

from gateway.limits.ledger import Count
from gateway.limits.types import Counter
from storage.budget_tables import limit_counters
from storage.upserts import insert_into

__all__ = ("forget_before", "note_told", "read_counts", "write_counts")

TOLD: Final = "told/"
"""What the names of rows begin with that say of a counter that somebody was told of it."""


def write_counts(connection: Connection, counts: Mapping[Counter, Count], at: datetime) -> None:
    """Write what is used. A counter never goes down, whoever wrote it last."""
    if not counts:
        return
    rows = [
        {"ceiling": ceiling, "window_start": start, "subject": subject, "window_end": count.ends, "used": count.used, "updated_at": at}
        for (ceiling, start, subject), count in counts.items()
    ]
    insert = insert_into(limit_counters, connection)
    keys = ["ceiling", "window_start", "subject"]
    new = insert.excluded
    statement = insert.on_conflict_do_update(
        index_elements=keys, set_={"used": new.used, "updated_at": new.updated_at}, where=limit_counters.c.used < new.used
    )
    connection.execute(statement, rows)


def read_counts(connection: Connection, now: int) -> dict[Counter, Count]:
    """Counters whose window has not ended."""
    counters = limit_counters.c.ceiling.not_like(f"{TOLD}%")
    found = connection.execute(select(limit_counters).where(limit_counters.c.window_end > now, counters))
    return {(row.ceiling, row.window_start, row.subject): Count(row.used, 0, row.window_end) for row in found}


def note_told(connection: Connection, counter: Counter, action: str, ends: int, at: datetime) -> bool:
    """Note that ``action`` was told of a counter; ``False`` where it was noted before, by whichever process."""
    ceiling, start, subject = counter
    row = {
        "ceiling": f"{TOLD}{action}/{ceiling}",
        "window_start": start,
        "subject": subject,
        "window_end": ends,
        "used": 1,
        "updated_at": at,
    }
    return connection.execute(insert_into(limit_counters, connection).on_conflict_do_nothing(), [row]).rowcount == 1


def forget_before(connection: Connection, now: int) -> None:
    """Remove counters whose window ended before."""
    connection.execute(delete(limit_counters).where(limit_counters.c.window_end < now))
