"""The telemetry port over clickhouse-connect: the same SQL for the chDB engine in this process and for a ClickHouse server.

One client serialises its statements, so there is a lane of clients for reading and a lane of one for writing: no read delays the writer.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from clickhouse_connect.driver.client import Client

from storage.clickhouse_errors import refused_rows, translated
from storage.connectors import Connector
from storage.errors import QueryFailed
from storage.lanes import Lane

__all__ = ("ClickHouse",)

T = TypeVar("T")

READERS: Final = 3
READ_SECONDS: Final = 60
"""Longest time of a read: it holds one of the few clients, and nobody waits longer for a page."""


class ClickHouse:
    """Implements ``storage.telemetry.Telemetry``. Built by ``connect``; ``database`` must exist."""

    def __init__(self, connector: Connector, reading: Lane, writing: Lane) -> None:
        self._connector = connector
        self._reading = reading
        self._writing = writing

    @classmethod
    async def connect(cls, connector: Connector, database: str) -> "ClickHouse":
        """Create ``database`` where there is none, and open the clients. Raises ``TelemetryUnavailable``."""
        with translated(connector):
            await asyncio.to_thread(_create_database, connector, database)
            reading = await Lane.open(lambda: connector.open(database, seconds=READ_SECONDS), READERS, name="clickhouse-read")
            writing = await Lane.open(lambda: connector.open(database), 1, name="clickhouse-write")
        return cls(connector, reading, writing)

    async def query(self, sql: str, parameters: Mapping[str, Any] | None, row: type[T]) -> list[T]:
        """See ``Telemetry.query``. Raises ``msgspec.ValidationError`` when ``row`` does not fit the columns: a mistake in the code."""
        decoder = msgspec.json.Decoder(row)
        return await self._run(self._reading, lambda client: decoder.decode_lines(_lines(client, sql, parameters)))

    async def query_lines(self, sql: str, parameters: Mapping[str, Any] | None) -> bytes:
        """As ``query``, undecoded: JSON objects, one a line."""
        return await self._run(self._reading, lambda client: _lines(client, sql, parameters))

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """See ``Telemetry.command``."""
        await self._run(self._writing, lambda client: client.command(sql, parameters=_bound(parameters)))

    async def insert(self, table: str, rows: bytes, *, token: str) -> None:
        """See ``Telemetry.insert``. The message of ``QueryFailed`` names the field and the row, never their values."""
        try:
            await self._run(self._writing, lambda client: self._connector.insert(client, table, rows, token))
        except QueryFailed as error:
            raise refused_rows(error, table) from None  # the cause quotes the rows

    async def close(self) -> None:
        """See ``Telemetry.close``. Statements that run are waited for; later calls raise ``TelemetryUnavailable``."""
        await self._reading.close()
        await self._writing.close()

    async def _run(self, lane: Lane, work: Callable[[Client], T]) -> T:
        with translated(self._connector):
            return await lane.run(work)


def _create_database(connector: Connector, database: str) -> None:
    client = connector.open(None)
    try:
        # Asked first, as a user who may fill a database may not be allowed to create one.
        if client.command("EXISTS DATABASE {name:Identifier}", parameters={"name": database}) != 1:
            client.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", parameters={"name": database})
    finally:
        client.close()


def _lines(client: Client, sql: str, parameters: Mapping[str, Any] | None) -> bytes:
    lines: bytes = client.raw_query(sql, parameters=_bound(parameters), fmt="JSONEachRow")
    return lines


def _bound(parameters: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(parameters) if parameters else None
