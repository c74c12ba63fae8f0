"""Streams of messages: bytes to events, and events to bytes.

https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from typing_extensions import override

from gateway.dialects.anthropic import wire
from gateway.dialects.anthropic.blocks import BlockWriter, event
from gateway.dialects.anthropic.citations import read_citation
from gateway.dialects.anthropic.errors import error_event, failure_in
from gateway.dialects.anthropic.request import read_block
from gateway.dialects.anthropic.response import read_finish, read_tokens, stop_reason, written_usage
from gateway.dialects.names import new_id
from gateway.dialects.reading import plain
from gateway.dialects.signatures import unmarked
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
    Failure,
    Finish,
    Finished,
    PartEnded,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Text,
    TextDelta,
    Tokens,
    WholePart,
)
from gateway.dialects.walk import Walk
from gateway.estimate import CHARACTERS_PER_TOKEN

__all__ = ("MessageReader", "MessageWriter")


class MessageReader(Walk[wire.Chunk]):
    """Implements ``EventReader``. Blocks that have no meaning outside this dialect are passed over."""

    decoder = msgspec.json.Decoder(wire.Chunk)

    def __init__(self) -> None:
        super().__init__()
        self._calls: dict[int, int] = {}
        self._inputs: dict[int, str] = {}

    @override
    def told(self, sent: wire.Chunk, name: bytes) -> Iterator[Event]:
        match sent.type:
            case "message_start" if sent.message is not None:
                yield Began(id=sent.message.id, model=sent.message.model, tokens=read_tokens(sent.message.usage))
            case "content_block_start" if sent.content_block is not None:
                yield from self._start(sent.index, sent.content_block)
            case "content_block_delta" if sent.delta is not None:
                yield from self._grow(sent.index, sent.delta)
            case "content_block_stop":
                yield from self._stop(sent.index)
            case "message_delta":
                yield from _finish(sent)
            case "message_stop":
                yield Ended()
            case "error":
                yield Failed(failure_in(sent.error))

    def _start(self, index: int, block: wire.Block) -> Iterator[Event]:
        match block.type:
            case "text" if block.text:
                yield TextDelta(block.text)
            case "thinking" if block.thinking:
                yield ReasoningDelta(block.thinking)
            case "redacted_thinking":
                part = read_block(block)
                if isinstance(part, Reasoning):
                    yield WholePart(part)
            case "tool_use":
                self._calls[index] = len(self._calls)
                # A few servers give the whole input here, and no pieces of it.
                self._inputs[index] = plain(block.input) if block.input else ""
                yield CallBegan(index=self._calls[index], id=block.id or new_id("toolu_"), name=block.name or "")

    def _grow(self, index: int, delta: wire.Delta) -> Iterator[Event]:
        match delta.type:
            case "text_delta" if delta.text:
                yield TextDelta(delta.text)
            case "thinking_delta" if delta.thinking:
                yield ReasoningDelta(delta.thinking)
            case "signature_delta" if delta.signature:
                signature, origin = unmarked(delta.signature, DialectName.ANTHROPIC)
                yield ReasoningDelta("", signature=signature, origin=origin)
            case "input_json_delta" if delta.partial_json and index in self._calls:
                self._inputs[index] = ""
                yield CallDelta(index=self._calls[index], arguments=delta.partial_json)
            case "citations_delta" if delta.citation is not None:
                yield CitationDelta(read_citation(delta.citation))

    def _stop(self, index: int) -> Iterator[Event]:
        if whole := self._inputs.pop(index, ""):
            yield CallDelta(index=self._calls[index], arguments=whole)
        yield PartEnded()


def _finish(chunk: wire.Chunk) -> Iterator[Event]:
    if (tokens := read_tokens(chunk.usage)) is not None:
        yield Counted(tokens)
    finish = None if chunk.delta is None else read_finish(chunk.delta.stop_reason)
    if finish is not None:
        yield Finished(finish=finish, stop_sequence=chunk.delta.stop_sequence if chunk.delta is not None else None)


class MessageWriter:
    """Implements ``EventWriter``. One ``message_start``; the stop reason and the figures go out together at the end."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._started = False
        self._blocks = BlockWriter()
        self._tokens = Tokens()
        self._finished = Finished(finish=Finish.STOP)
        self._refused = False

    def write(self, sent: Event) -> bytes:
        """See ``EventWriter.write``. The dialect has one answer to a request: the first choice is told."""
        match sent:
            case Began():
                self._tokens = self._tokens.merged(sent.tokens or Tokens())
                return self._start(sent)
            case Counted(tokens):
                self._tokens = self._tokens.merged(tokens)
                return b""
            case Ended() | Failed():
                return b""
            case Finished():
                if sent.choice == 0:
                    self._finished = sent
                return b""
            case _ if sent.choice:
                return b""
            case _:
                self._refused = self._refused or isinstance(sent, RefusalDelta)
                return self._start(Began()) + self._blocks.write(sent)

    def end(self) -> bytes:
        """See ``EventWriter.end``."""
        finish = self._finished
        delta = {
            "stop_reason": stop_reason(finish.finish, finish.stop_sequence, refused=self._refused),
            "stop_sequence": finish.stop_sequence,
        }
        last = event("message_delta", {"delta": delta, "usage": written_usage(self._tokens)})
        return self._start(Began()) + self._blocks.close() + last + event("message_stop", {})

    def fail(self, failure: Failure) -> bytes:
        """See ``EventWriter.fail``."""
        return error_event(failure)

    def _start(self, began: Began) -> bytes:
        if self._started:
            return b""
        self._started = True
        return event("message_start", {"message": self._message(began)})

    def _message(self, began: Began) -> dict[str, Any]:
        """Upstreams of other dialects count at the end; clients want a number at the beginning, so it is estimated, and corrected at the end."""
        known = self._tokens if self._tokens.prompt is not None else Tokens(input=_estimate(self._request))
        usage = written_usage(known.merged(Tokens(output=self._tokens.completion or 1)))
        return {
            "id": began.id or new_id("msg_"),
            "type": "message",
            "role": "assistant",
            "model": began.model or self._request.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage,
        }


def _estimate(request: Request) -> int:
    """An estimate of the tokens of a request by its length, since the first byte waits for it."""
    parts = [*request.system, *(part for message in request.messages for part in message.parts)]
    return sum(len(part.text) for part in parts if isinstance(part, Text)) // CHARACTERS_PER_TOKEN + 1
