"""Streams of content: each event is an answer that holds only what is new, and the figures so far.

https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent. There is no mark of the end: the stream is through when each choice has its
finish reason.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from typing_extensions import override

from gateway.dialects.gemini import wire
from gateway.dialects.gemini.errors import error_event, failure_in
from gateway.dialects.gemini.request import read_media
from gateway.dialects.gemini.response import (
    finish_reason,
    grounding,
    read_citations,
    read_finish,
    read_tokens,
    written_part,
    written_usage,
)
from gateway.dialects.gemini.signatures import read_thought, written_signature
from gateway.dialects.names import new_id
from gateway.dialects.reading import plain
from gateway.dialects.types import (
    Began,
    CallBegan,
    CallDelta,
    Citation,
    CitationDelta,
    Counted,
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
    ToolCall,
    WholePart,
)
from gateway.dialects.walk import Walk

__all__ = ("ContentReader", "ContentWriter")


class ContentReader(Walk[wire.Answer]):
    """Implements ``EventReader``."""

    decoder = msgspec.json.Decoder(wire.Answer)

    def __init__(self) -> None:
        super().__init__()
        self._began = False
        self._calls: dict[int, int] = {}
        self._texts: dict[int, str] = {}
        self._open: set[int] = set()

    @override
    def told(self, sent: wire.Answer, name: bytes) -> Iterator[Event]:
        if sent.error is not None:
            yield Failed(failure_in(sent.error, 502))
            return
        if not self._began and (sent.response_id or sent.model_version):
            self._began = True
            yield Began(id=sent.response_id, model=sent.model_version)
        yield from self._choices(sent)
        if (tokens := read_tokens(sent.usage_metadata)) is not None:
            yield Counted(tokens)
            if self._calls and not self._open:
                yield Ended()

    def _choices(self, sent: wire.Answer) -> Iterator[Event]:
        if not sent.candidates and sent.prompt_feedback is not None and sent.prompt_feedback.block_reason is not None:
            self._calls.setdefault(0, 0)
            yield Finished(finish=Finish.CONTENT_FILTER)
        for candidate in sent.candidates or ():
            yield from self._grow(candidate)

    def _grow(self, candidate: wire.Candidate) -> Iterator[Event]:
        choice = candidate.index
        if choice not in self._calls:
            self._calls[choice] = 0
            self._open.add(choice)
        for part in (candidate.content.parts if candidate.content is not None else None) or ():
            yield from self._part(part, choice)
        for citation in read_citations(candidate.grounding_metadata, self._texts.get(choice, "")):
            yield CitationDelta(citation, choice)
        finish = read_finish(candidate.finish_reason, called=self._calls[choice] > 0)
        if finish is not None and choice in self._open:
            self._open.discard(choice)
            yield Finished(finish=finish, choice=choice)

    def _part(self, part: wire.Part, choice: int) -> Iterator[Event]:
        if (call := part.function_call) is not None:
            index = self._calls[choice]
            self._calls[choice] += 1
            yield CallBegan(index=index, id=call.id or new_id("call_"), name=call.name, choice=choice, signature=part.thought_signature)
            yield CallDelta(index=index, arguments=plain(call.args or {}), choice=choice)
            yield PartEnded(choice)
        elif part.text is not None and part.thought:
            thought = read_thought(part.text, part.thought_signature)
            if thought.redacted is not None:
                yield WholePart(thought, choice)
            else:
                yield ReasoningDelta(thought.text, choice, thought.signature, thought.origin)
        elif part.text is not None:
            self._texts[choice] = self._texts.get(choice, "") + part.text
            if part.text or part.thought_signature:
                yield TextDelta(part.text, choice, part.thought_signature)
        elif (media := read_media(part)) is not None:
            yield WholePart(media, choice)


class ContentWriter:
    """Implements ``EventWriter``. A call is told when it is whole, as the dialect has no pieces of one."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._head: dict[str, Any] = {}
        self._tokens = Tokens()
        self._calls: dict[tuple[int, int], tuple[CallBegan, list[str]]] = {}
        self._cited: dict[int, list[Citation]] = {}
        self._finished: dict[int, Finish] = {}

    def write(self, event: Event) -> bytes:
        """See ``EventWriter.write``."""
        match event:
            case Began():
                self._count(event.tokens)
                self._begin(event)
            case Counted(tokens):
                self._count(tokens)
            case TextDelta(text):
                return self._part(event.choice, written_part(Text(text, signature=event.signature)))
            case RefusalDelta(text) if text:
                return self._part(event.choice, {"text": text})
            case ReasoningDelta():
                return self._thought(event)
            case CallBegan():
                self._calls[event.choice, event.index] = (event, [])
            case CallDelta():
                self._calls[event.choice, event.index][1].append(event.arguments)
            case CitationDelta():
                self._cited.setdefault(event.choice, []).append(event.citation)
            case WholePart(part):
                return self._part(event.choice, written_part(part))
            case Finished():
                self._finished[event.choice] = event.finish
                return self._called(event.choice)
            case _:
                pass
        return b""

    def end(self) -> bytes:
        """See ``EventWriter.end``: the reasons and the figures go out together."""
        last = [
            {
                "content": {"role": "model", "parts": [{"text": ""}]},
                "finishReason": finish_reason(finish),
                "index": choice,
                **grounding(self._cited.get(choice, ())),
            }
            for choice, finish in self._finished.items()
        ]
        return self._event(last)

    def fail(self, failure: Failure) -> bytes:
        """See ``EventWriter.fail``."""
        return error_event(failure)

    def _count(self, tokens: Tokens | None) -> None:
        if tokens is not None:
            self._tokens = self._tokens.merged(tokens)

    def _begin(self, event: Began) -> None:
        if not self._head:
            self._head = {"modelVersion": event.model or self._request.model, "responseId": event.id or new_id("resp_")}

    def _thought(self, event: ReasoningDelta) -> bytes:
        thought = Reasoning(text=event.text, signature=event.signature, origin=event.origin)
        signature = written_signature(thought)
        return self._part(event.choice, {"text": event.text, "thought": True} | ({"thoughtSignature": signature} if signature else {}))

    def _called(self, choice: int) -> bytes:
        """All calls of a choice at once, in the order in which they began: side by side they may have grown."""
        whole = [
            written_part(ToolCall(id=began.id, name=began.name, arguments="".join(pieces) or "{}", signature=began.signature))
            for (of, _), (began, pieces) in self._calls.items()
            if of == choice
        ]
        return b"".join(self._part(choice, part) for part in whole)

    def _part(self, choice: int, part: dict[str, Any] | None) -> bytes:
        return b"" if part is None else self._event([{"content": {"role": "model", "parts": [part]}, "index": choice}])

    def _event(self, candidates: list[dict[str, Any]]) -> bytes:
        self._begin(Began())
        usage = written_usage(self._tokens)
        told = {"usageMetadata": usage} if usage else {}
        return b"data: " + msgspec.json.encode({"candidates": candidates, **told, **self._head}) + b"\n\n"
