"""The metadata database: SQLite in a file, or PostgreSQL, through SQLAlchemy Core."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar, cast

from sqlalchemy import Connection, Engine

from config.schema import StorageSettings
from storage.errors import MetadataUnavailable
from storage.metadata_engines import READ, postgresql_engine, sqlite_engine, translated
from storage.metadata_migrations import metadata_migrations, migrate_metadata
from storage.sharing import SharedTransactions

__all__ = ("Metadata",)

T = TypeVar("T")

READERS = 4
WRITERS = 8
"""Of PostgreSQL, which forces many commits to the disk with one write: most of the time of a small transaction is waiting for that."""


class Metadata:
    """Work on the tables of ``storage.metadata_tables``, off the event loop.

    Raises ``MetadataUnavailable`` when the database is away or stays locked. SQLAlchemy's ``IntegrityError`` passes through: which promise
    of the caller it breaks, only the caller knows.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._opening: asyncio.Future[None] | None = None
        self._reading = engine.execution_options(**{READ: True})
        self._closed = False
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="metadata-read")
        # SQLite has one writer: a queue in front of it is fair, and never meets "database is locked".
        self._writers = ThreadPoolExecutor(1 if self.dialect == "sqlite" else WRITERS, thread_name_prefix="metadata-write")
        self._sharing = self._writers if self.dialect == "sqlite" else ThreadPoolExecutor(1, thread_name_prefix="metadata-share")
        self._shared = SharedTransactions(self._sharing, partial(_transaction, self._engine))

    @classmethod
    async def open(cls, settings: StorageSettings) -> "Metadata":
        """See ``storage.open_metadata``."""
        begun = cls.begin(settings)
        await begun.opened()
        return begun

    @classmethod
    def begin(cls, settings: StorageSettings) -> "Metadata":
        """See ``storage.begin_metadata``."""
        begun = cls(_engine(settings))
        begun._opening = asyncio.ensure_future(begun._migrate())
        return begun

    async def opened(self) -> None:
        """Wait until the database has the schema of this release. Raises as ``open``."""
        if self._opening is not None:
            await self._opening

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """``sqlite`` or ``postgresql``."""
        return cast("Literal['sqlite', 'postgresql']", self._engine.dialect.name)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Call ``work`` in a worker thread, inside one transaction: committed when it returns, rolled back when it raises."""
        return await self._call(self._writers, self._engine, work)

    async def share(self, work: Callable[[Connection], T]) -> T:
        """As ``run``, in a transaction that others may share: for small work that many do at once, such as logging.

        ``work`` may be called more than once, and only its last call counts. So it must change nothing but the database.
        """
        self._check_open()
        context = copy_context()
        return await self._shared.run(lambda connection: context.run(work, connection))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """As ``run``, for work that only reads: it runs beside a writer, and sees one state of the data throughout."""
        return await self._call(self._readers, self._reading, work)

    async def close(self) -> None:
        """Wait for what runs, and close the connections. Later calls raise ``MetadataUnavailable``; a second ``close`` does nothing."""
        self._closed = True
        await self._shared.finish()
        await asyncio.to_thread(self._release)

    async def _migrate(self) -> None:
        try:
            await self.run(lambda connection: migrate_metadata(connection, metadata_migrations()))
        except BaseException:
            await self.close()
            raise

    async def _call(self, threads: ThreadPoolExecutor, engine: Engine, work: Callable[[Connection], T]) -> T:
        self._check_open()
        # The context goes along: what a name means depends on whose request this is.
        return await asyncio.get_running_loop().run_in_executor(threads, copy_context().run, _transaction, engine, work)

    def _check_open(self) -> None:
        if self._closed:
            raise MetadataUnavailable("the metadata database is closed")

    def _release(self) -> None:
        self._readers.shutdown(wait=True)
        self._sharing.shutdown(wait=True)
        self._writers.shutdown(wait=True)
        self._engine.dispose()


def _transaction(engine: Engine, work: Callable[[Connection], T]) -> T:
    with translated(engine), engine.begin() as connection:
        return work(connection)


def _engine(settings: StorageSettings) -> Engine:
    if settings.metadata is not None:
        return postgresql_engine(settings.metadata)
    # One word for both: who wants traces to survive a power cut wants runs to.
    return sqlite_engine(Path(settings.path).absolute() / "metadata.sqlite", "FULL" if settings.journal.fsync == "always" else "NORMAL")
