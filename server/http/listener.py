"""The listening socket, and its end."""

import asyncio
from typing import Final, Self

from litestar.types import ASGIApp

from gateway.passing import STOPPED
from server.http.protocol import HttpProtocol
from server.http.shared import Shared

__all__ = ("Listener",)

BACKLOG: Final = 4096
TICK_SECONDS: Final = 1.0
GOODBYE_SECONDS: Final = 1.0
"""In which those who are not waited for any longer are told so."""


class Listener:
    """Serves an application on one address from ``open`` to ``close``."""

    def __init__(self, server: asyncio.Server, shared: Shared) -> None:
        self._server = server
        self.port: int = server.sockets[0].getsockname()[1]
        self._shared = shared
        self._clock = asyncio.get_running_loop().create_task(self._tick())

    @classmethod
    async def open(cls, app: ASGIApp, host: str, port: int, shared: Shared | None = None) -> Self:
        """Listen; connections are taken when this returns. Port 0: any free one. Raises ``OSError``."""
        shared = shared or Shared()
        server = await asyncio.get_running_loop().create_server(lambda: HttpProtocol(app, shared), host, port, backlog=BACKLOG)
        return cls(server, shared)

    async def close(self, patience: float) -> None:
        """Take no more connections, answer what is being answered for ``patience`` seconds at most, then hang up."""
        self._server.close()
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
            self._shared.tick()
            self._shared.look(loop.time())
