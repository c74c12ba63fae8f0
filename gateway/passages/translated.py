"""An answer of one dialect, read as if it had come in another."""

from collections.abc import Iterable
from typing import Final

from typing_extensions import override

from gateway.dialects.collect import Collector, events_of
from gateway.dialects.failures import request_id
from gateway.dialects.types import (
    ClientDialect,
    DialectName,
    Ended,
    Event,
    EventReader,
    EventWriter,
    Failed,
    Failure,
    Request,
    Tokens,
    UpstreamDialect,
    Written,
)
from gateway.errors import UpstreamBroken
from gateway.passages.restoring import EventRestorer, restored
from gateway.types import Headers, Upstream
from gateway.wire.headers import is_events

__all__ = ("TranslatedUpstream",)

_REQUEST_IDS: Final = {DialectName.ANTHROPIC: b"request-id"}
"""Under which header a dialect's SDK looks for the vendor's name of a request; ``x-request-id`` for all others."""


class TranslatedUpstream(Upstream):
    """Implements ``gateway.types.Upstream``. An error that the target tells within its stream is raised, and kept in ``failure``."""

    def __init__(self, answer: Upstream, target: UpstreamDialect, client: ClientDialect, request: Request, written: Written) -> None:
        self._streams = answer.status < 400 and request.stream
        self._framed = is_events(answer.headers)
        self.status = answer.status
        self.headers: Headers = _headers(answer.headers, client, streams=self._streams)
        self.failure: Failure | None = None
        self._answer = answer
        self._target, self._client = target, client
        self._request, self._written = request, written
        self._collector = Collector()
        self._restorer = EventRestorer(written)
        self._reader: EventReader = target.stream_reader()
        self._writer: EventWriter = client.stream_writer(request)
        self._over = False

    @property
    def tokens(self) -> Tokens | None:
        """What the target has counted so far."""
        return self._collector.answer().tokens

    @override
    async def read(self) -> bytes:
        body = await self._answer.read()
        if self.status >= 400:
            return self._client.write_error(self._target.read_error(self.status, self._answer.headers, body))
        answer = restored(self._target.read_answer(body), self._written)
        for event in events_of(answer):
            self._collector.add(event)
        return self._client.write_answer(answer, self._request)

    @override
    async def next_chunk(self) -> bytes | None:
        while not self._over:
            if self.failure is not None:
                raise UpstreamBroken(f"The provider reported an error: {self.failure.message}")
            try:
                told = await self._next()
            except RecursionError as error:
                raise UpstreamBroken("The provider's answer is nested too deeply to be read.") from error
            if told:
                return told
        return None

    def fail(self, failure: Failure) -> bytes:
        """What ends the stream as a broken one."""
        return self._writer.fail(failure)

    @override
    async def close(self) -> None:
        await self._answer.close()

    async def _next(self) -> bytes:
        if not self._framed:
            return await self._told_at_once()
        chunk = await self._answer.next_chunk()
        if chunk is not None:
            return self._told(self._restorer.restore(self._reader.feed(chunk)))
        told = self._told(self._restorer.restore(self._reader.end()))
        self._over = self.failure is None
        return told + self._ending()

    async def _told_at_once(self) -> bytes:
        """A server that was asked for a stream and gave a whole answer."""
        self._over = True
        answer = restored(self._target.read_answer(await self._answer.read()), self._written)
        return self._told(events_of(answer))

    def _told(self, events: Iterable[Event]) -> bytes:
        pieces: list[bytes] = []
        for event in events:
            if self._collector.ended or self.failure is not None:
                break
            self._collector.add(event)
            match event:
                case Failed(failure):
                    self.failure = failure
                case Ended():
                    pieces.append(self._writer.end())
                case _:
                    pieces.append(self._writer.write(event))
        return b"".join(pieces)

    def _ending(self) -> bytes:
        """The end of a stream without its own end mark. Raises ``UpstreamBroken`` for one that was not through."""
        if self._collector.ended or self.failure is not None:
            return b""
        if not self._collector.complete:
            raise UpstreamBroken("The provider ended its stream before the answer was whole.")
        return self._writer.end()


def _headers(headers: Headers, client: ClientDialect, *, streams: bool) -> Headers:
    kept = [(name, value) for name, value in headers if name not in {b"content-type", b"x-request-id", b"request-id"}]
    named = request_id(headers)
    if named is not None:
        kept.append((_REQUEST_IDS.get(client.name, b"x-request-id"), named.encode("latin-1")))
    return [(b"content-type", client.content_type.encode() if streams else b"application/json"), *kept]
