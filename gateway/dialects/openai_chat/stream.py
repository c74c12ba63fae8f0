"""Streams of chat completions: bytes to events, and events to bytes.

https://platform.openai.com/docs/api-reference/chat-streaming. Servers of this dialect disagree in small things, all of which are read: an index
left out, the same index for several calls, a finish reason ``stop`` after calls, no end mark.
"""

from collections.abc import Iterator
from time import time
from typing import Any, Final

import msgspec
from typing_extensions import override

from gateway.dialects.names import new_id
from gateway.dialects.openai_chat import wire
from gateway.dialects.openai_chat.errors import error_event, failure_in
from gateway.dialects.openai_chat.parts import annotation, call_extra, url_of
from gateway.dialects.openai_chat.request import thinking_text, thought_signature, thoughts
from gateway.dialects.openai_chat.response import read_citations, read_finish, read_tokens, written_thoughts, written_usage
from gateway.dialects.types import (
    Began,
    CallBegan,
    CallDelta,
    CitationDelta,
    Counted,
    Ended,
    Event,
    Failed,
    Failure,
    Finished,
    Media,
    PartEnded,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Request,
    TextDelta,
    Tokens,
    WholePart,
)
from gateway.dialects.walk import Walk

__all__ = ("ChatReader", "ChatWriter")

DONE: Final = b"data: [DONE]\n\n"


class _Calls:
    """The calls of one choice: which piece belongs to which."""

    def __init__(self) -> None:
        self.count = 0
        self._open: dict[int, tuple[int, str]] = {}

    def take(self, piece: wire.DeltaCall, choice: int) -> Iterator[Event]:
        function = piece.function or wire.DeltaFunction()
        at = piece.index or 0
        known = self._open.get(at)
        if known is None or (piece.id and function.name and piece.id != known[1]):
            known = (self.count, piece.id or new_id("call_"))
            self.count += 1
            self._open[at] = known
            yield CallBegan(
                index=known[0], id=known[1], name=function.name or "", choice=choice, signature=thought_signature(piece.extra_content)
            )
        if function.arguments:
            yield CallDelta(index=known[0], arguments=function.arguments, choice=choice)


class ChatReader(Walk[wire.Chunk]):
    """Implements ``EventReader``."""

    decoder = msgspec.json.Decoder(wire.Chunk)
    end_mark = b"[DONE]"

    def __init__(self) -> None:
        super().__init__()
        self._calls: dict[int, _Calls] = {}
        self._began = False

    @override
    def told(self, sent: wire.Chunk, name: bytes) -> Iterator[Event]:
        if sent.error is not None:
            yield Failed(failure_in(sent.error, 502))
            return
        if not self._began and (sent.id or sent.model):
            self._began = True
            yield Began(id=sent.id, model=sent.model, created=sent.created)
        for choice in sent.choices or ():
            yield from self._grow(choice)
        if (tokens := read_tokens(sent.usage)) is not None:
            yield Counted(tokens)

    def _grow(self, piece: wire.ChunkChoice) -> Iterator[Event]:
        calls = self._calls.setdefault(piece.index, _Calls())
        if piece.delta is not None:
            yield from _said(piece.delta, piece.index)
            for call in piece.delta.tool_calls or ():
                yield from calls.take(call, piece.index)
            if (old := piece.delta.function_call) is not None:
                yield from calls.take(wire.DeltaCall(index=0, function=old), piece.index)
        finish = read_finish(piece.finish_reason, called=calls.count > 0)
        if finish is not None:
            yield Finished(finish=finish, choice=piece.index)


def _said(delta: wire.Delta, choice: int) -> Iterator[Event]:
    text = delta.reasoning_content or delta.reasoning
    if text:
        yield ReasoningDelta(text, choice)
    for thought in thoughts(delta) if delta.thinking_blocks else ():
        if thought.redacted is not None:
            yield WholePart(thought, choice)
        elif thought.signature is not None or not text:
            # The text of a signed thought was told before it, unless this server tells thoughts in blocks only.
            yield ReasoningDelta("" if thought.signature is not None else thought.text, choice, thought.signature, thought.origin)
    if isinstance(delta.content, list):
        yield from _parts(delta.content, choice)
    elif delta.content:
        yield TextDelta(delta.content, choice)
    for citation in read_citations(delta.annotations or ()):
        yield CitationDelta(citation, choice)
    if delta.refusal:
        yield RefusalDelta(delta.refusal, choice)


