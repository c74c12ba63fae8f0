"""One request and its answer, as an ASGI application sees them (https://asgi.readthedocs.io/en/stable/specs/www.html)."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, Protocol, cast

from litestar.types import HTTPReceiveMessage, HTTPScope, Message

from gateway.surfaces.watch import ON_LEAVE
from registry.artifacts.body import POUR
from registry.artifacts.transfer import SEND_FILE
from server.http.pouring import CAN_POUR, Pour
from server.http.sending import FileSend
from storage.threads import in_thread
from storage.unfinished import UnfinishedFile

__all__ = ("Connection", "Cycle")

_CHUNKED: Final = b"transfer-encoding: chunked\r\n"
_CLOSE: Final = b"connection: close\r\n"
_STAY: Final = b"connection: keep-alive\r\n"
"""For clients of HTTP/1.0, which take an answer for whole at the end of the connection unless they are told that it stays (RFC 9112 appendix C.2.2)."""

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"
_STATUS_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}".encode() for status in HTTPStatus}
_BREAKS: Final = b"\r\n\0"
_BODYLESS: Final = frozenset({204, 304})
_NEVER: Final = float("inf")


class Connection(Protocol):
    """What a cycle needs of its connection."""

    @property
    def date(self) -> bytes:
        """A whole ``Date`` header line."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes, now or when the network takes them."""
        ...

    def writable(self) -> asyncio.Future[None] | None:
        """A future that is done when the network takes more or the client is gone; ``None`` when it takes more now."""
        ...

    def consumed(self) -> None:
        """Note that there is room in the buffer of the request's body, and that more of it is wanted."""
        ...

    def lend(self) -> socket.socket:
        """The client's socket, for whoever moves bytes past us. Raises ``OSError`` when no more descriptors can be open."""
        ...

    def hold(self) -> None:
        """Read nothing more, since somebody else does, until ``take_back``."""
        ...

    async def flushed(self) -> None:
        """Wait until all that was written is on its way, or the client is gone."""
        ...

    def take_back(self, cycle: "Cycle", *, whole: bool) -> None:
        """Note that nobody else reads any more. ``whole``: all of the body was read."""
        ...

    def finished(self, cycle: "Cycle") -> None:
        """Note that the answer is whole."""
        ...


