"""What the migrations say to an empty database, written down: a first start says it again, and loads no Alembic to find it out.

``migrations/metadata/recorded/`` has a file a dialect. Its head names the migrations that it holds, so that later ones, or others, are seen;
``tests/storage/recording.py`` writes it.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection

from storage.migration_ledger import Migration, shipped

__all__ = ("HEAD", "NOW", "SEPARATOR", "Record", "parse_record", "read_record", "replay")

HEAD: Final = "-- "
"""Begins the line of a migration: its name and its checksum follow."""

SEPARATOR: Final = ";\n\n"
"""Ends a statement."""

NOW: Final = "/*now*/0"
"""Stands where a migration writes the time in milliseconds."""


class Record(msgspec.Struct, frozen=True):
    """The statements of some migrations, which are told by name and checksum."""

    checksums: Mapping[str, str]
    statements: Sequence[str]

    def begins(self, migrations: Sequence[Migration]) -> bool:
        """Whether the record holds the first of ``migrations``, unchanged, and nothing else."""
        first = migrations[: len(self.checksums)]
        return self.checksums == {migration.name: migration.checksum for migration in first}


def read_record(dialect: str) -> Record:
    """The record that is shipped for ``sqlite`` or ``postgresql``."""
    return parse_record(shipped("metadata", "recorded", f"{dialect}.sql").read_text())


def parse_record(text: str) -> Record:
    """A record as it is written."""
    head, _, rest = text.partition("\n\n")
    lines = [line.removeprefix(HEAD).partition(" ") for line in head.splitlines()]
    return Record({name: checksum for name, _, checksum in lines}, rest.removesuffix(SEPARATOR).split(SEPARATOR))


def replay(connection: Connection, record: Record) -> None:
    """Run the recorded statements on an empty database, in the transaction of ``connection``."""
    driver = connection.connection.dbapi_connection
    if driver is None:
        raise RuntimeError("the connection has been given back")
    cursor, now = driver.cursor(), str(time.time_ns() // 1_000_000)
    statements = [statement.replace(NOW, now) for statement in record.statements]
    if connection.dialect.name == "postgresql":
        statements = [";\n".join(statements)]  # one way there and back
    for statement in statements:
        cursor.execute(statement)
