"""Bringing the telemetry database to the schema of this release.

A migration is a file ``NNNN_what.sql``. ClickHouse has no transactions for tables: a process killed between two statements leaves the
first one done. So each statement can be run again (``IF NOT EXISTS``), and the ledger is written after the last one.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from storage.migration_ledger import Applied, Migration, pending, read_migrations, shipped
from storage.sql_statements import split_statements
from storage.telemetry import Telemetry

__all__ = ("migrate_telemetry", "telemetry_migrations")

LEDGER: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    name       String,
    checksum   String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY name
SETTINGS non_replicated_deduplication_window = 1000
"""


def telemetry_migrations() -> list[Migration]:
    """The migrations of this release."""
    return read_migrations(shipped("telemetry"), ".sql")


async def migrate_telemetry(telemetry: Telemetry, migrations: Sequence[Migration]) -> list[str]:
    """Apply what is missing, and return the names of it. Running it twice, or twice at once, is safe. Raises ``MigrationError``."""
    await telemetry.command(LEDGER)
    ledger = await telemetry.query("SELECT DISTINCT name, checksum FROM schema_migrations ORDER BY name", None, Applied)
    missing = pending(migrations, ledger, database="telemetry")
    for migration in missing:
        for statement in split_statements(migration.text):
            await telemetry.command(statement)
        await _record(telemetry, migration)
    return [migration.name for migration in missing]


async def _record(telemetry: Telemetry, migration: Migration) -> None:
    line = msgspec.json.encode(Applied(migration.name, migration.checksum))
    await telemetry.insert("schema_migrations", line, token=f"{migration.name} {migration.checksum}")
