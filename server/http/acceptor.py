"""New connections, all that wait at each turn of the loop.

The loop's own server (libuv 1.45 and later) takes one a turn. While some connections are served, each turn answers all of those, so the last of
sixty-four that came together waited half a second for its turn to be let in: https://github.com/libuv/libuv/pull/3696.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

__all__ = ("Acceptor", "listening_on")

logger = logging.getLogger(__name__)

BACKLOG: Final = 4096
MOST_A_TURN: Final = 256
"""Connections taken before those that are open get their turn again."""

PAUSE_SECONDS: Final = 1.0
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_ABSENT: Final = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


class Acceptor:
    """Listens on every address of a host from ``open`` to ``close``, and makes a protocol for each connection."""

    def __init__(self, sockets: list[socket.socket], protocol: Callable[[], asyncio.BufferedProtocol], most: int = MOST_A_TURN) -> None:
        """``most`` connections are taken a turn: fewer where other processes take them from the same socket."""
        self._sockets = sockets
        self._protocol = protocol
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        address = sockets[0].getsockname()
        self.port: int = address[1] if isinstance(address, tuple) else 0
        for listening in sockets:
            self._watch(listening)

    @classmethod
    async def open(cls, host: str, port: int, protocol: Callable[[], asyncio.BufferedProtocol]) -> Self:
        """Listen; connections are taken when this returns. Port 0: any free one, the same at each address. No host: all of this machine.

        Raises ``OSError``: the port is taken, or the host is no address of this machine.
        """
        found = await asyncio.get_running_loop().getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
        return cls(_listening_at(addresses), protocol)

    def close(self) -> None:
        """Take no more connections."""
        for listening in self._sockets:
            self._loop.remove_reader(listening)
            listening.close()

    def _watch(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            self._loop.add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(self._most):
            try:
                connection, _address = listening.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._pause(listening, error)
                    return
                continue  # the client hung up while it waited: ECONNABORTED and its like (accept(2), "Error handling")
            task = self._loop.create_task(self._open(connection))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def _pause(self, listening: socket.socket, error: OSError) -> None:
        """Without this the loop would turn and turn, as the connection that cannot be taken stays at the door."""
        logger.error("no connection can be taken for %g s: %s", PAUSE_SECONDS, error.strerror)
        self._loop.remove_reader(listening)
        self._loop.call_later(PAUSE_SECONDS, self._watch, listening)

    async def _open(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            if connection.family != socket.AF_UNIX:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError:  # the client hung up already
            connection.close()


def listening_on(host: str, port: int) -> list[socket.socket]:
    """Sockets for every address of a host, for whoever opens them before there is a loop. Raises ``OSError``."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return _listening_at(list(dict.fromkeys((family, address) for family, _, _, _, address in found)))


def _listening_at(addresses: Sequence[tuple[int, tuple[Any, ...]]]) -> list[socket.socket]:
    """A socket for each address that this machine has: a name may stand for one of IPv6 where there is none."""
    sockets: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, (host, port, *rest) in addresses:
            port_for_all = port or (sockets[0].getsockname()[1] if sockets else 0)
            try:
                sockets.append(_listening(family, (host, port_for_all, *rest)))
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                absent = error
        if not sockets:
            raise absent or OSError(errno.EADDRNOTAVAIL, "the host has no address")
    except OSError:
        for listening in sockets:
            listening.close()
        raise
    return sockets


def _listening(family: int, address: tuple[Any, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # the other family has a socket of its own
        listening.setblocking(False)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
