"""A large body on its way from a socket into a file: the system moves it by a thread's pipe, past the event loop and past our memory.

Through the loop a piece is an object of 64 to 256 KB, copied twice more and handed from thread to thread. Why this is worth a way of its own:
docs/decisions/0015-uploads-past-the-loop.md. No thread waits for a client: when nothing is there, the loop does.
"""

import asyncio
import errno
import fcntl
import os
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, Self

from storage.threads import in_thread
from storage.unfinished import UnfinishedFile

__all__ = ("CAN_POUR", "Pour")

CAN_POUR: Final = hasattr(os, "splice")
"""Where the system moves nothing by pipes, bodies go the way of all others."""

AT_ONCE: Final = 1024 * 1024
"""Bytes in a pipe: what a system lets every user have. Fewer make smaller pieces of the file's cache, which cost more."""

THREADS: Final = 4
"""Two move bytes as fast as more do; beside them others make files, and let go of those that are replaced."""

TURN_SECONDS: Final = 0.1
"""After which a thread takes the next upload that waits for one."""

_NEVER: Final = float("inf")
_NO_PIPE: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_threads: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="upload")
_own: Final = threading.local()


class Pour:
    """One body on its way from ``connection``, a socket that does not block and that the caller closes, to ``file``."""

    def __init__(self, connection: socket.socket, file: UnfinishedFile, first: Sequence[bytes], left: int) -> None:
        """``first``: what had come already; ``left``: bytes that are still to come. No byte after those is taken."""
        self._connection = connection
        self._file = file
        self._first = first
        self._left = left
        self._stopped = False
        self._arrived: asyncio.Future[None] | None = None
        self.waiting_since = _NEVER
        """Since when, by the loop's clock, nothing comes."""

    async def run(self) -> bool:
        """Move the whole body, and finish the file. ``False``: the client left before its end. Raises ``OSError`` of the file.

        However this ends, no thread touches the connection or the file after it.
        """
        while True:
            await in_thread(self._move, threads=_threads)
            if self._stopped or not self._left:
                return not self._left
            await self._readable()

    def stop(self) -> None:
        """The client is gone, or what it sends is not wanted: end soon."""
        self._stopped = True
        self._wake()

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        self._arrived = loop.create_future()
        self.waiting_since = loop.time()
        loop.add_reader(self._connection, self._wake)
        try:
            await self._arrived
        finally:
            loop.remove_reader(self._connection)
            self.waiting_since = _NEVER
            self._arrived = None

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

    # What a thread does.

    def _move(self) -> None:
        first, self._first = self._first, ()
        self._file.write(first)
        until = time.monotonic() + TURN_SECONDS
        while self._left and not self._stopped and time.monotonic() < until:
            with _pipe() as pipe:
                if not (size := self._filled(pipe)):
                    return
                pipe.empty_into(self._file, size)
            self._left -= size
        if not self._left:
            self._file.finish()

    def _filled(self, pipe: "_Pipe") -> int:
        """Take what is there; 0 when nothing is, or never will be."""
        try:
            size = pipe.fill_from(self._connection, self._left)
        except BlockingIOError:
            return 0
        except OSError:
            size = 0
        self._stopped = self._stopped or not size
        return size


class _Pipe:
    """A pipe of one thread. What is in it is one client's: it is empty between uses, or closed."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe2(os.O_CLOEXEC)
        with suppress(OSError):  # this user has many large ones: a small one does, slower
            fcntl.fcntl(self._in, fcntl.F_SETPIPE_SZ, AT_ONCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.close()

    def close(self) -> None:
        """Let go of what is in it."""
        os.close(self._out)
        os.close(self._in)
        _own.pipe = None

    def fill_from(self, connection: socket.socket, most: int) -> int:
        """Take what has come, 0 bytes of a connection that has ended. Raises ``OSError``, ``BlockingIOError`` where nothing has."""
        return os.splice(connection.fileno(), self._in, min(most, AT_ONCE), flags=os.SPLICE_F_NONBLOCK)

    def empty_into(self, file: UnfinishedFile, size: int) -> None:
        """Write what is in it. Raises ``OSError`` of the file."""
        while size:
            try:
                size -= os.splice(self._out, file.begin(), size)
            except OSError as error:
                if error.errno not in _NO_PIPE:
                    raise
                data = os.read(self._out, size)  # a file system that takes nothing from pipes
                file.write([data])
                size -= len(data)


def _pipe() -> _Pipe:
    """The pipe of this thread."""
    found: _Pipe | None = getattr(_own, "pipe", None)
    if found is None:
        found = _own.pipe = _Pipe()
    return found
