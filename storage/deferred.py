"""A telemetry database that is opened in the background, again and again until it answers.

The server listens at once and the gateway answers while ClickHouse is still away; what reads or stores meanwhile is told so.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from storage.clickhouse import ClickHouse
from storage.errors import TelemetryUnavailable

__all__ = ("DeferredTelemetry",)

T = TypeVar("T")
LONGEST_PAUSE = 5.0

logger = logging.getLogger(__name__)


class DeferredTelemetry:
    """Implements ``Telemetry`` over one that may not be open yet. Until ``run()`` has opened it, each call raises ``TelemetryUnavailable``."""

    def __init__(self, opener: Callable[[], Awaitable[ClickHouse]]) -> None:
        self._opener = opener
        self._inner: ClickHouse | None = None
        self._opened = asyncio.Event()
        self.error: str | None = "the telemetry database is being opened"

    @property
    def ready(self) -> bool:
        """Whether the database was opened and its migrations are applied."""
        return self._inner is not None

    async def run(self) -> None:
        """Open the database, and return when that has worked.

        Raises errors that time does not mend: a refused migration, a directory in use.
        """
        pause = 0.1
        while self._inner is None:
            try:
                self._inner = await self._opener()
            except TelemetryUnavailable as error:
                self.error = str(error)
                logger.warning("telemetry database not open, trying again in %.1f s: %s", pause, error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        self.error = None
        self._opened.set()

    async def opened(self) -> None:
        """Wait until the database is open."""
        await self._opened.wait()

    async def query(self, sql: str, parameters: Mapping[str, Any] | None, row: type[T]) -> list[T]:
        """As ``Telemetry.query``."""
        return await self._telemetry().query(sql, parameters, row)

    async def query_lines(self, sql: str, parameters: Mapping[str, Any] | None) -> bytes:
        """As ``ClickHouse.query_lines``."""
        return await self._telemetry().query_lines(sql, parameters)

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """As ``Telemetry.command``."""
        await self._telemetry().command(sql, parameters)

    async def insert(self, table: str, rows: bytes, *, token: str) -> None:
        """As ``Telemetry.insert``."""
        await self._telemetry().insert(table, rows, token=token)

    async def close(self) -> None:
        """Close what was opened."""
        if self._inner is not None:
            await self._inner.close()

    def _telemetry(self) -> ClickHouse:
        if self._inner is None:
            raise TelemetryUnavailable(self.error or "the telemetry database is not open")
        return self._inner
