"""What can go wrong with stored data, named after what the caller does about it.

StorageError
├── Unavailable                 wait and try again: nothing is wrong with what was asked
│   ├── TelemetryUnavailable    ClickHouse is away, overloaded, full or read-only
│   ├── MetadataUnavailable     SQLite or PostgreSQL is
│   └── BlobsUnavailable        the object store is
├── QueryFailed                 ClickHouse refused the statement or the rows; asking again gives the same answer
├── MigrationError              the operator must act before the server can start
│   ├── EditedMigration         a migration that was applied has changed since
│   ├── MissingMigration        one was left out, or comes before one that was applied
│   └── NewerSchema             the data was written by a newer release
├── SettingsError               a URL, DSN or key in the settings cannot be understood
├── SealBroken                  a stored secret cannot be opened: another key, another place, or it was changed
├── BlobNotFound                there is no such blob
└── BlobPathRefused             the path could leave the root; never retried, never repaired
"""

from typing import ClassVar

__all__ = (
    "BlobNotFound",
    "BlobPathRefused",
    "BlobsUnavailable",
    "EditedMigration",
    "MetadataUnavailable",
    "MigrationError",
    "MissingMigration",
    "NewerSchema",
    "QueryFailed",
    "SealBroken",
    "SettingsError",
    "StorageError",
    "TelemetryUnavailable",
    "Unavailable",
)


class StorageError(Exception):
    """Anything that storage raises on purpose. ``str()`` is fit for an operator: it holds no secret and no message content."""

    code: ClassVar[str] = "storage_error"
    """The name of this error in API answers."""


class Unavailable(StorageError):
    """The store cannot serve at the moment."""

    code = "storage_unavailable"


class TelemetryUnavailable(Unavailable):
    """ClickHouse cannot be reached, or cannot take more for now."""

    code = "telemetry_unavailable"


class MetadataUnavailable(Unavailable):
    """The metadata database cannot be reached, or stayed locked too long."""

    code = "metadata_unavailable"


class BlobsUnavailable(Unavailable):
    """The object store cannot be reached, or refuses our credentials."""

    code = "blobs_unavailable"


class QueryFailed(StorageError):
    """ClickHouse refused a statement. ``number`` and ``name`` are ClickHouse's own (62, ``SYNTAX_ERROR``), ``None`` when it gave none."""

    code = "query_failed"

    def __init__(self, message: str, *, number: int | None = None, name: str | None = None) -> None:
        super().__init__(message)
        self.number = number
        self.name = name


class MigrationError(StorageError):
    """The schema of the data and the migrations of this release do not fit together."""

    code = "migration_error"


class EditedMigration(MigrationError):
    """A file that was applied differs from the one that was applied."""

    code = "edited_migration"


class MissingMigration(MigrationError):
    """The order of migrations has a gap."""

    code = "missing_migration"


class NewerSchema(MigrationError):
    """The ledger holds a migration that this release does not know."""

    code = "newer_schema"


class SettingsError(StorageError):
    """A storage setting that cannot be used. Names the setting, never its value."""

    code = "storage_settings"


class SealBroken(StorageError):
    """A stored secret does not open. Says whose it is and what to do, never what it is."""

    code = "seal_broken"


class BlobNotFound(StorageError):
    """No blob lies at this path."""

    code = "blob_not_found"


class BlobPathRefused(StorageError):
    """A path that is absolute, climbs, or hides something in its encoding."""

    code = "blob_path_refused"
