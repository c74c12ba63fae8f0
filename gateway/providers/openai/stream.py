"""OpenAI's streams, read from a copy while the bytes pass."""

from typing import Any

import msgspec

from gateway.providers.openai.answer import read_usage
from gateway.sse import Event, EventParser
from gateway.types import Message, Observation, Usage
from gateway.wire.openai import ChatChunk, ChunkChoice, Delta, ToolCallDelta
from tracing.openai_chat import ChatMessage, FunctionCall, ToolCall, message_parts, thinking_text
from tracing.unreadable import UNREADABLE

__all__ = ("ChatStream",)

_CHUNK = msgspec.json.Decoder(ChatChunk)


class _Choice:
    """One answer as it grows."""

    __slots__ = ("calls", "content", "finish_reason", "reasoning", "refusal", "role")

    def __init__(self) -> None:
        self.role = "assistant"
        self.content: list[str] = []
        self.refusal: list[str] = []
        self.reasoning: list[str] = []
        self.calls: dict[int, ToolCall] = {}
        self.finish_reason: str | None = None

    def add(self, delta: Delta) -> None:
        self.role = delta.role or self.role
        for part in delta.content if isinstance(delta.content, list) else ():
            self._add_part(part)
        text = delta.content if isinstance(delta.content, str) else None
        for piece, kept in ((text, self.content), (delta.refusal, self.refusal), (delta.reasoning_content, self.reasoning)):
            if piece:
                kept.append(piece)
        for call in delta.tool_calls or ():
            self._add_call(call)

    def _add_part(self, part: dict[str, Any]) -> None:
        """Mistral's models that think stream parts instead of text."""
        if part.get("type") == "thinking":
            self.reasoning.append(thinking_text(part))
        elif isinstance(part.get("text"), str):
            self.content.append(part["text"])

    def _add_call(self, piece: ToolCallDelta) -> None:
        call = self.calls.setdefault(piece.index, ToolCall(function=FunctionCall()))
        call.id = piece.id or call.id
        if piece.function is not None:
            call.function.name += piece.function.name or ""
            call.function.arguments += piece.function.arguments or ""

    def message(self) -> Message:
        whole = ChatMessage(
            role=self.role,
            content="".join(self.content) if self.content else None,
            refusal="".join(self.refusal) or None,
            reasoning_content="".join(self.reasoning) or None,
            tool_calls=[self.calls[index] for index in sorted(self.calls)],
        )
        return Message(role=self.role, parts=message_parts(whole), finish_reason=self.finish_reason)


class ChatStream:
    """Implements ``gateway.types.StreamReader``. With ``strip_usage`` the chunk that tells only the usage is kept from the client."""

    def __init__(self, *, strip_usage: bool) -> None:
        self.ended = False
        self._strip = strip_usage
        self._parser = EventParser()
        self._choices: dict[int, _Choice] = {}
        self._id: str | None = None
        self._model: str | None = None
        self._usage: Usage | None = None
        self._error: str | None = None

    @property
    def complete(self) -> bool:
        """See ``StreamReader.complete``: some servers leave out the end mark."""
        return self.ended or (bool(self._choices) and all(choice.finish_reason for choice in self._choices.values()))

    def feed(self, chunk: bytes) -> bytes:
        """See ``StreamReader.feed``. Bytes are held back only while it must be seen whether an event is the usage."""
        kept = [event.raw for event in self._parser.feed(chunk) if not self._take(event)]
        return b"".join(kept) if self._strip else chunk

    def end(self) -> bytes:
        """See ``StreamReader.end``."""
        kept = [event.raw for event in self._parser.end() if not self._take(event)]
        return b"".join(kept) if self._strip else b""

    def observation(self) -> Observation:
        """See ``StreamReader.observation``."""
        choices = [self._choices[index] for index in sorted(self._choices)]
        return Observation(
            response_id=self._id,
            model=self._model,
            finish_reasons=tuple(choice.finish_reason for choice in choices if choice.finish_reason),
            messages=[choice.message() for choice in choices],
            usage=self._usage,
            error=self._error,
        )

    def _take(self, event: Event) -> bool:
        """Read one event; whether it is to be hidden."""
        if event.data is None:
            return False
        if event.data == b"[DONE]":
            self.ended = True
            return False
        try:
            chunk = _CHUNK.decode(event.data)
        except UNREADABLE:
            return False  # what we cannot read, the client may: it passes as it is
        return self._read(chunk)

    def _read(self, chunk: ChatChunk) -> bool:
        self._id = self._id or chunk.id
        self._model = self._model or chunk.model
        if chunk.error is not None:
            self._error = "upstream_error"
        for choice in chunk.choices or ():
            self._grow(choice)
        if chunk.usage is not None:
            self._usage = read_usage(chunk.usage) or self._usage
        return self._strip and chunk.usage is not None and chunk.choices == []

    def _grow(self, piece: ChunkChoice) -> None:
        choice = self._choices.setdefault(piece.index, _Choice())
        if piece.delta is not None:
            choice.add(piece.delta)
        if piece.text:
            choice.content.append(piece.text)
        choice.finish_reason = piece.finish_reason or choice.finish_reason
