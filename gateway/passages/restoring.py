"""What a request was written with, taken back in its answer: tools get the client's names again, the answer tool's arguments are the answer."""

from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from gateway.dialects.types import (
    Answer,
    CallBegan,
    CallDelta,
    Candidate,
    Event,
    Finish,
    Finished,
    Part,
    Text,
    TextDelta,
    ToolCall,
    Written,
)

__all__ = ("EventRestorer", "restored")


def restored(answer: Answer, written: Written) -> Answer:
    """A whole answer."""
    if not written.renamed and written.answer_tool is None:
        return answer
    return replace(answer, candidates=tuple(_candidate(candidate, written) for candidate in answer.candidates))


class EventRestorer:
    """The events of one stream."""

    def __init__(self, written: Written) -> None:
        self._written = written
        self._answering: set[tuple[int, int]] = set()

    def restore(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events, as they are for the client."""
        if not self._written.renamed and self._written.answer_tool is None:
            return iter(events)
        return chain.from_iterable(map(self._event, events))

    def _event(self, event: Event) -> Iterator[Event]:
        match event:
            case CallBegan() if event.name == self._written.answer_tool:
                self._answering.add((event.choice, event.index))
            case CallBegan():
                yield replace(event, name=self._written.renamed.get(event.name, event.name))
            case CallDelta() if (event.choice, event.index) in self._answering:
                yield TextDelta(event.arguments, event.choice)
            case Finished() if self._answering:
                yield replace(event, finish=_finish(event.finish))
            case _:
                yield event


def _candidate(candidate: Candidate, written: Written) -> Candidate:
    answering = any(isinstance(part, ToolCall) and part.name == written.answer_tool for part in candidate.parts)
    parts = tuple(_part(part, written) for part in candidate.parts)
    return replace(candidate, parts=parts, finish=_finish(candidate.finish) if answering else candidate.finish)


def _part(part: Part, written: Written) -> Part:
    if not isinstance(part, ToolCall):
        return part
    if part.name == written.answer_tool:
        return Text(part.arguments)
    return replace(part, name=written.renamed.get(part.name, part.name))


def _finish(finish: Finish | None) -> Finish:
    return Finish.STOP if finish in {None, Finish.TOOL_CALLS} else finish
