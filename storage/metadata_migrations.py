"""Bringing the metadata database to the schema of this release: Alembic applies, a ledger with checksums decides.

An empty database is told at once what is on record (``storage.metadata_record``); Alembic applies what comes after it.

Everything happens in one transaction under one lock, in SQLite and in PostgreSQL alike: a killed process leaves nothing half done, and
of two processes that start together one waits.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, text

from storage.metadata_record import read_record, replay
from storage.metadata_tables import schema_migrations
from storage.migration_ledger import Applied, Migration, pending, read_migrations, shipped

__all__ = ("metadata_migrations", "migrate_metadata")

LOCK = 0x71DE6A7E  # any number that nothing else in the database takes


def metadata_migrations() -> list[Migration]:
    """The migrations of this release. The name of a file is its Alembic revision."""
    return read_migrations(shipped("metadata", "versions"), ".py")


def migrate_metadata(connection: Connection, migrations: Sequence[Migration]) -> list[str]:
    """Apply what is missing, and return the names of it. Raises ``MigrationError``. The caller commits."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    schema_migrations.create(connection, checkfirst=True)
    ledger = _ledger(connection)
    missing = pending(migrations, ledger, database="metadata")
    if missing:
        if len(missing) > (0 if ledger else _replayed(connection, missing)):
            _upgrade(connection)
        now = datetime.now(UTC)
        lines = [{"name": migration.name, "checksum": migration.checksum, "applied_at": now} for migration in missing]
        connection.execute(insert(schema_migrations), lines)
    return [migration.name for migration in missing]


def _ledger(connection: Connection) -> list[Applied]:
    columns = select(schema_migrations.c.name, schema_migrations.c.checksum).order_by(schema_migrations.c.name)
    return [Applied(name, checksum) for name, checksum in connection.execute(columns)]


def _replayed(connection: Connection, migrations: Sequence[Migration]) -> int:
    """How many of ``migrations``, the first, an empty database has by its record."""
    record = read_record(connection.dialect.name)
    if not record.begins(migrations) or connection.dialect.has_table(connection, "alembic_version"):
        return 0
    replay(connection, record)
    return len(record.checksums)


def _upgrade(connection: Connection) -> None:
    # Imported here: it costs more than opening the database, and most starts have nothing to apply.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(str(shipped("metadata")))).replace("%", "%%"))
    # Areas migrate side by side: each has a chain of its own behind the first revision.
    command.upgrade(config, "heads")
