"""Streams whose model is silent for long: something that clients skip is sent meanwhile, since proxies cut connections on which nothing moves.

It is sent between events alone, and to the client alone: spans, caches and counts of tokens never see it.
"""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Self, cast

from litestar.types import Message, Send
from msgspec.structs import replace

from gateway.dialects.collect import events_of
from gateway.dialects.table import CLIENT_DIALECTS, UPSTREAM_DIALECTS
from gateway.dialects.types import ClientDialect, DialectName, Request
from gateway.errors import GatewayError
from gateway.heads import head_of
from gateway.types import Headers, Inbound, Operation

__all__ = ("KeepAlive", "kept_alive")

_EVENT_ENDS: Final = (b"\n\n", b"\r\n\r\n", b"\r\r")
_LONGEST_END: Final = 4
_LARGE: Final = 16 * 1024


def kept_alive(send: Send, inbound: Inbound, seconds: float) -> AbstractContextManager[tuple[Send, Inbound]]:
    """What to send to and what to ask: ``send`` and ``inbound``, watched by a clock where the answer may be a stream.

    ``seconds`` as in the settings; 0 watches nothing. Nothing is put among bytes that are promised to pass as they are.
    """
    if seconds > 0 and inbound.operation is not Operation.PASSTHROUGH and _may_stream(inbound):
        return KeepAlive(send, inbound, seconds)
    return nullcontext((send, inbound))


def _may_stream(inbound: Inbound) -> bool:
    """Whether a request may be answered by a stream. A large body may: searching it would cost more than a clock."""
    return inbound.stream or len(inbound.body) > _LARGE or inbound.body.find(b'"stream"') >= 0


class KeepAlive:
    """Implements ASGI's ``send`` for one request, while it is entered.

    Where nothing of a stream has come for long, the answer is begun here: its status is 200 then, and what would have been another status
    is told by an event.
    """

    def __init__(self, send: Send, inbound: Inbound, seconds: float) -> None:
        self._send = send
        self._inbound = inbound
        self._seconds = seconds
        self._dialect = CLIENT_DIALECTS[_dialect(inbound)]
        self._loop = asyncio.get_running_loop()
        self._moved = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._pulse: asyncio.Task[None] | None = None
        self._sending = self._started = self._begun_here = False
        self._trace_id = ""
        self._whole: dict[str, Any] | None = None
        self._tail = b"\n\n"

    def __enter__(self) -> tuple[Self, Inbound]:
        """Begin to watch the clock. The request tells which trace it is, which a head that is sent early says."""
        self._timer = self._loop.call_later(self._seconds, self._look)
        return self, replace(self._inbound, traced=self._traced)

    def __exit__(self, *_: object) -> None:
        """The answer is over, or nobody waits for it."""
        self._stop()
        if self._pulse is not None:
            self._pulse.cancel()

    async def __call__(self, message: Message) -> None:
        """Implements ASGI's ``send``."""
        self._sending = True
        try:
            if self._pulse is not None:
                await self._pulse  # bytes of two must not mix
            await self._forward(cast("dict[str, Any]", message))
        finally:
            self._sending = False
            self._moved = self._loop.time()

    async def _forward(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            await self._head(message)
        elif self._whole is not None:
            told = as_events(self._inbound, self._whole["status"], self._whole["headers"], message["body"])
            await self._send(cast("Message", {**message, "body": told}))
        else:
            body = message["body"]
            self._tail = body if len(body) >= _LONGEST_END else (self._tail + body)[-_LONGEST_END:]
            await self._send(cast("Message", message))

    async def _head(self, message: dict[str, Any]) -> None:
        events = _is_events(message["headers"])
        if not events:
            self._stop()
        if self._begun_here:
            self._whole = None if events else message
            return
        self._started = True
        await self._send(cast("Message", message))

    def _traced(self, trace_id: str) -> None:
        self._trace_id = trace_id

    def _look(self) -> None:
        """Send something if nothing else was for long enough, and look again when it may be so next."""
        wait = self._moved + self._seconds - self._loop.time()
        if wait <= 0:
            wait = self._seconds
            if not self._started and not _asks_for_stream(self._inbound):
                return
            if not self._sending and self._pulse is None:
                self._pulse = self._loop.create_task(self._send_pulse())
        self._timer = self._loop.call_later(wait, self._look)

    async def _send_pulse(self) -> None:
        if not self._started:
            self._started = self._begun_here = True
            headers = [
                (b"content-type", self._dialect.content_type.encode()),
                (b"cache-control", b"no-cache"),
                (b"x-accel-buffering", b"no"),
                (b"x-tidegate-trace-id", self._trace_id.encode()),
            ]
            await self._send(cast("Message", {"type": "http.response.start", "status": 200, "headers": headers}))
        if self._tail.endswith(_EVENT_ENDS):
            await self._send({"type": "http.response.body", "body": self._dialect.keep_alive, "more_body": True})
        self._pulse = None

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def as_events(inbound: Inbound, status: int, headers: Headers, body: bytes) -> bytes:
    """A whole answer, or an error, as the events of a stream that has begun already."""
    client, vendor = CLIENT_DIALECTS[_dialect(inbound)], UPSTREAM_DIALECTS[_dialect(inbound)]
    if status >= 400:
        return client.error_event(vendor.read_error(status, headers, body))
    writer = client.stream_writer(_request(client, inbound))
    return b"".join(map(writer.write, events_of(vendor.read_answer(body)))) + writer.end()


def _dialect(inbound: Inbound) -> DialectName:
    """Completions have no word of their own at a surface: they are OpenAI's as its chats are."""
    return DialectName.OPENAI_COMPLETIONS if inbound.operation is Operation.COMPLETIONS else inbound.dialect


def _request(client: ClientDialect, inbound: Inbound) -> Request:
    """The request, as far as a stream's writer must know it: what passed as it was may say more than can be read here."""
    try:
        return client.read_request(inbound.body)
    except GatewayError:
        return Request(model=head_of(inbound).model, messages=(), stream=True)


def _asks_for_stream(inbound: Inbound) -> bool:
    """Whether a stream will come, if all goes well."""
    if inbound.operation not in {Operation.CHAT, Operation.COMPLETIONS} or inbound.resource is not None:
        return False
    try:
        return bool(head_of(inbound).stream)
    except GatewayError:
        return False


def _is_events(headers: Headers) -> bool:
    """Whether events can be put between those of the answer: not where they are compressed."""
    names = dict(headers)
    return names.get(b"content-type", b"").startswith(b"text/event-stream") and b"content-encoding" not in names
