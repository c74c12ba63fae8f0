"""One connection of a client: requests one after the other, answers in the same order."""

import asyncio
import logging
import socket
from collections import deque
from typing import Final, cast

from litestar.types import ASGIApp, HTTPScope
from typing_extensions import override

from server.http.cycle import Cycle
from server.http.proxies import behind
from server.http.reader import Address, BadRequest, RequestReader
from server.http.shared import Shared

__all__ = ("HttpProtocol",)

logger = logging.getLogger(__name__)

HIGH_WATER: Final = 256 * 1024
"""Bytes of a body that wait for the application before the client is asked to wait too."""

MOST_PIPELINED: Final = 32
"""Requests that wait for an earlier one on the same connection before nothing more is read."""

MOST_AHEAD: Final = 512
"""Of those that came in one piece with them, which could hold some nine hundred."""

_NEVER: Final = float("inf")


class HttpProtocol(asyncio.BufferedProtocol):
    """Implements ``server.http.cycle.Connection`` and ``server.http.reader.Receiver``."""

    def __init__(self, app: ASGIApp, shared: Shared) -> None:
        self._app = app
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        self._cycle: Cycle | None = None
        self._incoming: Cycle | None = None
        self._pipelined: deque[Cycle] = deque()
        self._reading = True
        self._drained: asyncio.Future[None] | None = None
        self._lingering = False
        self._refusal: BadRequest | None = None
        self._stuck_since = _NEVER
        self.deadline = _NEVER

    @property
    def date(self) -> bytes:
        """See ``Connection.date``."""
        return self._shared.date

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        client = _address(transport.get_extra_info("peername"))
        if client is not None and self._shared.proxies.trust(client[0]):  # once: requests of all others cost what they did
            self._app = behind(self._app, self._shared.proxies)
        self._requests = RequestReader(self, client, _address(transport.get_extra_info("sockname")))
        self.deadline = self._loop.time() + self._shared.head_seconds
        self._shared.connections.add(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._shared.connections.discard(self)
        for cycle in (self._cycle, *self._pipelined):
            if cycle is not None:
                cycle.leave()
        self.resume_writing()

    @override
    def get_buffer(self, sizehint: int) -> memoryview:
        return self._shared.head_buffer if self._incoming is None else self._shared.buffer

    @override
    def buffer_updated(self, nbytes: int) -> None:
        self._read(self._shared.buffer[:nbytes])

    def _read(self, data: memoryview) -> None:
        if self._lingering or self._refusal is not None:
            return
        if self._incoming is None and not self._requests.within and self._cycle is None:
            self.deadline = self._loop.time() + self._shared.head_seconds
        try:
            self._requests.feed(data)
        except BadRequest as error:
            self._refuse(error)
        if self._incoming is not None:
            self.deadline = self._loop.time() + self._shared.body_seconds

    @override
    def pause_writing(self) -> None:
        if self._drained is None:
            self._drained = self._loop.create_future()
            self._stuck_since = self._loop.time()

    @override
    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        self._stuck_since = _NEVER
        if drained is not None and not drained.done():
            drained.set_result(None)

    def write(self, data: bytes) -> None:
        """See ``Connection.write``."""
        self._transport.write(data)

    def writable(self) -> asyncio.Future[None] | None:
        """See ``Connection.writable``."""
        return None if self._drained is None else asyncio.shield(self._drained)

    def consumed(self) -> None:
        """See ``Connection.consumed``."""
        self._read_on()

    def lend(self) -> socket.socket:
        """See ``Connection.lend``."""
        return cast("socket.socket", self._transport.get_extra_info("socket").dup())

    def hold(self) -> None:
        """See ``Connection.hold``."""
        self._pause_reading()

    async def flushed(self) -> None:
        """See ``Connection.flushed``."""
        if self._transport.get_write_buffer_size():
            self._transport.set_write_buffer_limits(0)
            if (writable := self.writable()) is not None:
                await writable
            if not self._transport.is_closing():
                self._transport.set_write_buffer_limits()

    def take_back(self, cycle: Cycle, *, whole: bool) -> None:
        """See ``Connection.take_back``."""
        if whole and self._incoming is cycle:
            self._requests.skip_body()
        self._read_on()

    def finished(self, cycle: Cycle) -> None:
        """See ``Connection.finished``: the next request, or the end of the connection."""
        if self._cycle is not cycle:
            return
        self._cycle = None
        if not cycle.keep_alive or self._shared.stopping:
            self._end(unread=cycle.more)
        elif self._pipelined:
            self._start(self._pipelined.popleft())
        elif self._refusal is not None:
            self._tell(self._refusal)
        else:
            self.deadline = self._loop.time() + self._shared.idle_seconds
        self._read_on()

    def overdue(self, now: float) -> None:
        """Hang up when the clock has run out: for a head, a body, the next request, the last bytes of one that was refused, or for a client to read on."""
        if now >= self._takes_nothing_since() + self._shared.stuck_seconds or (now >= self.deadline and self._incoming is None):
            self._transport.abort()
        elif (now >= self.deadline and self._reading) or self._pours_nothing(now):
            # A body that the application does not take is not the client's delay.
            self._refuse(BadRequest(408, f"nothing of the request's body came for {self._shared.body_seconds:g} s"))

    def _takes_nothing_since(self) -> float:
        return self._stuck_since if self._cycle is None else min(self._stuck_since, self._cycle.stuck_since)

    def _pours_nothing(self, now: float) -> bool:
        return self._incoming is not None and now >= self._incoming.waits_since + self._shared.body_seconds

    def stop(self) -> None:
        """Answer what is being answered, and nothing after it."""
        if self._cycle is None:
            self._transport.close()
        else:
            self._cycle.keep_alive = False

    def abort(self) -> None:
        """Hang up at once."""
        self._transport.abort()

    def head_came(self, scope: HTTPScope, *, keep_alive: bool, expects: bool, large: bool) -> None:
        """See ``Receiver.head_came``: the application may begin."""
        if len(self._pipelined) >= MOST_AHEAD:
            raise BadRequest(429, f"{MOST_AHEAD} requests are sent ahead of their answers; wait for some")
        cycle = self._incoming = Cycle(self, scope, keep_alive=keep_alive, expects=expects)
        self.deadline = _NEVER
        if large:  # whoever wants it may take it past us, the sooner the more of it
            self._pause_reading()
        if self._cycle is None:
            self._start(cycle)
            return
        self._pipelined.append(cycle)
        if len(self._pipelined) >= MOST_PIPELINED:
            self._pause_reading()

    def body_came(self, body: bytes) -> None:
        """See ``Receiver.body_came``."""
        cycle = self._incoming
        if cycle is not None:
            cycle.feed(body)
            if cycle.buffered > HIGH_WATER:
                self._pause_reading()

    def request_ended(self) -> None:
        """See ``Receiver.request_ended``."""
        if self._incoming is not None:
            self._incoming.ended()
            self._incoming = None
            self.deadline = _NEVER

    def _start(self, cycle: Cycle) -> None:
        self._cycle = cycle
        task = self._loop.create_task(self._run(cycle))
        cycle.task = task
        self._shared.tasks.add(task)

    async def _run(self, cycle: Cycle) -> None:
        """An application that fails before its answer has begun is answered for; later, the broken connection says that the answer is not whole."""
        try:
            await self._app(cycle.scope, cycle.receive, cycle.send)
        except Exception as error:
            if cycle.gone:  # what an application makes of a client that leaves half-way is nobody's fault
                logger.info("a request failed whose client had left (%s)", type(error).__name__)
                return
            logger.exception("a request failed")
            if not cycle.started:
                await self._fail(cycle)
        finally:
            # It leads back to the cycle: a circle, which would wait for the collector with all that it holds.
            cycle.scope["extensions"] = None
            self._shared.tasks.discard(cycle.task)
            cycle.task = None
        if not (cycle.complete or cycle.gone):
            self._transport.abort()

    async def _fail(self, cycle: Cycle) -> None:
        cycle.keep_alive = False
        kind, body = self._shared.failure(cycle.scope["path"])
        await cycle.send({"type": "http.response.start", "status": 500, "headers": [(b"content-type", kind.encode())]})
        await cycle.send({"type": "http.response.body", "body": body, "more_body": False})

    def _refuse(self, error: BadRequest) -> None:
        """What comes is no request, and nothing after it can be told apart. Those before it are answered first."""
        broken, self._incoming = self._incoming, None
        if broken is not None and broken is not self._cycle:
            self._pipelined.remove(broken)
        elif broken is not None and not broken.started:
            self._cycle = None
            broken.leave()
        elif broken is not None:  # half of an answer is out: only the end is left to tell
            self._transport.abort()
            return
        self._refusal = error
        self.deadline = _NEVER
        if self._cycle is None:
            self._tell(error)

    def _tell(self, error: BadRequest) -> None:
        text = f"{error}\n".encode()
        head = b"HTTP/1.1 %d \r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self._transport.write(head % (error.status, len(text)) + text)
        self._end(unread=True)

    def _end(self, *, unread: bool) -> None:
        """Close the connection.

        What a client still sends is read and dropped for a while: the reset that would follow otherwise could cost the client the answer.
        """
        self._incoming = None
        self._pipelined.clear()
        if not unread:
            self.deadline = self._loop.time() + self._shared.stuck_seconds
            self._transport.close()
            return
        self._lingering = True
        self.deadline = self._loop.time() + self._shared.linger_seconds
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._read_on()

    def _pause_reading(self) -> None:
        if self._reading:
            self._reading = False
            self._transport.pause_reading()

    def _read_on(self) -> None:
        if not self._reading and not self._transport.is_closing() and len(self._pipelined) < MOST_PIPELINED:
            self._reading = True
            if self._incoming is not None:
                self.deadline = self._loop.time() + self._shared.body_seconds
            self._transport.resume_reading()


def _address(name: object) -> Address:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) and len(name) >= 2 else None
