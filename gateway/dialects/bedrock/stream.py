"""Streams of Converse: events under their names, as ``gateway.providers.bedrock`` takes them out of AWS's frames.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html. ``metadata`` is the last event of a whole answer.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from gateway.dialects.bedrock import wire
from gateway.dialects.bedrock.errors import failure_in
from gateway.dialects.bedrock.response import read_citation, read_finish, read_tokens
from gateway.dialects.names import new_id
from gateway.dialects.types import (
    Began,
    CallBegan,
    CallDelta,
    CitationDelta,
    Counted,
    DialectName,
    Ended,
    Event,
    Failed,
    Finished,
    PartEnded,
    Reasoning,
    ReasoningDelta,
    TextDelta,
    WholePart,
)
from gateway.sse import Event as Sent
from gateway.sse import EventParser

__all__ = ("ConverseReader",)

_EVENT: Final = msgspec.json.Decoder(wire.Event)


class ConverseReader:
    """Implements ``EventReader``."""

    def __init__(self) -> None:
        self._parser = EventParser()
        self._calls: dict[int, int] = {}

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """See ``EventReader.feed``."""
        for sent in self._parser.feed(chunk):
            yield from self._read(sent)

    def end(self) -> Iterator[Event]:
        """See ``EventReader.end``."""
        for sent in self._parser.end():
            yield from self._read(sent)

    def _read(self, sent: Sent) -> Iterator[Event]:
        if sent.data is None:
            return
        try:
            event = _EVENT.decode(sent.data)
        except msgspec.MsgspecError:
            return  # an event that cannot be read tells nothing; the end of the stream tells whether the answer is whole
        match sent.name:
            case b"messageStart":
                yield Began()
            case b"contentBlockStart" if event.start is not None and event.start.tool_use is not None:
                yield self._begin_call(event.content_block_index, event.start.tool_use)
            case b"contentBlockDelta" if event.delta is not None:
                yield from self._grow(event.content_block_index, event.delta)
            case b"contentBlockStop":
                yield PartEnded()
            case b"messageStop":
                finish = read_finish(event.stop_reason, called=bool(self._calls))
                if finish is not None:
                    yield Finished(finish=finish)
            case b"metadata":
                if (tokens := read_tokens(event.usage)) is not None:
                    yield Counted(tokens)
                yield Ended()
            case name if name.endswith((b"Exception", b"Error")):
                yield Failed(failure_in(name.decode("latin-1"), event.message))

    def _begin_call(self, index: int, call: wire.ToolUse) -> Event:
        number = self._calls[index] = len(self._calls)
        return CallBegan(index=number, id=call.tool_use_id or new_id("tooluse_"), name=call.name)

    def _grow(self, index: int, delta: wire.Delta) -> Iterator[Event]:
        if delta.text:
            yield TextDelta(delta.text)
        if delta.tool_use is not None and isinstance(delta.tool_use.input, str) and delta.tool_use.input and index in self._calls:
            yield CallDelta(index=self._calls[index], arguments=delta.tool_use.input)
        if delta.reasoning_content is not None:
            yield from _thought(delta.reasoning_content)
        if delta.citation is not None:
            yield CitationDelta(read_citation(delta.citation))


def _thought(sent: wire.ReasoningContent) -> Iterator[Event]:
    if sent.redacted_content is not None:
        yield WholePart(Reasoning(redacted=sent.redacted_content, origin=DialectName.BEDROCK))
    if sent.text or sent.signature:
        yield ReasoningDelta(sent.text or "", signature=sent.signature or None, origin=DialectName.BEDROCK)
