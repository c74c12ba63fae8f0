"""A large body on its way from a socket into a file: moved by threads, in large pieces, past the event loop.

Through the loop a piece is an object of 64 to 256 KB, copied twice more and handed from thread to thread. Why this is worth a way of its own:
docs/decisions/0015-uploads-past-the-loop.md. No thread waits for a client: when nothing is there, the loop does.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from storage.threads import in_thread

__all__ = ("Pour",)

AT_ONCE: Final = 1024 * 1024
"""Bytes of a thread's buffer. Smaller ones cost more system calls; larger ones have left the processor's cache when they are written."""

THREADS: Final = 4
"""More than these would only wait for the disk. What they hold, one buffer each, is all that uploads take of memory."""

TURN_SECONDS: Final = 0.1
"""After which a thread takes the next upload that waits for one."""

_NEVER: Final = float("inf")
_threads: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="upload")
_own: Final = threading.local()


class Pour:
    """One body on its way from ``connection``, a socket that does not block, to ``file``, a descriptor. Both are closed by the caller."""

    def __init__(self, connection: socket.socket, file: int, first: Sequence[bytes], left: int) -> None:
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
        """Move the whole body. ``False``: the client left before its end. Raises ``OSError`` of the file.

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
        for piece in first:
            _write(self._file, memoryview(piece))
        buffer = _buffer()
        until = time.monotonic() + TURN_SECONDS
        while self._left and not self._stopped and time.monotonic() < until:
            size = self._filled(buffer)
            if not size:
                return
            _write(self._file, buffer[:size])
            self._left -= size

    def _filled(self, buffer: memoryview) -> int:
        """Take what is there; 0 when nothing is, or never will be."""
        wanted = min(self._left, len(buffer))
        size = 0
        while size < wanted:
            try:
                got = self._connection.recv_into(buffer[size:wanted])
            except BlockingIOError:
                break
            except OSError:
                got = 0
            if not got:
                self._stopped = True
                return 0
            size += got
        return size


def _buffer() -> memoryview:
    found = getattr(_own, "buffer", None)
    if found is None:
        found = _own.buffer = memoryview(bytearray(AT_ONCE))
    return found


def _write(file: int, data: memoryview) -> None:
    while data:
        data = data[os.write(file, data) :]
