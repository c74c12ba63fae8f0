"""The telemetry database: one port, spoken to ClickHouse's SQL, whichever ClickHouse answers."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

__all__ = ("Telemetry",)

T = TypeVar("T")


class Telemetry(Protocol):
    """What the packages above ask of ClickHouse. All values are bound, never formatted into the text.

    Raises ``storage.errors.TelemetryUnavailable`` when the database cannot be reached, and ``storage.errors.QueryFailed`` (with
    ClickHouse's own code and message) when it refuses a statement.
    """

    async def query(self, sql: str, parameters: Mapping[str, Any] | None, row: type[T]) -> list[T]:
        """Run a SELECT and decode each row into ``row`` (a msgspec struct or a dict type); columns are matched by name.

        Parameters are ClickHouse's own: ``{name:Type}`` in the text.
        """
        ...

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that returns nothing."""
        ...

    async def insert(self, table: str, rows: bytes, *, token: str) -> None:
        """Insert rows given as newline-separated JSON objects (``JSONEachRow``). A token that was seen before inserts nothing."""
        ...

    async def close(self) -> None:
        """Release the clients; the embedded database is flushed."""
        ...
