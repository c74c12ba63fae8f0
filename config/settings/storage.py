"""Where data lies."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.secrets import Secret
from config.settings.terms import Name

__all__ = ("ArtifactSettings", "JournalSettings", "StorageSettings")


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file that spans reach before the last byte of an answer goes out."""

    max_bytes: Annotated[int, Meta(ge=1024 * 1024)] = 1024 * 1024 * 1024
    """Largest size of what waits to be stored, in bytes. Beyond it the oldest is kept and new spans are counted as dropped."""

    segment_bytes: Annotated[int, Meta(ge=64 * 1024)] = 32 * 1024 * 1024
    """Size at which a new segment file begins, in bytes."""

    fsync: Literal["never", "interval", "always"] = "interval"
    """When data is forced to the disk: ``never`` and ``interval`` (once a second) survive a killed process, ``always`` a power cut.

    With ``always`` SQLite forces each commit to the disk, and ClickHouse's tables each part; on a server they keep doing so until someone resets it.
    """

    batch_rows: Annotated[int, Meta(ge=1)] = 1000
    """Rows that are stored at once when there are as many."""

    batch_milliseconds: Annotated[int, Meta(ge=1)] = 250
    """Longest wait for a batch to fill, in milliseconds; longer, up to two seconds, where storing one takes long. Readers wait for nothing of it."""


class StorageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where data lies."""

    path: str = "./tidegate-data"
    """Directory of everything embedded: chDB, SQLite, artifacts, the journal."""

    clickhouse: Secret | None = None
    """DSN of a ClickHouse server, ``clickhouse://user:password@host:8123/database``. Default: embedded chDB under ``path``."""

    clickhouse_database: Name = "tidegate"
    """Database that holds the telemetry tables."""

    metadata: Secret | None = None
    """SQLAlchemy URL of PostgreSQL, ``postgresql+psycopg://…``. Default: SQLite under ``path``."""

    redis: Secret | None = None
    """URL of Redis or Valkey, ``redis://host:6379/0`` or ``rediss://…``, where several gateways count limits together and share cached answers.

    Default: each process counts for itself.
    """

    blobs: str | None = None
    """URL of the object store (``s3://…``, ``gs://…``, ``az://…``). Default: a directory under ``path``."""

    journal: JournalSettings = JournalSettings()
    """The file on disk between an answer and the database."""


class ArtifactSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the files of runs and models go."""

    root: str = "mlflow-artifacts:/"
    """Where artifacts of new experiments go: through this server into ``storage.blobs``.

    The URL of a bucket (``s3://bucket/prefix``) instead makes clients read and write it themselves, with keys of their own.
    """

    presigned: bool = True
    """Let clients transfer large files straight from and to ``storage.blobs`` where that signs URLs (S3, Google Cloud Storage, Azure).

    Turn it off where clients cannot reach the bucket.
    """
