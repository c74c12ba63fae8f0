"""The listening socket, and its end."""

import asyncio
from typing import Final, Self

from litestar.types import ASGIApp

from gateway.passing import STOPPED
from server.http.acceptor import Acceptor
from server.http.protocol import HttpProtocol
from server.http.shared import Shared

__all__ = ("Listener",)

TICK_SECONDS: Final = 1.0
TURN_SECONDS: Final = 0.01
"""Enough for the loop to read what waits for it."""

GOODBYE_SECONDS: Final = 1.0
"""In which those who are not waited for any longer are told so."""


class Listener:
    """Serves an application on one address from ``open`` to ``close``."""

    def __init__(self, acceptor: Acceptor, shared: Shared) -> None:
        self._acceptor = acceptor
        self.port = acceptor.port
        self._shared = shared
        self._clock = asyncio.get_running_loop().create_task(self._tick())

    @classmethod
    async def open(cls, app: ASGIApp, host: str, port: int, shared: Shared | None = None) -> Self:
        """Listen; connections are taken when this returns. Port 0: any free one. Raises ``OSError``."""
        shared = shared or Shared()
        return cls(await Acceptor.open(host, port, lambda: HttpProtocol(app, shared)), shared)

    async def close(self, patience: float) -> None:
        """Take no more connections, answer what is being answered for ``patience`` seconds at most, then hang up."""
        self._acceptor.close()
        self._shared.stopping = True
        for connection in frozenset(self._shared.connections):
            connection.stop()
        if under_way := self._shared.under_way:
            await asyncio.wait(under_way, timeout=patience)
        for task in self._shared.under_way:
            task.cancel(STOPPED)
        if under_way := self._shared.under_way:
            await asyncio.wait(under_way, timeout=GOODBYE_SECONDS)
        for connection in frozenset(self._shared.connections):
            connection.abort()
        if under_way := self._shared.under_way:
            await asyncio.wait(under_way, timeout=patience)
        self._clock.cancel()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await asyncio.sleep(TURN_SECONDS)  # if we stood still, what clients said meanwhile is read before their clocks are
            self._shared.tick()
            self._shared.look(loop.time())
