"""Streams of responses, read: bytes to events.

https://platform.openai.com/docs/api-reference/responses-streaming. Some servers give the arguments of a call only at its end.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from typing_extensions import override

from gateway.dialects.names import new_id
from gateway.dialects.openai_chat.errors import failure_in
from gateway.dialects.openai_responses import wire
from gateway.dialects.openai_responses.items import read_citation, thought
from gateway.dialects.openai_responses.response import read_finish, read_tokens
from gateway.dialects.types import (
    Began,
    CallBegan,
    CallDelta,
    CitationDelta,
    Counted,
    Ended,
    Event,
    Failed,
    Finished,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    WholePart,
)
from gateway.dialects.walk import Walk

__all__ = ("ResponseReader",)

_THOUGHTS: Final = frozenset({"response.reasoning_summary_text.delta", "response.reasoning_text.delta"})


class ResponseReader(Walk[wire.Event]):
    """Implements ``EventReader``. Items that have no meaning outside this dialect are passed over."""

    decoder = msgspec.json.Decoder(wire.Event)

    def __init__(self) -> None:
        super().__init__()
        self._calls: dict[int, int] = {}
        self._argued: set[int] = set()

    @override
    def told(self, sent: wire.Event, name: bytes) -> Iterator[Event]:
        if sent.error is not None and not sent.type:
            yield Failed(failure_in(sent.error, 502))
            return
        yield from self._event(sent)

    def _event(self, sent: wire.Event) -> Iterator[Event]:
        delta = sent.delta if isinstance(sent.delta, str) else ""
        match sent.type:
            case "response.created" if sent.response is not None:
                head = sent.response
                yield Began(id=head.id, model=head.model, created=None if head.created_at is None else int(head.created_at))
            case "response.output_text.delta" if delta:
                yield TextDelta(delta)
            case "response.refusal.delta" if delta:
                yield RefusalDelta(delta)
            case kind if kind in _THOUGHTS and delta:
                yield ReasoningDelta(delta)
            case "response.reasoning_summary_part.added" if sent.summary_index:
                yield ReasoningDelta("\n\n")
            case "response.output_text.annotation.added" if sent.annotation is not None:
                citation = read_citation(sent.annotation)
                if citation is not None:
                    yield CitationDelta(citation)
            case "response.output_item.added" if sent.item is not None and sent.item.type == "function_call":
                yield from self._call(sent.output_index, sent.item)
            case "response.function_call_arguments.delta" if delta and sent.output_index in self._calls:
                self._argued.add(sent.output_index)
                yield CallDelta(index=self._calls[sent.output_index], arguments=delta)
            case "response.output_item.done" if sent.item is not None:
                yield from self._done(sent.output_index, sent.item)
            case "response.completed" | "response.incomplete" if sent.response is not None:
                yield from self._end(sent.response)
            case "response.failed":
                yield Failed(failure_in((sent.response.error if sent.response is not None else None) or {}, 502))
            case "error":
                yield Failed(failure_in(sent.error or {"message": sent.message, "code": sent.code}, 502))

    def _call(self, at: int, item: wire.Item) -> Iterator[Event]:
        self._calls[at] = len(self._calls)
        yield CallBegan(index=self._calls[at], id=item.call_id or new_id("call_"), name=item.name or "")

    def _done(self, at: int, item: wire.Item) -> Iterator[Event]:
        if item.type == "function_call":
            if at not in self._calls:
                yield from self._call(at, item)
            if at not in self._argued and item.arguments:
                yield CallDelta(index=self._calls[at], arguments=item.arguments)
            return
        if item.type == "reasoning":
            found = thought(item)
            if found.redacted is not None:
                yield WholePart(found)
            elif found.signature is not None:
                yield ReasoningDelta("", signature=found.signature, origin=found.origin)
        yield PartEnded()

    def _end(self, sent: wire.Response) -> Iterator[Event]:
        if (tokens := read_tokens(sent.usage)) is not None:
            yield Counted(tokens)
        yield Finished(finish=read_finish(sent, called=bool(self._calls)))
        yield Ended()
