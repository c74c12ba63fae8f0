"""Connecting to ClickHouse and inserting rows: the two things that differ between chDB and a ClickHouse server."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import clickhouse_connect
from clickhouse_connect.driver.binding import format_str, quote_identifier
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from config.secrets import Secret
from storage.errors import SettingsError, TelemetryUnavailable

__all__ = ("Connector", "Embedded", "Server")

CLIENT_SETTINGS: Final[Mapping[str, int]] = {
    # The defaults of older servers quote 64-bit integers and pass broken UTF-8 on; either would fail to decode here.
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_validate_utf8": 1,
}
ENGINE_OPTIONS: Final[Mapping[str, int]] = {
    # The engine weighs itself twenty times a second: on a core that the gateway wants, too, twice is enough.
    "memory_worker_period_ms": 500,
}
INSERT_SETTINGS: Final[Mapping[str, str | int]] = {
    "async_insert": 0,  # a server could acknowledge rows that it has not stored
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "precise_float_parsing": 1,  # the default is quicker, and now and then off by the last bit
    "input_format_skip_unknown_fields": 0,  # a field without a column is a mistake, not something to drop
    "date_time_input_format": "best_effort",
}

DSN_HINT: Final = "storage.clickhouse is not a DSN; write clickhouse://user:password@host:8123/database, or https://… for TLS"


class Connector(Protocol):
    """One ClickHouse. ``open`` and ``insert`` block, and raise the driver's exceptions or ours."""

    @property
    def where(self) -> str:
        """Its address, fit for a message: without a password."""
        ...

    @property
    def database(self) -> str | None:
        """The database that the address names, if it does."""
        ...

    def open(self, database: str | None, *, seconds: int = 0) -> Client:
        """A new client whose statements run in ``database`` (``None``: the user's default one), each for at most so long (0: no limit)."""
        ...

    def insert(self, client: Client, table: str, rows: bytes, token: str) -> None:
        """Insert ``JSONEachRow`` lines once, however often the same token comes."""
        ...


class Embedded:
    """chDB in this process, at a directory that no other process has open."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def where(self) -> str:
        return str(self._directory)

    @property
    def database(self) -> str | None:
        return None

    def open(self, database: str | None, *, seconds: int = 0) -> Client:
        self._directory.mkdir(parents=True, exist_ok=True)
        try:
            return clickhouse_connect.get_client(
                interface="chdb",
                path=str(self._directory),
                chdb_options=ENGINE_OPTIONS,
                database=database,
                settings={**CLIENT_SETTINGS, "max_execution_time": seconds},
            )
        except ClickHouseError as error:
            if error.__cause__ is None or "EmbeddedServer" not in str(error):
                raise
            raise TelemetryUnavailable(_refusal(self._directory, str(error))) from error

    def insert(self, client: Client, table: str, rows: bytes, token: str) -> None:
        # Rows sent inside the statement would end at the first empty line, and what follows would run as SQL; a file is only data.
        settings = ", ".join(f"{name} = {format_str(str(value))}" for name, value in INSERT_SETTINGS.items())
        with _as_file(rows, self._directory) as path:
            client.command(
                f"INSERT INTO {quote_identifier(table)} FROM INFILE {format_str(path)} "
                f"SETTINGS insert_deduplication_token = {format_str(token)}, {settings} FORMAT JSONEachRow"
            )


class Server:
    """A ClickHouse server, spoken to over HTTP. Raises ``SettingsError`` for a DSN that cannot be understood."""

    SCHEMES: ClassVar[Mapping[str, str]] = {"clickhouse": "http", "http": "http", "clickhouses": "https", "https": "https"}

    def __init__(self, dsn: Secret) -> None:
        parts = _split(dsn)
        if parts.scheme not in self.SCHEMES or not parts.hostname:
            raise SettingsError(DSN_HINT)
        self._interface = self.SCHEMES[parts.scheme]
        self._where = parts.netloc.rpartition("@")[2]
        self._database = unquote(parts.path.strip("/")) or None
        # Without its database, which may not exist yet: a client asks the server who it is before it runs anything.
        self._dsn = Secret(urlunsplit(parts._replace(path="")))

    @property
    def where(self) -> str:
        return self._where

    @property
    def database(self) -> str | None:
        return self._database

    def open(self, database: str | None, *, seconds: int = 0) -> Client:
        return clickhouse_connect.get_client(
            dsn=self._dsn.reveal(),
            interface=self._interface,
            database=database,
            settings={**CLIENT_SETTINGS, "max_execution_time": seconds},
            client_name="tidegate",
            connect_timeout=5,
            autogenerate_session_id=False,  # a session pins a client to one replica, and refuses a second statement at once
        )

    def insert(self, client: Client, table: str, rows: bytes, token: str) -> None:
        settings: dict[str, Any] = {"insert_deduplication_token": token, **INSERT_SETTINGS}
        client.raw_insert(quote_identifier(table), insert_block=rows, fmt="JSONEachRow", settings=settings)


def _split(dsn: Secret) -> SplitResult:
    try:
        parts = urlsplit(dsn.reveal())
        _ = parts.port  # raises for what is not a number
    except ValueError:
        raise SettingsError(DSN_HINT) from None  # the cause quotes the DSN, which holds the password
    return parts


@contextmanager
def _as_file(rows: bytes, directory: Path) -> Iterator[str]:
    """A path under which the engine can read ``rows``: in memory where the system can, so that nothing is left on a disk."""
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        with os.fdopen(os.memfd_create("tidegate-rows"), "wb") as file:
            file.write(rows)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile(dir=directory, prefix="rows-") as file:
            file.write(rows)
            file.flush()
            yield file.name


def _refusal(directory: Path, reason: str) -> str:
    """Why the engine did not start, with the process that holds the directory if it says so."""
    if "different path" in reason:
        return f"chDB has one directory for each process, and this process has another than {directory} open"
    holder = _holder(directory / "status")
    if holder is None:
        return f"chDB cannot open {directory}; its own words are above, on standard error"
    return f"{directory} is in use by process {holder}; stop it, or give this one a directory of its own (--data)"


def _holder(status: Path) -> int | None:
    """The process that the engine's own lock file names; ``None`` when there is none."""
    try:
        first = status.read_text(encoding="utf-8").partition("\n")[0]
    except OSError:
        return None
    number = first.removeprefix("PID: ")
    return int(number) if number.isdigit() else None
