"""Counters in the metadata database, from one run of the server to the next. SQLite and PostgreSQL alike."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from gateway.limits.ledger import Count
from gateway.limits.types import Counter
from storage.budget_tables import limit_counters
from storage.upserts import insert_into

__all__ = ("forget_before", "read_counts", "write_counts")


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
    found = connection.execute(select(limit_counters).where(limit_counters.c.window_end > now))
    return {(row.ceiling, row.window_start, row.subject): Count(row.used, 0, row.window_end) for row in found}


def forget_before(connection: Connection, now: int) -> None:
    """Remove counters whose window ended before."""
    connection.execute(delete(limit_counters).where(limit_counters.c.window_end < now))
