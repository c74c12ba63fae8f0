"""From a stream to the answer that it tells, and from an answer to a stream that tells it. Pure."""

from collections.abc import Iterable, Iterator

import msgspec

from gateway.dialects.types import (
    Answer,
    Began,
    CallBegan,
    CallDelta,
    Candidate,
    Citation,
    CitationDelta,
    Counted,
    DialectName,
    Ended,
    Event,
    Failed,
    Failure,
    Finish,
    Finished,
    Media,
    Part,
    PartEnded,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalDelta,
    Text,
    TextDelta,
    Tokens,
    ToolCall,
    WholePart,
)

__all__ = ("Collector", "collected", "events_of")

Growing = Text | Reasoning | Refusal


class _Choice:
    """One answer as it grows. Calls keep the place where they began."""

    def __init__(self) -> None:
        self.parts: list[Part | int] = []
        self.calls: dict[int, ToolCall] = {}
        self.arguments: dict[int, list[str]] = {}
        self.growing: Growing | None = None
        self.pieces: list[str] = []
        self.citations: list[Citation] = []
        self.signature: str | None = None
        self.origin: DialectName | None = None
        self.finish: Finish | None = None
        self.stop_sequence: str | None = None

    def grow(self, kind: Growing, piece: str, signature: str | None = None) -> None:
        if type(kind) is not type(self.growing):
            self.close()
            self.growing = kind
        self.pieces.append(piece)
        self.signature = signature or self.signature

    def close(self) -> None:
        """End the part that grows."""
        if self.growing is not None:
            self.parts.append(self._whole(self.growing, "".join(self.pieces)))
        self.growing, self.pieces, self.citations = None, [], []
        self.signature, self.origin = None, None

    def _whole(self, kind: Growing, text: str) -> Growing:
        match kind:
            case Text():
                return Text(text, citations=tuple(self.citations), signature=self.signature)
            case Reasoning():
                return Reasoning(text=text, signature=self.signature, origin=self.origin)
            case Refusal():
                return Refusal(text)

    def begin_call(self, event: CallBegan) -> None:
        self.close()
        self.parts.append(event.index)
        self.calls[event.index] = ToolCall(id=event.id, name=event.name, signature=event.signature)
        self.arguments[event.index] = []

    def add_arguments(self, event: CallDelta) -> None:
        self.arguments[event.index].append(event.arguments)

    def candidate(self, index: int) -> Candidate:
        self.close()
        parts = tuple(self._call(part) if isinstance(part, int) else part for part in self.parts)
        return Candidate(parts=parts, finish=self.finish, index=index, stop_sequence=self.stop_sequence)

    def _call(self, index: int) -> ToolCall:
        return msgspec.structs.replace(self.calls[index], arguments="".join(self.arguments[index]).strip() or "{}")


class Collector:
    """Takes the events of one stream. ``ended`` and ``failure`` are what it said of its own end."""

    def __init__(self) -> None:
        self.ended = False
        self.failure: Failure | None = None
        self._head = Began()
        self._tokens = Tokens()
        self._counted = False
        self._choices: dict[int, _Choice] = {}

    @property
    def complete(self) -> bool:
        """Whether the answer is whole: the end mark was seen, or every choice has its finish reason."""
        return self.ended or (bool(self._choices) and all(choice.finish is not None for choice in self._choices.values()))

    def add(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case Began():
                self._begin(event)
            case Counted(tokens):
                self._count(tokens)
            case Ended():
                self.ended = True
            case Failed(failure):
                self.failure = failure
            case _:
                self._grow(self._choices.setdefault(event.choice, _Choice()), event)

    def answer(self) -> Answer:
        """The answer as far as it was said."""
        candidates = tuple(self._choices[index].candidate(index) for index in sorted(self._choices))
        tokens = self._tokens if self._counted else None
        return Answer(id=self._head.id, model=self._head.model, created=self._head.created, candidates=candidates, tokens=tokens)

    def _begin(self, event: Began) -> None:
        before = self._head
        self._head = Began(
            id=before.id or event.id,
            model=before.model or event.model,
            created=before.created if before.created is not None else event.created,
        )
        if event.tokens is not None:
            self._count(event.tokens)

    def _count(self, tokens: Tokens) -> None:
        self._tokens, self._counted = self._tokens.merged(tokens), True

    def _grow(self, choice: _Choice, event: Event) -> None:
        match event:
            case TextDelta():
                choice.grow(Text(""), event.text, event.signature)
            case ReasoningDelta():
                choice.grow(Reasoning(), event.text, event.signature)
                choice.origin = event.origin or choice.origin
            case RefusalDelta():
                choice.grow(Refusal(""), event.text)
            case CitationDelta():
                choice.grow(Text(""), "")
                choice.citations.append(event.citation)
            case CallBegan():
                choice.begin_call(event)
            case CallDelta():
                choice.add_arguments(event)
            case WholePart():
                choice.close()
                choice.parts.append(event.part)
            case PartEnded():
                choice.close()
            case Finished():
                choice.finish, choice.stop_sequence = event.finish, event.stop_sequence


def collected(events: Iterable[Event]) -> Answer:
    """The answer that a stream told."""
    collector = Collector()
    for event in events:
        collector.add(event)
    return collector.answer()


def events_of(answer: Answer) -> Iterator[Event]:
    """A stream that tells ``answer``: for an upstream that gave it whole to a client who wants a stream."""
    yield Began(id=answer.id, model=answer.model, tokens=answer.tokens, created=answer.created)
    for candidate in answer.candidates:
        calls = 0
        for part in candidate.parts:
            yield from _events_of_part(part, candidate.index, calls)
            calls += isinstance(part, ToolCall)
        if candidate.finish is not None:
            yield Finished(finish=candidate.finish, choice=candidate.index, stop_sequence=candidate.stop_sequence)
    if answer.tokens is not None:
        yield Counted(answer.tokens)
    yield Ended()


def _events_of_part(part: Part, choice: int, calls: int) -> Iterator[Event]:
    match part:
        case Text():
            yield TextDelta(part.text, choice, part.signature)
            for citation in part.citations:
                yield CitationDelta(citation, choice)
        case Reasoning(redacted=None):
            yield ReasoningDelta(part.text, choice, part.signature, part.origin)
        case Refusal():
            yield RefusalDelta(part.text, choice)
        case ToolCall():
            yield CallBegan(index=calls, id=part.id, name=part.name, choice=choice, signature=part.signature)
            yield CallDelta(index=calls, arguments=part.arguments, choice=choice)
        case Reasoning() | Media():
            yield WholePart(part, choice)
        case _:
            return
    yield PartEnded(choice)
