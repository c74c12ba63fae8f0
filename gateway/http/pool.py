"""Connections to one address: taken for a request, given back while they are good, ended when they are not."""

import asyncio
import ssl
from functools import cache
from typing import Final

import certifi

from config.public import is_public
from config.schema import TimeoutSettings
from gateway.http.connection import Connection
from gateway.http.errors import Overdue, Unreachable
from gateway.http.origin import Origin
from gateway.http.tunnel import Proxy, through

__all__ = ("Pool",)

TICK: Final = 0.05
"""Seconds between looks at the clocks: for limits in seconds, being late by so much is nothing."""

_IDLE_SECONDS: Final = 55.0
"""Less than the minute after which load balancers commonly forget a connection."""

_MOST_IDLE: Final = 512

_SWEEP_SECONDS: Final = 5.0
"""Between looks at connections that wait for nothing any more."""


class Pool:
    """As many connections as there were requests at the same time. For use within one event loop."""

    def __init__(self, origin: Origin, timeouts: TimeoutSettings, proxy: Proxy | None, *, public_only: bool = False) -> None:
        self._origin = origin
        self._timeouts = timeouts
        self._proxy = proxy
        self._public_only = public_only
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._looking = self._sweeping = False

    def warm(self) -> Connection | None:
        """A connection that has carried a request before, the one that was used last; ``None`` when there is none."""
        idle = self._idle
        while idle:
            connection = idle.pop()
            if not connection.closed and asyncio.get_running_loop().time() - connection.idle_since < _IDLE_SECONDS:
                self._occupy(connection)
                return connection
            connection.abort()
        return None

    async def connect(self) -> Connection:
        """A new connection. Raises ``Unreachable`` and ``Overdue``."""
        try:
            async with asyncio.timeout(self._timeouts.connect):
                connection = await self._opened()
        except TimeoutError as error:
            raise Overdue("connect", self._timeouts.connect) from error
        except (OSError, UnicodeError) as error:  # UnicodeError: no name for a host
            raise Unreachable(f"{self._origin.host}: {type(error).__name__}") from error
        self._occupy(connection)
        return connection

    def give(self, connection: Connection) -> None:
        """A request is through, or is let go: the connection is kept, or ended if its answer was not read to the end."""
        self._busy.discard(connection)
        if connection.reusable and len(self._idle) < _MOST_IDLE:
            connection.rest()
            self._idle.append(connection)
            if not self._sweeping:
                self._sweeping = True
                asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)
        else:
            connection.abort()

    def close(self) -> None:
        """End the idle connections; those of running requests end with them."""
        while self._idle:
            self._idle.pop().abort()

    async def _opened(self) -> Connection:
        origin, loop = self._origin, asyncio.get_running_loop()
        context = await asyncio.to_thread(_trust) if origin.secure else None

        def protocol() -> Connection:
            return Connection(self._timeouts, self._forget)

        if self._proxy is not None:
            return await through(self._proxy, origin, context, protocol)
        transport, connection = await loop.create_connection(
            protocol, origin.host, origin.port, ssl=context, server_hostname=origin.host if context else None
        )
        if self._public_only and not is_public(transport.get_extra_info("peername")[0]):
            # Looked at here, on the very address: a name may resolve to something else than when it was checked.
            connection.abort()
            raise Unreachable(f"{origin.host}: it resolves to an address that is not public")
        return connection

    def _forget(self, connection: Connection) -> None:
        """A connection has ended by itself."""
        self._busy.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def _sweep(self) -> None:
        """End those that were idle for too long: the first are those that rest the longest."""
        loop = asyncio.get_running_loop()
        while self._idle and loop.time() - self._idle[0].idle_since >= _IDLE_SECONDS:
            self._idle.pop(0).abort()
        self._sweeping = bool(self._idle)
        if self._sweeping:
            loop.call_later(_SWEEP_SECONDS, self._sweep)

    def _occupy(self, connection: Connection) -> None:
        self._busy.add(connection)
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(TICK, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in self._busy:
            connection.overdue(now)
        self._looking = bool(self._busy)
        if self._looking:
            loop.call_later(TICK, self._look)


@cache
def _trust() -> ssl.SSLContext:
    """The authorities of this machine (or of ``SSL_CERT_FILE``), and Mozilla's, which a slim container may lack. Takes milliseconds."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context
