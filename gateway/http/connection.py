"""One connection: a request is written, its answer arrives as the network brings it.

Not for several requests at once; the pool sees to that. Time limits are looked at from outside (``overdue``), so that a wait costs no timer.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Final, cast

import httptools
from typing_extensions import override

from config.schema import TimeoutSettings
from gateway.http.errors import Broken, HttpError, Overdue
from gateway.types import Headers

__all__ = ("Connection",)

_HIGH_WATER: Final = 256 * 1024
"""Bytes that wait for a slow client before the upstream is asked to wait too."""

_LARGEST_HEAD: Final = 64 * 1024
_LARGEST_WHOLE: Final = 512 * 1024 * 1024
"""Bytes of an answer that is read whole, into memory. Files go on as they arrive."""


_RACE_SECONDS: Final = 1.0
"""In which the news reaches us that an idle connection was closed while a request was on its way."""

_NEVER: Final = float("inf")


class Connection(asyncio.Protocol):
    """Life: ``send``, then ``read`` or ``next_chunk`` until the end, then ``send`` again while ``reusable``; ``abort`` at any moment."""

    def __init__(self, timeouts: TimeoutSettings, lost: Callable[["Connection"], None]) -> None:
        self.status = 0
        self.headers: Headers = []
        self.complete = True
        self.closed = False
        self.idle_since = 0.0
        self._timeouts = timeouts
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._due = self._total_due = _NEVER
        self._sent_at = 0.0
        self._parsed = False
        """Whether the parser has come to the end of an answer, so that it can go on with the next."""

        self._keep = False
        self._head_seen = False
        self._delimited = False
        self._head_bytes = 0
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._paused = self._full = self._cut = False
        self._error: HttpError | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def send(self, request: bytes, rest: AsyncIterator[bytes] | None = None) -> None:
        """Write a request, whose first word is its method, and wait for the head of its answer: ``status`` and ``headers``. Raises ``HttpError``.

        ``rest`` is what is left of its body. Its errors are raised as they are.
        """
        if not self._parsed:
            self._parser = httptools.HttpResponseParser(self)
        self._parsed = False
        self.status, self.headers, self._head_bytes = 0, [], 0
        self.complete = self._keep = self._head_seen = self._delimited = False
        self._bodyless = request.startswith(b"HEAD ")
        now = self._loop.time()
        self._sent_at = now
        self._due, self._total_due = now + self._timeouts.first_byte, now + self._timeouts.total
        if self.closed:
            raise Broken("the connection was closed by the upstream")
        self._transport.write(request)
        if rest is not None:
            await self._send_rest(rest)
        while not self._head_seen:
            await self._news()

    async def next_chunk(self) -> bytes | None:
        """The bytes that have arrived, at least one; ``None`` at the end. Raises ``HttpError``; what arrived before comes first."""
        while not self._chunks:
            if self.complete:
                return None
            await self._news()
        return self.take()

    async def read(self) -> bytes:
        """All that is left of the body. Raises ``HttpError``."""
        taken: list[bytes] = []
        size = 0
        while not self.complete:
            if self._paused:
                taken.append(self.take())
                size += len(taken[-1])
                if size > _LARGEST_WHOLE:
                    raise Broken(f"more than {_LARGEST_WHOLE} bytes of an answer that is no stream")
            await self._news()
        if not taken:
            return self.take()
        return b"".join([*taken, self.take()])

    def take(self) -> bytes:
        """What has come of the body and was not taken yet: all that is left of it, once the answer is ``complete``."""
        chunks = self._chunks
        data = chunks.popleft() if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self._buffered = 0
        if self._paused:
            self._paused = False
            self._due = self._loop.time() + self._timeouts.between_chunks
            if not self.closed:
                self._transport.resume_reading()
        return data

    @property
    def reusable(self) -> bool:
        """Whether another request may follow. Not before all of the answer was taken: what is left of one would begin the next."""
        return self.complete and self._keep and not self._chunks and not self.closed and not self._cut

    def untouched(self) -> bool:
        """Whether nothing of an answer came, and the end so soon that the upstream had closed before it saw the request.

        Later it may have read it, begun to work and died of it: to ask again would be paid twice.
        """
        return not self._head_seen and self._head_bytes == 0 and self._loop.time() - self._sent_at < _RACE_SECONDS

    def overdue(self, now: float) -> None:
        """Break off when a clock has run out: whoever waits gets ``Overdue``."""
        if now >= self._total_due:
            self._break(Overdue("total", self._timeouts.total))
        elif now >= self._due and not self._paused:
            clock = "between_chunks" if self._head_seen else "first_byte"
            self._break(Overdue(clock, getattr(self._timeouts, clock)))

    def rest(self) -> None:
        """The answer was read to its end, and the connection waits for the next request."""
        self._due = self._total_due = _NEVER
        self.idle_since = self._loop.time()

    def abort(self) -> None:
        """Hang up at once."""
        self._break(Broken("the request was given up"))

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        if self.complete:  # nothing was asked
            self._break(Broken("the upstream spoke unasked"))
            return
        self._due = self._loop.time() + self._timeouts.between_chunks
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._break(Broken(f"the upstream's answer is no HTTP/1.1 ({type(error).__name__})"))

    @override
    def pause_writing(self) -> None:
        self._full = True

    @override
    def resume_writing(self) -> None:
        self._full = False
        self._wake()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if not self.complete:
            if exc is None and self._head_seen and not self._delimited:  # RFC 9112 section 6.3: the end of the connection is the end
                self.complete = True
                self._wake()
            else:
                self._break(Broken("the upstream closed the connection"))
        self._lost(self)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """An answer begins; a second one to the same request is none (and may be an attempt to answer the next)."""
        if self._head_seen:
            raise Broken("the upstream spoke unasked")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; also one of the trailers, which are counted and left out."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > _LARGEST_HEAD:
            raise Broken(f"more than {_LARGEST_HEAD} bytes of headers")
        if not self._head_seen:
            name = name.lower()
            self.headers.append((name, value))
            if name in _DELIMITERS:
                self._delimited = True

    def on_headers_complete(self) -> None:
        """The head is there, unless it is that of an interim answer (RFC 9110 section 15.2)."""
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self.headers, self._delimited = [], False
            return
        if self._bodyless:  # RFC 9112 section 6.3: whatever the headers say
            self.complete = True
        self._head_seen = True
        self._wake()

    def on_body(self, body: bytes) -> None:
        """Bytes of the body."""
        self._chunks.append(body)
        self._buffered += len(body)
        if self._buffered > _HIGH_WATER and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._head_seen:
            self.complete = self._parsed = True
            self._keep = self._parser.should_keep_alive()
            self._wake()

    async def _send_rest(self, rest: AsyncIterator[bytes]) -> None:
        """As fast as the upstream takes it. An answer that is there before the end of the body, which is a refusal as a rule, is the end of sending.

        While bytes of the client are waited for it is not the upstream that is slow.
        """
        self._cut = True
        self._due = _NEVER
        async for piece in rest:
            if self._head_seen or self._error is not None:
                return
            self._transport.write(piece)
            while self._full and not self._head_seen:
                self._due = self._loop.time() + self._timeouts.first_byte
                await self._news()
            self._due = _NEVER
        self._cut = False
        self._due = self._loop.time() + self._timeouts.first_byte

    async def _news(self) -> None:
        """Wait until something has happened. Raises what broke the connection."""
        if self._error is not None:
            raise self._error
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self._error is not None and not self._chunks:
            raise self._error

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _break(self, error: HttpError) -> None:
        """The first reason stays. An answer that is whole stays one, whatever follows: nothing is asked on this connection again."""
        self._keep = False
        if self._error is None and not self.complete:
            self._error = error
        self._due = self._total_due = _NEVER
        self._wake()
        self._transport.abort()


_DELIMITERS: Final = frozenset({b"content-length", b"transfer-encoding"})
