"""From settings to an opened telemetry store."""

import asyncio
from pathlib import Path

from config.schema import StorageSettings
from storage.clickhouse import ClickHouse
from storage.connectors import Connector, Embedded, Server
from storage.deduplication_logs import forget_unborn_parts
from storage.durability_store import force_parts
from storage.errors import TelemetryUnavailable
from storage.telemetry_migrations import migrate_telemetry, telemetry_migrations

__all__ = ("open_telemetry",)


async def open_telemetry(settings: StorageSettings) -> ClickHouse:
    """See ``storage.open_telemetry``."""
    connector = _connector(settings)
    if isinstance(connector, Embedded):
        await asyncio.to_thread(_mend, Path(connector.where))
    telemetry = await ClickHouse.connect(connector, connector.database or settings.clickhouse_database)
    try:
        await migrate_telemetry(telemetry, telemetry_migrations())
        forced = settings.journal.fsync == "always"
        if forced or isinstance(connector, Embedded):  # whoever runs a server may have set the same, for reasons of their own
            await force_parts(telemetry, forced=forced)
    except BaseException:
        await telemetry.close()
        raise
    return telemetry


def _connector(settings: StorageSettings) -> Connector:
    if settings.clickhouse is not None:
        return Server(settings.clickhouse)
    return Embedded(Path(settings.path).absolute() / "chdb")


def _mend(directory: Path) -> None:
    """Repair the deduplication logs before the engine reads them. Raises ``TelemetryUnavailable``."""
    try:
        forget_unborn_parts(directory)
    except OSError as error:
        raise TelemetryUnavailable(f"what a killed process left in {directory} cannot be put right: {error.strerror}") from error
