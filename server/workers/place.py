"""What a supervisor's children inherit: sockets, where the core listens, and how they learn that their supervisor is gone."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from server.http.acceptor import BACKLOG

__all__ = ("CLIENT", "Place", "Ready", "telling", "unix_socket")

CLIENT: Final = b"x-tidegate-client-address"
"""The header in which a worker tells the core who its client is (scheme, address, port) and where it came to (address, port). A client's own of this name goes no further than the worker."""


class Place(msgspec.Struct, frozen=True):
    """``directory`` is private to the user; ``lifeline`` is readable once the supervisor is gone. ``listening`` is the public address.

    ``number`` is whose copy it is: a worker's, from 1, or 0.
    """

    directory: Path
    lifeline: int
    listening: tuple[socket.socket, ...]
    workers: int
    number: int = 0

    @property
    def requests(self) -> str:
        """The socket on which the core takes requests."""
        return str(self.directory / "core")

    @property
    def line(self) -> str:
        """The socket on which the core speaks with its workers."""
        return str(self.directory / "line")


Ready = Callable[[], None]
"""Tells the supervisor that a process serves."""


def telling(descriptor: int) -> Ready:
    """A function that tells the supervisor, through a pipe, that this process is ready."""

    def ready() -> None:
        os.write(descriptor, b"1")
        os.close(descriptor)

    return ready


def unix_socket(path: str) -> socket.socket:
    """Listen on a Unix socket, in place of one that a dead core has left there."""
    Path(path).unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.setblocking(False)
    listening.bind(path)
    Path(path).chmod(0o600)
    listening.listen(BACKLOG)
    return listening
