"""OpenAI's answers, read from a copy: what the span needs to know of them."""

from collections.abc import Sequence
from functools import cached_property
from typing import overload

import msgspec
from typing_extensions import override

from gateway.errors import UpstreamBroken
from gateway.types import Message, Observation, Operation, Usage
from gateway.wire.openai import AnswerHead, EmbeddingAnswer, WireUsage, completed
from tracing.openai_chat import message_parts, read_choices
from tracing.unreadable import UNREADABLE

__all__ = ("UnreadMessages", "read_answer", "read_usage")

_CHAT = msgspec.json.Decoder(AnswerHead)
_EMBEDDING = msgspec.json.Decoder(EmbeddingAnswer)


class UnreadMessages(Sequence[Message]):
    """The messages of a whole answer, read when somebody looks at them: a plain request's are read when its span is stored."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    @cached_property
    def _messages(self) -> list[Message]:
        try:
            choices = read_choices(self.answer)
        except UNREADABLE:
            return []
        said = ((choice.said(), choice.finish_reason) for choice in choices)
        return [Message(message.role or "assistant", message_parts(message), finish) for message, finish in said if message is not None]

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> list[Message]: ...
    @override
    def __getitem__(self, index: int | slice) -> Message | list[Message]:
        return self._messages[index]

    @override
    def __len__(self) -> int:
        return len(self._messages)


def read_answer(operation: Operation, body: bytes) -> Observation:
    """Read a whole answer. Raises ``UpstreamBroken`` when it is not what the dialect promises."""
    try:
        return _embedding(_EMBEDDING.decode(body)) if operation is Operation.EMBEDDINGS else _chat(body)
    except UNREADABLE as error:
        raise UpstreamBroken("The provider's answer is not JSON of OpenAI's form.") from error


def read_usage(usage: WireUsage | None) -> Usage | None:
    """The upstream's own figures; ``None`` when it gave none."""
    if usage is None or (usage.prompt_tokens is None and usage.completion_tokens is None):
        return None
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    cached = prompt.cached_tokens if prompt else None
    output, reasoning = completed(usage, completion.reasoning_tokens if completion else None)
    return Usage(
        input_tokens=usage.prompt_tokens,
        output_tokens=output,
        cache_read_tokens=cached if cached is not None else usage.prompt_cache_hit_tokens,
        cache_write_tokens=prompt.cache_write_tokens if prompt else None,
        reasoning_tokens=reasoning,
    )


def _chat(body: bytes) -> Observation:
    answer = _CHAT.decode(body)
    return Observation(
        response_id=answer.id,
        model=answer.model,
        finish_reasons=tuple([choice.finish_reason for choice in answer.choices or () if choice.finish_reason]),
        messages=UnreadMessages(body) if answer.choices else (),
        usage=read_usage(answer.usage),
        error=None if answer.error is None else "upstream_error",
    )


def _embedding(answer: EmbeddingAnswer) -> Observation:
    return Observation(model=answer.model, usage=read_usage(answer.usage))
