"""OpenAI's chat and embeddings JSON: shape only, and only the members that something here reads.

https://platform.openai.com/docs/api-reference/chat. Members whose type is the upstream's business are ``Any``: a wrong one is refused
upstream, in the vendor's own words.
"""

from typing import Any, Protocol

import msgspec

__all__ = (
    "AnswerHead",
    "ChatChunk",
    "ChoiceHead",
    "ChunkChoice",
    "CompletionDetails",
    "Delta",
    "EmbeddingAnswer",
    "FunctionDelta",
    "PromptDetails",
    "RequestHead",
    "StreamOptions",
    "ToolCallDelta",
    "WireUsage",
    "completed",
)


class StreamOptions(msgspec.Struct):
    """``stream_options`` of a request."""

    include_usage: bool | None = None


class RequestHead(msgspec.Struct):
    """What routing and the span need of a request, for every operation of this dialect."""

    model: str
    stream: bool | None = None
    stream_options: msgspec.Raw = msgspec.Raw()
    messages: msgspec.Raw = msgspec.Raw()
    input: msgspec.Raw = msgspec.Raw()
    prompt: msgspec.Raw = msgspec.Raw()
    tools: msgspec.Raw = msgspec.Raw()
    prompt_variables: dict[str, str | int | float] | None = None
    user: Any = None
    metadata: Any = None
    previous_response_id: Any = None
    store: Any = None
    temperature: Any = None
    top_p: Any = None
    max_tokens: Any = None
    max_completion_tokens: Any = None


class PromptDetails(msgspec.Struct):
    """``usage.prompt_tokens_details``: parts of ``prompt_tokens``."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class CompletionDetails(msgspec.Struct):
    """``usage.completion_tokens_details``: parts of ``completion_tokens``."""

    reasoning_tokens: int | None = None


class WireUsage(msgspec.Struct):
    """``usage``. ``prompt_cache_hit_tokens`` is DeepSeek's name for what came from its cache, ``reasoning_tokens`` Perplexity's place for them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    prompt_cache_hit_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class CountedUsage(Protocol):
    """The members of ``usage`` by which it is told whether reasoning is among the tokens of an answer."""

    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    reasoning_tokens: int | None


def completed(usage: CountedUsage, reasoning: int | None) -> tuple[int | None, int | None]:
    """Tokens of an answer with its reasoning, and those of the reasoning. ``reasoning`` is that of ``completion_tokens_details``.

    Two vendors count it beside ``completion_tokens``: Perplexity says so by the member's place, xAI by its total.
    """
    if usage.completion_tokens is None:
        return None, reasoning
    if usage.reasoning_tokens:
        return usage.completion_tokens + usage.reasoning_tokens, usage.reasoning_tokens
    if reasoning and usage.total_tokens == (usage.prompt_tokens or 0) + usage.completion_tokens + reasoning:
        return usage.completion_tokens + reasoning, reasoning
    return usage.completion_tokens, reasoning


class ChoiceHead(msgspec.Struct):
    """One of the answers of a completion, without what it says."""

    finish_reason: str | None = None


class AnswerHead(msgspec.Struct):
    """A completion, without what it says. ``error`` is what some servers send with status 200."""

    id: str | None = None
    model: str | None = None
    choices: list[ChoiceHead] | None = None
    usage: WireUsage | None = None
    error: Any = None


class FunctionDelta(msgspec.Struct):
    """A piece of a function call."""

    name: str | None = None
    arguments: str | None = None


class ToolCallDelta(msgspec.Struct):
    """A piece of a tool call; pieces with the same ``index`` belong together."""

    index: int = 0
    id: str | None = None
    function: FunctionDelta | None = None


class Delta(msgspec.Struct):
    """A piece of a message."""

    role: str | None = None
    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[ToolCallDelta] | None = None


class ChunkChoice(msgspec.Struct):
    """A piece of one of the answers."""

    index: int = 0
    delta: Delta | None = None
    text: str | None = None
    finish_reason: str | None = None


class ChatChunk(msgspec.Struct):
    """One event of a stream."""

    id: str | None = None
    model: str | None = None
    choices: list[ChunkChoice] | None = None
    usage: WireUsage | None = None
    error: Any = None


class EmbeddingAnswer(msgspec.Struct):
    """An answer of ``/v1/embeddings``, without the vectors."""

    model: str | None = None
    usage: WireUsage | None = None
