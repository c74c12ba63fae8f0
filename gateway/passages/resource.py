"""What is asked of a vendor beside generations and embeddings: images, sounds, moderation, ranking, files, and whatever its API has.

Bytes pass both ways; only the model's name is patched where the body has one. What can be read of the answer is on the span.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from gateway.dialects.types import DialectName
from gateway.errors import GatewayError
from gateway.render import error_event
from gateway.sse import EventParser
from gateway.types import Inbound, Message, Observation, StreamReader, Upstream, Usage
from gateway.wire.headers import is_events
from gateway.wire.multipart import boundary_of, with_text
from gateway.wire.patch import replace
from tracing.unreadable import UNREADABLE

__all__ = ("ResourcePassage", "read_usage")


class Told(msgspec.Struct):
    """Members of answers and of events that some of these APIs have."""

    id: Any = None
    model: Any = None
    text: Any = None
    usage: Any = None
    meta: Any = None


_TOLD: Final = msgspec.json.Decoder(Told)


class ResourcePassage:
    """Implements ``gateway.types.Passage``."""

    dialect = DialectName.OPENAI_CHAT
    dropped: tuple[str, ...] = ()

    def __init__(self, inbound: Inbound, model: str) -> None:
        self.body = _named(inbound, model)
        self._events = False

    def answered(self, upstream: Upstream) -> Upstream:
        """See ``Passage.answered``."""
        self._events = is_events(upstream.headers)
        return upstream

    def read_answer(self, body: bytes) -> Observation:
        """See ``Passage.read_answer``: what cannot be read is nobody's fault here."""
        return observed(body)

    def read_stream(self) -> StreamReader:
        """See ``Passage.read_stream``."""
        return ResourceStream(events=self._events)

    def fail(self, error: GatewayError) -> bytes:
        """See ``Passage.fail``: nothing can be said within bytes that are no events."""
        return error_event(error) if self._events else b""


class ResourceStream:
    """Implements ``gateway.types.StreamReader``. ``events`` are looked at for what they tell of usage; other bytes just pass."""

    ended = False
    complete = True
    """These streams have no end mark in common: one that the vendor ends is whole."""

    def __init__(self, *, events: bool) -> None:
        self._parser = EventParser() if events else None
        self._usage: Usage | None = None
        self._text: Sequence[Message] = ()

    def feed(self, chunk: bytes) -> bytes:
        """See ``StreamReader.feed``."""
        for event in self._parser.feed(chunk) if self._parser is not None else ():
            if event.data is not None:
                seen = observed(event.data)
                self._usage = seen.usage or self._usage
                self._text = seen.messages or self._text
        return chunk

    def end(self) -> bytes:
        """See ``StreamReader.end``."""
        return b""

    def observation(self) -> Observation:
        """See ``StreamReader.observation``."""
        return Observation(usage=self._usage, messages=self._text)


def observed(body: bytes) -> Observation:
    """What an answer tells of itself."""
    try:
        told = _TOLD.decode(body)
    except UNREADABLE:
        return Observation()
    text = [Message(role="assistant", parts=[{"type": "text", "content": told.text}])] if isinstance(told.text, str) else []
    return Observation(
        response_id=told.id if isinstance(told.id, str) else None,
        model=told.model if isinstance(told.model, str) else None,
        messages=text,
        usage=read_usage(told.usage) or _billed(told.meta),
    )


def read_usage(usage: Any) -> Usage | None:
    """Tokens, by either of the two names that OpenAI has for them; a duration is none."""
    if not isinstance(usage, dict):
        return None
    into, out = _count(usage, "input_tokens", "prompt_tokens"), _count(usage, "output_tokens", "completion_tokens")
    return None if into is None and out is None else Usage(input_tokens=into, output_tokens=out)


def _billed(meta: Any) -> Usage | None:
    units = meta.get("billed_units") if isinstance(meta, dict) else None
    return read_usage(units)


def _count(usage: dict[str, Any], *names: str) -> int | None:
    found = next((usage[name] for name in names if isinstance(usage.get(name), int | float)), None)
    return None if found is None else int(found)


def _named(inbound: Inbound, model: str) -> bytes:
    resource = inbound.resource
    if resource is None or inbound.provider or inbound.upload is not None:
        return inbound.body
    if resource.content_type.startswith("multipart/"):
        return with_text(inbound.body, boundary_of(resource.content_type), "model", model)
    return replace(inbound.body, "model", msgspec.json.encode(model))
