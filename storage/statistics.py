"""What PostgreSQL knows of its tables. It looks at new ones once a minute, and until then plans as if nearly nothing were in them."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Table

from storage.pipeline import pipeline_of

__all__ = ("learn",)

# Before version 14 a table that was never looked at has 0 rows, from it on -1.
_UNKNOWN: Final = "SELECT reltuples <= 0 FROM pg_class WHERE oid = CAST($1 AS regclass)"


def learn(connection: Connection, tables: Sequence[Table]) -> None:
    """Have PostgreSQL look at ``tables`` if it never looked at the first. In any transaction, reading ones too; SQLite needs none of it.

    A table that another transaction looks at is left out, and so are those of another owner, of which PostgreSQL warns.
    """
    if (pipeline := pipeline_of(connection)) is None:
        return
    (((unknown,),),) = pipeline.ask([(_UNKNOWN, (tables[0].name,))])
    if unknown:
        pipeline.ask([(f"ANALYZE (SKIP_LOCKED) {', '.join(table.name for table in tables)}", ())])