def _parts(content: list[wire.ContentPart], choice: int) -> Iterator[Event]:
    """Mistral's models that think stream parts instead of text."""
    for part in content:
        if part.type == "thinking":
            yield ReasoningDelta(thinking_text(part), choice)
        elif part.text:
            yield TextDelta(part.text, choice)


class ChatWriter:
    """Implements ``EventWriter``. The usage goes out last, and only to who asked for it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._base: dict[str, Any] = {}
        self._choices: set[int] = set()
        self._thoughts: dict[int, list[str]] = {}
        self._tokens: Tokens | None = None

    def write(self, event: Event) -> bytes:
        """See ``EventWriter.write``."""
        match event:
            case Began():
                self._count(event.tokens)
                self._begin(event)
                return self._opened(0)
            case Counted(tokens):
                self._count(tokens)
                return b""
            case Ended() | PartEnded() | Failed():
                return b""
            case Finished():
                return self._opened(event.choice) + self._chunk(event.choice, {}, event.finish.value)
            case _:
                return self._opened(event.choice) + b"".join(self._chunk(event.choice, delta) for delta in self._deltas(event))

    def end(self) -> bytes:
        """See ``EventWriter.end``."""
        if not self._request.include_usage:
            return DONE
        usage = None if self._tokens is None else written_usage(self._tokens)
        return self._event([], usage) + DONE

    def fail(self, failure: Failure) -> bytes:
        """See ``EventWriter.fail``."""
        return error_event(failure)

    def _count(self, tokens: Tokens | None) -> None:
        if tokens is not None:
            self._tokens = tokens if self._tokens is None else self._tokens.merged(tokens)

    def _begin(self, event: Began) -> None:
        if not self._base:
            self._base = {
                "id": event.id or new_id("chatcmpl-"),
                "object": "chat.completion.chunk",
                "created": event.created if event.created is not None else int(time()),
                "model": event.model or self._request.model,
            }

    def _opened(self, choice: int) -> bytes:
        """The first chunk of a choice tells its role."""
        if choice in self._choices:
            return b""
        self._choices.add(choice)
        self._begin(Began())
        return self._chunk(choice, {"role": "assistant", "content": ""})

    def _deltas(self, event: Event) -> Iterator[dict[str, Any]]:
        match event:
            case TextDelta(text) if text:
                yield {"content": text}
            case RefusalDelta(text) if text:
                yield {"refusal": text}
            case ReasoningDelta():
                yield from self._thought(event)
            case CallBegan():
                function = {"name": event.name, "arguments": ""}
                yield {
                    "tool_calls": [
                        {"index": event.index, "id": event.id, "type": "function", "function": function, **call_extra(event.signature)}
                    ]
                }
            case CallDelta():
                yield {"tool_calls": [{"index": event.index, "function": {"arguments": event.arguments}}]}
            case CitationDelta(citation) if (written := annotation(citation)) is not None:
                yield {"annotations": [written]}
            case WholePart(Reasoning() as thought):
                yield {"thinking_blocks": written_thoughts([thought])}
            case WholePart(Media() as media) if media.kind == "image":
                yield {"images": [{"type": "image_url", "image_url": {"url": url_of(media)}}]}

    def _thought(self, event: ReasoningDelta) -> Iterator[dict[str, Any]]:
        """The text as it comes, and the whole thought once more when its signature is there, since the two go back together."""
        said = self._thoughts.setdefault(event.choice, [])
        if event.text:
            said.append(event.text)
            yield {"reasoning_content": event.text}
        if event.signature is not None:
            whole = Reasoning(text="".join(said), signature=event.signature, origin=event.origin)
            said.clear()
            yield {"thinking_blocks": written_thoughts([whole])}

    def _chunk(self, choice: int, delta: dict[str, Any], finish: str | None = None) -> bytes:
        return self._event([{"index": choice, "delta": delta, "logprobs": None, "finish_reason": finish}])

    def _event(self, choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> bytes:
        told = {"usage": usage} if self._request.include_usage else {}
        return b"data: " + msgspec.json.encode({**self._base, "choices": choices, **told}) + b"\n\n"
