"""HTTP clients that carry one request at a time, so that a request can be cut off before its answer has begun.

pyreqwest keeps working on a request whose caller was cancelled before the head of the answer (docs/decisions/0003): the upstream would go on
writing, and billing, for nobody. The client gives no handle on the connection. So each client here has one request at most, and a mark that all
its sockets bear; to cut the request off is to shut down the socket with the mark. The mark is a value of ``TCP_USER_TIMEOUT``: about the quarter
of an hour that Linux allows an unacknowledged segment anyway. Where the system has no such option, requests end by the ``total`` clock.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Final

import msgspec
from pyreqwest.client import Client

__all__ = ("Lane", "Lanes", "shut_marked")

_OPTION: Final[int | None] = getattr(socket, "TCP_USER_TIMEOUT", None)
_MARKS: Final = count(900_000)
_MOST_IDLE: Final = 256
_LOOKS: Final = (0.0, 0.1, 0.4, 1.5)
"""Seconds between looks for the socket: a request may be cut off while its host's name is still being resolved."""


class Lane(msgspec.Struct, frozen=True):
    """A client, and the mark in milliseconds that its sockets bear."""

    client: Client
    mark: int


class Lanes:
    """The lanes to one upstream: as many as there were requests at the same time. ``build`` makes a client whose sockets bear the mark."""

    def __init__(self, build: Callable[[timedelta | None], Client]) -> None:
        self._build = build
        self._idle: list[Lane] = [self._new()]
        self._cutting: set[asyncio.Task[None]] = set()

    async def take(self) -> Lane:
        """A lane for one request, the one that was used last if there is one: its connection is warm."""
        if self._idle:
            return self._idle.pop()
        # Reading the certificate authorities takes milliseconds, and streams are running.
        return await asyncio.to_thread(self._new)

    def give(self, lane: Lane) -> None:
        """The lane's request has ended."""
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(lane)

    def cut(self, lane: Lane) -> None:
        """End the lane's request at once. The lane is not used again."""
        if _OPTION is None:
            return
        task = asyncio.get_running_loop().create_task(_cut(lane.mark))
        self._cutting.add(task)
        task.add_done_callback(self._cutting.discard)

    async def close(self) -> None:
        """Close the idle connections; those of running requests close with them."""
        while self._idle:
            await self._idle.pop().client.close()

    def _new(self) -> Lane:
        mark = next(_MARKS)
        return Lane(self._build(None if _OPTION is None else timedelta(milliseconds=mark)), mark)


async def _cut(mark: int) -> None:
    for pause in _LOOKS:
        await asyncio.sleep(pause)
        if await asyncio.to_thread(shut_marked, mark):
            return


def shut_marked(mark: int) -> int:
    """Shut down each of this process's TCP sockets that bears the mark; how many there were."""
    return sum(_shut(int(name), mark) for name in os.listdir("/dev/fd"))  # noqa: PTH208 - numbers, not paths


def _shut(descriptor: int, mark: int) -> bool:
    """Look at a duplicate: the descriptor itself may be closed, and its number given to another file, between the look and the deed."""
    try:
        duplicate = os.dup(descriptor)
    except OSError:  # gone
        return False
    try:
        candidate = socket.socket(fileno=duplicate)
    except OSError:  # no socket, and so nobody's but ours to close
        os.close(duplicate)
        return False
    with candidate:
        try:
            if _OPTION is None or candidate.getsockopt(socket.IPPROTO_TCP, _OPTION) != mark:
                return False
            candidate.shutdown(socket.SHUT_RDWR)
        except OSError:  # no TCP socket, or gone
            return False
        return True
