"""Streams of Cohere's chat.

https://docs.cohere.com/v2/docs/streaming. ``message-end`` is the end of a whole answer.
"""

from collections.abc import Iterator
from typing import TypeVar

import msgspec
from typing_extensions import override

from gateway.dialects.cohere import wire
from gateway.dialects.cohere.response import FAILURES, read_citation, read_finish, read_tokens
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
    Failure,
    FailureKind,
    Finished,
    PartEnded,
    ReasoningDelta,
    TextDelta,
)
from gateway.dialects.walk import Walk

__all__ = ("ChatReader",)

T = TypeVar("T")


class ChatReader(Walk[wire.Event]):
    """Implements ``EventReader``."""

    decoder = msgspec.json.Decoder(wire.Event)

    def __init__(self) -> None:
        super().__init__()
        self._calls: dict[int, int] = {}

    @override
    def told(self, sent: wire.Event, name: bytes) -> Iterator[Event]:
        delta = sent.delta or wire.Delta()
        match sent.type:
            case "message-start":
                yield Began(id=sent.id)
            case "message-end":
                yield from _end(delta)
            case "content-end" | "tool-call-end":
                yield PartEnded()
            case _:
                yield from self._grow(sent.index, delta.message or wire.EventMessage())

    def _grow(self, index: int, message: wire.EventMessage) -> Iterator[Event]:
        if message.tool_plan:
            yield ReasoningDelta(message.tool_plan, origin=DialectName.COHERE)
        for item in _listed(message.content):
            if item.thinking:
                yield ReasoningDelta(item.thinking, origin=DialectName.COHERE)
            if item.text:
                yield TextDelta(item.text)
        for call in _listed(message.tool_calls):
            yield from self._call(index, call)
        for citation in _listed(message.citations):
            yield CitationDelta(read_citation(citation))

    def _call(self, index: int, call: wire.Call) -> Iterator[Event]:
        function = call.function or wire.Function()
        if index not in self._calls:
            self._calls[index] = len(self._calls)
            yield CallBegan(index=self._calls[index], id=call.id or new_id("call_"), name=function.name or "")
        if function.arguments:
            yield CallDelta(index=self._calls[index], arguments=function.arguments)


def _end(delta: wire.Delta) -> Iterator[Event]:
    if (tokens := read_tokens(delta.usage)) is not None:
        yield Counted(tokens)
    if delta.error is not None or delta.finish_reason in FAILURES:
        message = delta.error or f"The provider ended its stream with the finish reason {delta.finish_reason!r}."
        yield Failed(Failure(status=502, kind=FailureKind.SERVER, message=message))
        return
    finish = read_finish(delta.finish_reason)
    if finish is not None:
        yield Finished(finish=finish)
    yield Ended()


def _listed(found: T | list[T] | None) -> list[T]:
    if isinstance(found, list):
        return found
    return [] if found is None else [found]
