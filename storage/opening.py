"""From settings to an opened telemetry store."""

from pathlib import Path

from config.schema import StorageSettings
from storage.clickhouse import ClickHouse
from storage.connectors import Connector, Embedded, Server
from storage.telemetry_migrations import migrate_telemetry, telemetry_migrations

__all__ = ("open_telemetry",)


async def open_telemetry(settings: StorageSettings) -> ClickHouse:
    """See ``storage.open_telemetry``."""
    connector = _connector(settings)
    telemetry = await ClickHouse.connect(connector, connector.database or settings.clickhouse_database)
    try:
        await migrate_telemetry(telemetry, telemetry_migrations())
    except BaseException:
        await telemetry.close()
        raise
    return telemetry


def _connector(settings: StorageSettings) -> Connector:
    if settings.clickhouse is not None:
        return Server(settings.clickhouse)
    return Embedded(Path(settings.path).absolute() / "chdb")
