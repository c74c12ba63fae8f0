"""A vendor's own API, passed through: no byte is changed, and what is recognised of a generation is read from a copy for its span."""

import re
from collections.abc import Callable
from typing import Final

import msgspec
from typing_extensions import override

from gateway.dialects.failures import failure_of
from gateway.dialects.reading import decoded_answer
from gateway.dialects.table import CLIENT_DIALECTS, UPSTREAM_DIALECTS
from gateway.dialects.types import DialectName, UpstreamDialect
from gateway.errors import GatewayError
from gateway.passages.observing import EventStream, observed
from gateway.passages.resource import ResourcePassage
from gateway.providers.bedrock.stream import converse_event, invoke_event
from gateway.types import Inbound, Observation, StreamReader, Upstream
from gateway.wire.frames import Frame, FrameParser
from gateway.wire.outline import Outline

__all__ = ("PassthroughPassage", "dialect_at")

_PATHS: Final = (
    (re.compile(r"/chat/completions$"), DialectName.OPENAI_CHAT),
    (re.compile(r"/responses$"), DialectName.OPENAI_RESPONSES),
    (
        re.compile(r"/messages$|:(?:stream)?rawPredict$|anthropic\.claude[^/]*/invoke(?:-with-response-stream)?$", re.IGNORECASE),
        DialectName.ANTHROPIC,
    ),
    (re.compile(r":(?:streamG|g)enerateContent$"), DialectName.GEMINI),
    (re.compile(r"/converse(?:-stream)?$"), DialectName.BEDROCK),
    (re.compile(r"/v2/chat$"), DialectName.COHERE),
)
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_FRAMED: Final[tuple[tuple[str, Callable[[Frame], bytes]], ...]] = (
    ("/converse-stream", converse_event),
    ("/invoke-with-response-stream", invoke_event),
)


def dialect_at(path: str) -> DialectName | None:
    """The dialect of the generations that are asked for at ``path``; ``None`` where none is, or none is known."""
    bare = path.partition("?")[0]
    return next((dialect for pattern, dialect in _PATHS if pattern.search(bare) and dialect in UPSTREAM_DIALECTS), None)


class PassthroughPassage(ResourcePassage):
    """Implements ``gateway.types.Passage``."""

    def __init__(self, inbound: Inbound, model: str) -> None:
        super().__init__(inbound, model)
        self._path = "" if inbound.resource is None else inbound.resource.path.partition("?")[0]
        self._known = dialect_at(self._path)
        self._json = False

    @override
    def read_answer(self, body: bytes) -> Observation:
        if self._known is None:
            return super().read_answer(body)
        try:
            return _listed(self._known, body) if body.startswith(b"[") else observed(UPSTREAM_DIALECTS[self._known].read_answer(body))
        except GatewayError:
            return super().read_answer(body)

    @override
    def read_stream(self) -> StreamReader:
        framed = next((event for suffix, event in _FRAMED if self._path.endswith(suffix)), None)
        if self._known is not None and framed is not None:
            return _FramedStream(UPSTREAM_DIALECTS[self._known], framed)
        if self._known is not None and self._events:
            return EventStream(UPSTREAM_DIALECTS[self._known].stream_reader())
        return super().read_stream() if self._events or not self._json else _WholeAnswer(self.read_answer)

    @override
    def answered(self, upstream: Upstream) -> Upstream:
        kind = next((value for name, value in upstream.headers if name == b"content-type"), b"")
        self._json = kind.startswith(b"application/json")
        return super().answered(upstream)

    @override
    def fail(self, error: GatewayError) -> bytes:
        client = None if self._known is None else CLIENT_DIALECTS.get(self._known)
        return client.error_event(failure_of(error)) if self._events and client is not None else super().fail(error)


def _listed(dialect: DialectName, body: bytes) -> Observation:
    """A stream that came as a list, as Google's does where nobody asks for events. Raises ``UpstreamBroken``."""
    stream = EventStream(UPSTREAM_DIALECTS[dialect].stream_reader())
    for element in decoded_answer(body, _LIST, "The provider"):
        stream.feed(b"data: " + msgspec.json.format(element, indent=-1) + b"\n\n")
    return stream.observation()


class _WholeAnswer:
    """Implements ``gateway.types.StreamReader`` for an answer in JSON, which is read from what is kept of it once it is over."""

    ended = False
    complete = True

    def __init__(self, read: Callable[[bytes], Observation]) -> None:
        self._read = read
        self._outline = Outline()

    def feed(self, chunk: bytes) -> bytes:
        """See ``StreamReader.feed``."""
        self._outline.feed(chunk)
        return chunk

    def end(self) -> bytes:
        """See ``StreamReader.end``: nothing was held back."""
        return b""

    def observation(self) -> Observation:
        """See ``StreamReader.observation``."""
        return self._read(self._outline.text())


class _FramedStream(EventStream):
    """A stream in AWS's frames: they pass, and are read beside it."""

    def __init__(self, dialect: UpstreamDialect, event: Callable[[Frame], bytes]) -> None:
        super().__init__(dialect.stream_reader())
        self._frames = FrameParser()
        self._event = event

    @override
    def feed(self, chunk: bytes) -> bytes:
        super().feed(b"".join(map(self._event, self._frames.feed(chunk))))
        return chunk
