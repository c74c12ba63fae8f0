"""A form that is sent on while it arrives: files go through, and what has to wait lies in a temporary file beyond a megabyte.

What must be known of a form, its model, may stand behind its files; and a route that may ask twice must have all of it. Both are ``hold``: what was
held can be sent as often as needed, the rest of it once.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from threading import Lock
from typing import Any, Final

import msgspec

from gateway.errors import BodyTooLarge, UpstreamBroken

__all__ = ("Sending", "Span", "Upload")

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
"""The client's messages, as ASGI has them."""

IN_MEMORY: Final = 1024 * 1024
PIECE: Final = 256 * 1024


class Span(msgspec.Struct, frozen=True):
    """Bytes ``start`` to ``end`` of what is held."""

    start: int
    end: int


class Upload:
    """``length`` is what the client said of it, ``None`` when it said nothing; ``most`` bytes are taken. For use within one event loop."""

    def __init__(self, receive: Receive, length: int | None, most: int) -> None:
        self.whole = False
        """Whether all of it is held."""
        self.size = 0
        """Bytes that have come."""
        self.named: Span | None = None
        """Where the model's name stands."""
        self._receive = receive
        self._length = length
        self._most = most
        self._held: Any = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - it ends with the last that holds it
        self._reading = Lock()
        self._spent = False
        self.kept = 0
        """Bytes of it that are held."""
        if length is not None:
            self._check(length)

    async def hold(self, until: Callable[[bytes], bool] = lambda _: False) -> bool:
        """Take bytes until ``until`` says that it has seen enough, or to the end. ``False``: the client left. Raises ``BodyTooLarge``."""
        while not self.whole:
            piece = await self._next()
            if piece is None:
                return False
            if self.size > IN_MEMORY:
                await asyncio.to_thread(self._append, piece)
            else:
                self._append(piece)
            if until(piece):
                break
        return True

    def read(self) -> bytes:
        """Everything that is held, as bytes. Only for small bodies."""
        return self._at(0, -1)

    def sending(self, model: str) -> "Sending":
        """The whole body, with ``model`` in place of the name at ``named``."""
        return Sending(self, self.named, model.encode())

    @property
    def length(self) -> int | None:
        """Bytes of all of it; ``None`` where nobody knows yet."""
        return self.size if self.whole else self._length

    async def held(self, start: int, end: int) -> AsyncIterator[bytes]:
        """What is held between two offsets."""
        while start < end:
            piece = await asyncio.to_thread(self._at, start, min(PIECE, end - start))
            start += len(piece)
            yield piece

    async def rest(self) -> AsyncIterator[bytes]:
        """The bytes that still arrive; they are not held.

        Raises ``UpstreamBroken`` when they were sent already, and ``BodyTooLarge``.
        """
        if self._spent:
            raise UpstreamBroken("The upload was sent once and cannot be sent again: it was not kept.")
        while not self.whole:
            self._spent = True
            coming = await self._next()
            if coming is None:
                raise asyncio.CancelledError  # the client left, which ends the request as soon as it is seen elsewhere
            if coming:
                yield coming

    async def _next(self) -> bytes | None:
        message = await self._receive()
        if message["type"] != "http.request":
            return None
        piece: bytes = message["body"]
        self.size += len(piece)
        self._check(self.size)
        self.whole = not message["more_body"]
        return piece

    def _check(self, size: int) -> None:
        if size > self._most:
            raise BodyTooLarge(f"The body is larger than {self._most} bytes (server.max_body_bytes).")

    def _append(self, piece: bytes) -> None:
        with self._reading:
            self._held.seek(0, 2)
            self._held.write(piece)
            self.kept += len(piece)

    def _at(self, start: int, size: int) -> bytes:
        with self._reading:  # several attempts may read at once
            self._held.seek(start)
            data: bytes = self._held.read(size)
            return data


class Sending:
    """An upload on its way to one upstream, whose model has a name of its own. ``length`` is ``None`` where nobody knows it yet."""

    def __init__(self, upload: Upload, named: Span | None, model: bytes) -> None:
        self._upload = upload
        self._named = named or Span(0, 0)
        self._text = model if named is not None else b""
        length = upload.length
        self.length = None if length is None else length - (self._named.end - self._named.start) + len(self._text)

    async def whole(self) -> bytes:
        """The body as one piece, for accounts that sign it. Raises as ``Upload.rest``."""
        return b"".join([piece async for piece in self.pieces()])

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body in pieces; can be read once. Raises as ``Upload.rest``."""
        upload, kept = self._upload, self._upload.kept
        async for piece in upload.held(0, self._named.start):
            yield piece
        if self._text:
            yield self._text
        async for piece in upload.held(self._named.end, kept):
            yield piece
        async for piece in upload.rest():
            yield piece
