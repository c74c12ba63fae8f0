"""A file on its way to a client: the system moves it from its cache into the connection, past the event loop and past our memory.

Why this is worth a way of its own, and why little of a file may lie in a connection: docs/decisions/0017-downloads-past-the-loop.md.
"""

import asyncio
import errno
import os
import socket
import time
from contextlib import suppress
from functools import cache
from typing import Final

from server.http.sender import Needs, Sender

__all__ = ("FileSend",)

AT_ONCE: Final = 1024 * 1024
"""Bytes that are looked for in the system's cache, and handed to a connection, together."""

UNSENT: Final = 128 * 1024
"""Bytes that wait in a connection for the network before it takes no more; what is under way is as much as the network bears.

Where megabytes wait, as a system allows, sixteen clients read what has left the processor's cache.
"""

_NEVER: Final = float("inf")
_MORE_FOLLOWS: Final[int] = getattr(socket, "MSG_MORE", 0)
_CACHED_ALONE: Final[int | None] = getattr(os, "RWF_NOWAIT", None)
_NOT_SO: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
"""What a file system says that hands its pages to nobody."""

_OF_FILES: Final = frozenset({errno.EIO, errno.ESTALE})


class FileSend:
    """``count`` bytes of ``file``, from ``start`` on, on their way to ``connection``, behind ``head``.

    ``file`` is a descriptor, and ``connection`` does not block; the caller closes both.
    """

    def __init__(self, connection: socket.socket, head: bytes, file: int, start: int, count: int) -> None:
        self.connection = connection
        self._head = head
        self._file = file
        self._at = self._cached_to = start
        self._end = start + count
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[bool] = self._loop.create_future()
        self._stopped = False
        self.waiting_since = _NEVER
        """Since when, by the loop's clock, the client takes nothing."""

    async def run(self) -> bool:
        """Send all of it. ``False``: the client left before its end. Raises ``OSError`` of the file, ``EOFError`` for one that ends early.

        However this ends, no thread touches the connection or the file after it.
        """
        with suppress(OSError):  # a connection that is not TCP, or a system that cannot
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        self.waiting_since = self._loop.time()
        _sender().look_at(self)
        try:
            return await asyncio.shield(self._ended)
        except asyncio.CancelledError:
            self.stop()
            while not self._ended.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([self._ended])
            self._ended.exception()  # looked at, or the loop complains that nobody did
            raise

    def stop(self) -> None:
        """The client is gone, or is not waited for any longer: end soon."""
        self._stopped = True
        _sender().look_at(self)

    # What threads do: see ``server.http.sender.Sending``.

    def step(self) -> Needs:
        """Send what the connection takes now. Raises ``OSError`` and ``EOFError`` of the file."""
        if self._stopped:
            return Needs.NOTHING
        if self._at >= self._cached_to and not self._is_cached():
            self.waiting_since = _NEVER
            return Needs.DISK
        try:
            self._send()
        except BlockingIOError:
            return Needs.CLIENT
        except OSError as error:
            if error.errno in _OF_FILES:
                raise
            return Needs.NOTHING  # the client is gone
        self.waiting_since = time.monotonic()
        return Needs.CLIENT if self._at < self._end else Needs.NOTHING

    def read(self) -> None:
        """Have the system read what comes next into its cache. Raises ``OSError``."""
        os.pread(self._file, min(AT_ONCE, self._end - self._at), self._at)
        self._cached_to = self._at + AT_ONCE
        self.waiting_since = time.monotonic()

    def end(self, error: BaseException | None) -> None:
        """Say how it ended."""
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._tell, error)

    def _send(self) -> None:
        if self._head:
            self._head = self._head[self.connection.send(self._head, _MORE_FOLLOWS) :]
        size = min(self._cached_to, self._end) - self._at
        try:
            sent = os.sendfile(self.connection.fileno(), self._file, self._at, size)
        except OSError as error:
            if error.errno not in _NOT_SO:
                raise
            sent = self.connection.send(os.pread(self._file, min(size, UNSENT), self._at))
        if not sent:
            raise EOFError(f"the file ended {self._end - self._at} bytes early")
        self._at += sent

    def _is_cached(self) -> bool:
        """Whether the system has the last of the next bytes at hand, and so, as it reads ahead, those before it."""
        if _CACHED_ALONE is not None:
            try:
                os.preadv(self._file, [bytearray(1)], min(self._at + AT_ONCE, self._end) - 1, _CACHED_ALONE)
            except OSError:  # it has not, or this file system does not say
                return False
        self._cached_to = self._at + AT_ONCE
        return True

    def _tell(self, error: BaseException | None) -> None:
        if self._ended.done():
            return
        if error is None:
            self._ended.set_result(self._at == self._end)
        else:
            self._ended.set_exception(error)


@cache
def _sender() -> Sender:
    return Sender()
