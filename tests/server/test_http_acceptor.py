"""How connections are taken, on the loop that the server runs on."""

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine
from contextlib import ExitStack

import uvloop

from server.http import acceptor
from server.http.acceptor import Acceptor

CLIENTS = 60
TURNS = 5


class Door(asyncio.Protocol):
    """Remembers who came in."""

    def __init__(self, inside: list[asyncio.BaseTransport]) -> None:
        self._inside = inside

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._inside.append(transport)


class Exhausted(socket.socket):
    """A listening socket of a process without a free descriptor, the first time."""

    refused = 0

    def accept(self):
        if not self.refused:
            self.refused += 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def on_the_servers_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    def run() -> None:
        uvloop.run(test())

    run.__name__ = test.__name__
    return run


def connected(port: int, stack: ExitStack, count: int) -> list[socket.socket]:
    """Connections that wait in the kernel's queue: nobody needs to accept them for this to return."""
    return [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(count)]


@on_the_servers_loop
async def test_all_connections_that_wait_are_taken_in_a_few_turns_and_not_one_a_turn() -> None:
    inside: list[asyncio.BaseTransport] = []
    door = await Acceptor.open("127.0.0.1", 0, lambda: Door(inside))
    with ExitStack() as stack:
        connected(door.port, stack, CLIENTS)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        assert len(inside) == CLIENTS
        sock = inside[0].get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    door.close()


@on_the_servers_loop
async def test_without_a_free_descriptor_connections_wait_and_are_taken_when_there_is_one() -> None:
    inside: list[asyncio.BaseTransport] = []
    patience, acceptor.PAUSE_SECONDS = acceptor.PAUSE_SECONDS, 0.01
    listening = Exhausted()
    listening.setblocking(False)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    door = Acceptor([listening], lambda: Door(inside))
    try:
        with ExitStack() as stack:
            connected(door.port, stack, 2)
            async with asyncio.timeout(5):
                while len(inside) < 2:
                    await asyncio.sleep(0.01)
            assert listening.refused == 1
    finally:
        acceptor.PAUSE_SECONDS = patience
        door.close()


@on_the_servers_loop
async def test_a_name_is_listened_on_at_all_its_addresses_with_one_port() -> None:
    door = await Acceptor.open("localhost", 0, lambda: Door([]))
    with ExitStack() as stack:
        for *_, address in socket.getaddrinfo("localhost", door.port, type=socket.SOCK_STREAM):
            stack.enter_context(socket.create_connection(address[:2]))
    door.close()


@on_the_servers_loop
async def test_a_port_that_is_taken_is_an_error_and_leaves_no_socket_open() -> None:
    first = await Acceptor.open("127.0.0.1", 0, lambda: Door([]))
    try:
        await Acceptor.open("127.0.0.1", first.port, lambda: Door([]))
    except OSError as error:
        assert error.errno == errno.EADDRINUSE
    else:
        raise AssertionError("two listen on one port")
    first.close()
    (await Acceptor.open("127.0.0.1", first.port, lambda: Door([]))).close()
