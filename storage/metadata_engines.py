"""SQLAlchemy engines, and the one seam where the drivers' exceptions become ours."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from config.secrets import Secret
from storage.errors import MetadataUnavailable, SettingsError
from storage.pipeline import PIPELINE, Pipeline

if TYPE_CHECKING:
    import psycopg

__all__ = ("READ", "postgresql_engine", "sqlite_engine", "translated")

READ: Final = "tidegate_read"
"""The execution option of a transaction that only reads."""

BUSY_SECONDS: Final = 10
IDLE_SECONDS: Final = 1.0
OURS_TO_PREPARE: Final[dict[str, Any]] = {"autocommit": True, "prepare_threshold": None}
"""Transactions and prepared statements are the pipeline's: psycopg would throw away all that are prepared whenever it rolls back."""
USED: Final = "tidegate_used"
"""When a connection was given back to the pool."""

SQLITE_AWAY: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
    }
)


Synchronous = Literal["NORMAL", "FULL"]
"""When SQLite forces what it writes to the disk: now and then, which survives a killed process, or with each commit, which survives a power cut."""


def sqlite_engine(file: Path, synchronous: Synchronous = "NORMAL") -> Engine:
    """SQLite in write-ahead mode; its folder is made. Transactions begin as SQLite's own, not as the driver guesses them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", lambda connection, _record: _configure_sqlite(connection, synchronous))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def postgresql_engine(url: Secret) -> Engine:
    """PostgreSQL through psycopg. Raises ``SettingsError`` for any other URL."""
    try:
        parsed = make_url(url.reveal())
    except (ArgumentError, ValueError):
        raise SettingsError(_URL_HINT) from None  # the cause quotes the URL, which holds the password
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise SettingsError(_URL_HINT)
    parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed, pool_size=16, pool_timeout=BUSY_SECONDS, connect_args=OURS_TO_PREPARE | {"connect_timeout": 5})
    event.listen(engine, "connect", _lay_pipeline)
    event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "before_cursor_execute", _send_what_waits)
    event.listen(engine, "commit", lambda connection: _pipeline(connection).commit())
    event.listen(engine, "rollback", lambda connection: _pipeline(connection).forget())
    event.listen(engine, "checkout", _still_there)
    event.listen(engine, "checkin", _used)
    return engine


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Within, what says that the database is away leaves as ``MetadataUnavailable``; all other exceptions leave as they are."""
    try:
        yield
    except PoolTimeout as error:
        raise MetadataUnavailable("the metadata database is busy: no connection came free in time") from error
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:  # the driver's own: what is prepared goes past SQLAlchemy
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not _away(engine, error, cause, reading=bool(engine.get_execution_options().get(READ))):
            raise
        where = engine.url.render_as_string(hide_password=True)
        raise MetadataUnavailable(f"the metadata database {where} is not available: {cause}") from error


_URL_HINT: Final = "storage.metadata is not a PostgreSQL URL; write postgresql+psycopg://user:password@host:5432/database"


def _away(engine: Engine, error: Exception, cause: BaseException | None, *, reading: bool) -> bool:
    """SQLite files a missing table and a locked file under one class, and tells them apart by code; psycopg has a class for each."""
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        return code in SQLITE_AWAY and not (reading and code == sqlite3.SQLITE_READONLY)
    driver = engine.dialect.loaded_dbapi
    return isinstance(error, (OperationalError, InterfaceError, driver.OperationalError, driver.InterfaceError))


def _configure_sqlite(connection: sqlite3.Connection, synchronous: Synchronous) -> None:
    connection.isolation_level = None  # otherwise the driver begins transactions itself, and not before reads
    _write_ahead(connection)
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -16384")  # 16 MiB for each connection: a search reads much of the database
    connection.execute("PRAGMA case_sensitive_like = ON")  # as it is in PostgreSQL; ILIKE is for the rest


def _write_ahead(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for a lock when it changes the mode of a file, so that two processes on a new one could refuse each other."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    reads = bool(connection.get_execution_options().get(READ))
    pooled = connection.connection
    # Straight to the driver: these two cost more on the way through SQLAlchemy than what a small transaction does.
    execute = cast("sqlite3.Connection", pooled.dbapi_connection).execute
    if pooled.info.get(READ) is not reads:
        execute(f"PRAGMA query_only = {int(reads)}")
        pooled.info[READ] = reads
    # IMMEDIATE takes the write lock at once: a transaction that reads first and writes later cannot fail half way.
    execute("BEGIN" if reads else "BEGIN IMMEDIATE")


def _lay_pipeline(driver: "psycopg.Connection[Any]", record: ConnectionPoolEntry) -> None:
    record.info[PIPELINE] = Pipeline(driver)


def _pipeline(connection: Connection) -> Pipeline:
    pipeline: Pipeline = connection.connection.info[PIPELINE]
    return pipeline


def _begin_postgresql(connection: Connection) -> None:
    _pipeline(connection).begin(reads=bool(connection.get_execution_options().get(READ)))


def _send_what_waits(connection: Connection, *_statement: Any) -> None:
    """Send waiting statements first: what SQLAlchemy runs comes after everything that was said before."""
    _pipeline(connection).flush()


def _used(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[USED] = time.monotonic()


def _still_there(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """A connection that nobody used for a while is asked first: the server may have been started again meanwhile.

    SQLAlchemy's ``pool_pre_ping`` asks each time, and so takes one more way there and back of every transaction.
    """
    if time.monotonic() - record.info.get(USED, time.monotonic()) > IDLE_SECONDS:
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except Exception as error:  # whatever is wrong with it, a new one is made in its place
            raise DisconnectionError from error
