"""Streams of completions: bytes to events, and events to bytes."""

from collections.abc import Iterator
from time import time
from typing import Any, Final

import msgspec
from typing_extensions import override

from gateway.dialects.names import new_id
from gateway.dialects.openai_chat.errors import error_event, failure_in
from gateway.dialects.openai_chat.response import read_finish, read_tokens, written_usage
from gateway.dialects.openai_completions import wire
from gateway.dialects.openai_completions.response import told_finish
from gateway.dialects.types import (
    Began,
    Counted,
    Event,
    Failed,
    Failure,
    Finished,
    RefusalDelta,
    Request,
    TextDelta,
    Tokens,
)
from gateway.dialects.walk import Walk

__all__ = ("CompletionReader", "CompletionWriter")

DONE: Final = b"data: [DONE]\n\n"


class CompletionReader(Walk[wire.Answer]):
    """Implements ``EventReader``."""

    decoder = msgspec.json.Decoder(wire.Answer)
    end_mark = b"[DONE]"

    def __init__(self) -> None:
        super().__init__()
        self._began = False

    @override
    def told(self, sent: wire.Answer, name: bytes) -> Iterator[Event]:
        if sent.error is not None:
            yield Failed(failure_in(sent.error, 502))
            return
        if not self._began:
            self._began = True
            yield Began(id=sent.id, model=sent.model, created=sent.created)
        for choice in sent.choices or ():
            if choice.text:
                yield TextDelta(choice.text, choice.index)
            if (finish := read_finish(choice.finish_reason, called=False)) is not None:
                yield Finished(finish=finish, choice=choice.index)
        if (tokens := read_tokens(sent.usage)) is not None:
            yield Counted(tokens)


class CompletionWriter:
    """Implements ``EventWriter``. The usage goes out last, and only to who asked for it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._tokens = Tokens()
        self._base: dict[str, Any] = {}

    def write(self, event: Event) -> bytes:
        """See ``EventWriter.write``."""
        match event:
            case Began():
                self._tokens = self._tokens.merged(event.tokens or Tokens())
                self._begin(event)
                return b""
            case Counted(tokens):
                self._tokens = self._tokens.merged(tokens)
                return b""
            case TextDelta(text) | RefusalDelta(text) if text:
                return self._chunk(event.choice, text, None)
            case Finished():
                return self._chunk(event.choice, "", told_finish(event.finish))
            case _:
                return b""

    def end(self) -> bytes:
        """See ``EventWriter.end``."""
        if not self._request.include_usage:
            return DONE
        return self._event({"choices": [], "usage": written_usage(self._tokens)}) + DONE

    def fail(self, failure: Failure) -> bytes:
        """See ``EventWriter.fail``."""
        return error_event(failure)

    def _begin(self, event: Began) -> None:
        if not self._base:
            self._base = {
                "id": event.id or new_id("cmpl-"),
                "object": "text_completion",
                "created": event.created if event.created is not None else int(time()),
                "model": event.model or self._request.model,
            }

    def _chunk(self, choice: int, text: str, finish: str | None) -> bytes:
        self._begin(Began())
        return self._event({"choices": [{"index": choice, "text": text, "logprobs": None, "finish_reason": finish}]})

    def _event(self, members: dict[str, Any]) -> bytes:
        return b"data: " + msgspec.json.encode({**self._base, **members}) + b"\n\n"
