"""Where data lies: telemetry in ClickHouse, metadata in SQLite or PostgreSQL, blobs in an object store.

Each is opened here. Its driver is imported only then, so that a process that only writes the journal loads none of them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from config.schema import StorageSettings

if TYPE_CHECKING:
    from storage.blobs import Blobs
    from storage.clickhouse import ClickHouse
    from storage.metadata import Metadata

__all__ = ("begin_metadata", "journal_directory", "open_blobs", "open_metadata", "open_telemetry")


async def open_telemetry(settings: StorageSettings) -> "ClickHouse":
    """Open the telemetry database, created and migrated. Raises ``TelemetryUnavailable``, ``MigrationError`` or ``SettingsError``."""
    from storage.opening import open_telemetry as door

    return await door(settings)


async def open_metadata(settings: StorageSettings) -> "Metadata":
    """Open the metadata database, created and migrated. Raises ``MetadataUnavailable``, ``MigrationError`` or ``SettingsError``."""
    from storage.metadata import Metadata

    return await Metadata.open(settings)


def begin_metadata(settings: StorageSettings) -> "Metadata":
    """As ``open_metadata``, without waiting: nothing may be asked of it before ``opened`` has returned, which raises what this would.

    To be called within an event loop. Raises ``SettingsError``.
    """
    from storage.metadata import Metadata

    return Metadata.begin(settings)


def open_blobs(settings: StorageSettings) -> "Blobs":
    """Open the blob store; nothing is asked of it yet. Raises ``SettingsError``."""
    from storage.blobs import Blobs

    return Blobs.open(settings)


def journal_directory(settings: StorageSettings) -> Path:
    """The directory of the journal."""
    return Path(settings.path).absolute() / "journal"