class Cycle:
    """``receive`` and ``send`` of one request."""

    __slots__ = (
        "_answered",
        "_body",
        "_chunked",
        "_connection",
        "_continue",
        "_file",
        "_headers",
        "_leaving",
        "_pour",
        "_told",
        "_waiter",
        "buffered",
        "complete",
        "gone",
        "keep_alive",
        "more",
        "scope",
        "started",
        "status",
        "task",
    )

    def __init__(self, connection: Connection, scope: HTTPScope, *, keep_alive: bool, expects: bool) -> None:
        self.scope = scope
        self.keep_alive = keep_alive
        self.more = True
        """Whether bytes of the request's body are still to come from the network."""
        self.buffered = 0
        self.gone = self.started = self.complete = False
        self.status = 0
        self.task: asyncio.Task[None] | None = None
        """What answers it, while it does."""
        self._connection = connection
        self._continue = expects
        self._body: deque[bytes] = deque()
        self._told = False
        self._answered = self._chunked = False
        self._headers: Any = ()
        self._waiter: asyncio.Future[None] | None = None
        self._leaving: Callable[[], None] | None = None
        self._pour: Pour | None = None
        self._file: FileSend | None = None
        extensions: dict[str, Any] = {ON_LEAVE: self.on_leave, SEND_FILE: {}}
        if CAN_POUR:
            extensions[POUR] = self.pour
        scope["extensions"] = extensions

    def on_leave(self, callback: Callable[[], None] | None) -> None:
        """Call ``callback``, once, when the client is gone before its answer is whole; ``None`` takes it back."""
        self._leaving = callback

    def feed(self, data: bytes) -> None:
        """Take bytes of the body."""
        self._body.append(data)
        self.buffered += len(data)
        self.wake()

    def ended(self) -> None:
        """Note that the body is whole."""
        self.more = False
        self.wake()

    def leave(self) -> None:
        """Note that the client is gone."""
        self.gone = True
        if self._leaving is not None and not self.complete:
            self._leaving()
        for moved in (self._pour, self._file):
            if moved is not None:
                moved.stop()
        self.wake()

    def wake(self) -> None:
        """Wake ``receive``, since something has happened that it may wait for."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self) -> HTTPReceiveMessage:
        """The body as it comes. After the end of the body and of the answer, wait for the client to leave."""
        while True:
            if self.gone or self.complete:
                return {"type": "http.disconnect"}
            if self._body or not (self.more or self._told):
                return {"type": "http.request", "body": self._taken(), "more_body": self.more}
            self._go_on()
            if self.more:
                self._connection.consumed()
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    async def pour(self, file: UnfinishedFile, size: int) -> bool:
        """Move the body into a file: see ``registry.artifacts.body.POUR``."""
        if self.gone:
            return False
        if self._continue:  # a client that asks first hears first that there is no room for it
            await in_thread(file.begin)
        self._go_on()
        come = tuple(self._body)
        left = size - self.buffered
        self._body.clear()
        self.buffered = 0
        whole = False
        try:
            self._connection.hold()
            with self._connection.lend() as connection:
                self._pour = Pour(connection, file, come, left)
                self._told = whole = await self._pour.run()
        finally:
            self._pour = None
            self._connection.take_back(self, whole=whole)
        return whole

    @property
    def waits_since(self) -> float:
        """Since when, by the loop's clock, nothing comes of a body that is moved into a file."""
        return _NEVER if self._pour is None else self._pour.waiting_since

    @property
    def stuck_since(self) -> float:
        """Since when, by the loop's clock, the client takes nothing of a file that it is sent."""
        return _NEVER if self._file is None else self._file.waiting_since

    async def send(self, message: Message) -> None:
        """Take the answer's head, then its body. What is sent to a client that is gone, or after the end, is dropped."""
        if message["type"] == "http.response.start":
            self.status, self._headers = message["status"], message["headers"]
            self._answered = True
        elif message["type"] == "http.response.body":
            if not self._answered:
                raise RuntimeError("a body was sent before its head")
            if not (self.gone or self.complete):
                self._send_body(message.get("body", b""), more=message.get("more_body", False))
                if (writable := self._connection.writable()) is not None:
                    await writable
        elif cast("str", message["type"]) == SEND_FILE and not (self.gone or self.complete):
            await self._send_file(cast("Any", message))

    def _go_on(self) -> None:
        """Tell a client that asked first that its body is wanted (RFC 9110 section 10.1.1)."""
        if self._continue:
            self._continue = False
            self._connection.write(_CONTINUE)

    def _taken(self) -> bytes:
        body = self._body
        data = body.popleft() if len(body) == 1 else b"".join(body)
        body.clear()
        self.buffered = 0
        self._told = not self.more
        if self.more:
            self._connection.consumed()
        return data

    def _send_body(self, body: bytes, *, more: bool) -> None:
        head = b"" if self.started else self._head(body, more=more)
        self.started = True
        if self.scope["method"] == "HEAD" or self.status in _BODYLESS:
            data = head
        elif self._chunked:
            data = b"".join((head, b"%x\r\n%b\r\n" % (len(body), body) if body else b"", b"" if more else _LAST_CHUNK))
        else:
            data = head + body
        if data:
            self._connection.write(data)
        if not more:
            self.complete = True
            self._connection.finished(self)

    async def _send_file(self, message: dict[str, Any]) -> None:
        """A part of a file as the whole body, whose length the head tells."""
        with self._connection.lend() as connection:
            await self._connection.flushed()
            if self.gone:
                return
            head = self._head(b"", more=True)
            self.started = True
            self._file = FileSend(connection, head, message["file"].fileno(), message["offset"], message["count"])
            try:
                whole = await self._file.run()
            finally:
                self._file = None
        if whole:
            self.complete = True
            self._connection.finished(self)

    def _head(self, body: bytes, *, more: bool) -> bytes:
        """Status line and headers. The length is told where it is known; where it is not the body goes in chunks, or ends with the connection."""
        lines = [_STATUS_LINES.get(self.status) or b"HTTP/1.1 %d " % self.status, *map(b": ".join, self._headers), b""]
        block = b"\r\n".join(lines)
        if len(block) - len(block.translate(None, _BREAKS)) != 2 * (len(lines) - 1):
            raise ValueError("a response header holds a line break")
        # Not ``in``, which takes bytes for a number first, and makes an exception of each that is none.
        names = block.lower()
        if names.find(b"\ncontent-length:") < 0 and self.status not in _BODYLESS:
            if not more:
                block += b"content-length: %d\r\n" % len(body)
            elif self.scope["http_version"] == "1.1":
                self._chunked = True
                block += _CHUNKED
            else:
                self.keep_alive = False
        told = names.find(b"\nconnection:") >= 0
        if self.more or told:  # a request that is not read to its end cannot be followed by another
            self.keep_alive = False
        closing = b"" if told else self._connection_line()
        return b"".join((block, b"" if names.find(b"\ndate:") >= 0 else self._connection.date, closing, b"\r\n"))

    def _connection_line(self) -> bytes:
        """What becomes of the connection, where it is not as the client's version of HTTP takes for granted (RFC 9112 section 9.3)."""
        if not self.keep_alive:
            return _CLOSE
        return _STAY if self.scope["http_version"] == "1.0" else b""
