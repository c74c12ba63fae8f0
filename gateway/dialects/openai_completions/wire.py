"""OpenAI's completions without messages; shape only.

https://platform.openai.com/docs/api-reference/completions
"""

from typing import Any

import msgspec

from gateway.dialects.openai_chat.wire import StreamOptions, Usage

__all__ = ("Answer", "Choice", "Request")


class Request(msgspec.Struct):
    """The body of a request."""

    model: str
    prompt: Any = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    user: str | None = None


class Choice(msgspec.Struct):
    """One of the answers, or a piece of it."""

    text: str = ""
    index: int = 0
    finish_reason: str | None = None


class Answer(msgspec.Struct):
    """The body of an answer, and of an event."""

    id: str | None = None
    created: int | None = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Any = None
