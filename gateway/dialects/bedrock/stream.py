"""Streams of Converse: events under their names, as ``gateway.providers.bedrock`` takes them out of AWS's frames.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html. ``metadata`` is the last event of a whole answer.
"""

from collections.abc import Iterator

import msgspec
from typing_extensions import override

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
from gateway.dialects.walk import Walk

__all__ = ("ConverseReader",)


class ConverseReader(Walk[wire.Event]):
    """Implements ``EventReader``."""

    decoder = msgspec.json.Decoder(wire.Event)

    def __init__(self) -> None:
        super().__init__()
        self._calls: dict[int, int] = {}

    @override
    def told(self, sent: wire.Event, name: bytes) -> Iterator[Event]:
        match name:
            case b"messageStart":
                yield Began()
            case b"contentBlockStart" if sent.start is not None and sent.start.tool_use is not None:
                yield self._begin_call(sent.content_block_index, sent.start.tool_use)
            case b"contentBlockDelta" if sent.delta is not None:
                yield from self._grow(sent.content_block_index, sent.delta)
            case b"contentBlockStop":
                yield PartEnded()
            case b"messageStop":
                finish = read_finish(sent.stop_reason, called=bool(self._calls))
                if finish is not None:
                    yield Finished(finish=finish)
            case b"metadata":
                if (tokens := read_tokens(sent.usage)) is not None:
                    yield Counted(tokens)
                yield Ended()
            case kind if kind.endswith((b"Exception", b"Error")):
                yield Failed(failure_in(kind.decode("latin-1"), sent.message))

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
