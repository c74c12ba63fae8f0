"""Anthropic's Messages; shape only.

https://docs.anthropic.com/en/api/messages. A block is one struct whose ``type`` says which of its members are there: blocks of a type that
did not exist when this was written have to be read, too.
"""

from typing import Any

import msgspec

__all__ = (
    "Answer",
    "Block",
    "CacheCreation",
    "Chunk",
    "Delta",
    "Message",
    "OutputConfig",
    "OutputDetails",
    "Request",
    "Source",
    "Thinking",
    "Usage",
)


class Source(msgspec.Struct):
    """Where an image or a document is. ``content`` is a document made of blocks, or of text."""

    type: str
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    content: "str | list[Block] | None" = None


class Block(msgspec.Struct):
    """A block of a message's content."""

    type: str
    text: str | None = None
    citations: Any = None
    source: Source | None = None
    title: str | None = None
    context: str | None = None
    id: str | None = None
    name: str | None = None
    input: Any = None
    tool_use_id: str | None = None
    content: Any = None
    is_error: bool | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    cache_control: dict[str, Any] | None = None


class Message(msgspec.Struct):
    """A turn."""

    role: str
    content: str | list[Block]


class Thinking(msgspec.Struct):
    """``thinking`` of a request."""

    type: str
    budget_tokens: int | None = None
    display: str | None = None


class OutputConfig(msgspec.Struct):
    """``output_config`` of a request."""

    effort: str | None = None
    format: dict[str, Any] | None = None


class Request(msgspec.Struct):
    """The body of a request."""

    model: str
    messages: list[Message]
    max_tokens: int | None = None
    system: str | list[Block] | None = None
    stream: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: list[str] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: dict[str, Any] | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    service_tier: str | None = None
    prompt_variables: Any = None


class CacheCreation(msgspec.Struct):
    """``usage.cache_creation``: what was written to the cache, by how long it stays."""

    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class OutputDetails(msgspec.Struct):
    """``usage.output_tokens_details``: parts of ``output_tokens``."""

    thinking_tokens: int | None = None


class Usage(msgspec.Struct):
    """``usage``; ``input_tokens`` is without what came from the cache or went there."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: CacheCreation | None = None
    output_tokens_details: OutputDetails | None = None


class Answer(msgspec.Struct):
    """The body of an answer, and the ``message`` of a stream's beginning."""

    id: str | None = None
    type: str | None = None
    model: str | None = None
    content: list[Block] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Usage | None = None
    error: Any = None


class Delta(msgspec.Struct):
    """``delta`` of an event."""

    type: str | None = None
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    citation: dict[str, Any] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class Chunk(msgspec.Struct):
    """One event of a stream."""

    type: str
    index: int = 0
    message: Answer | None = None
    content_block: Block | None = None
    delta: Delta | None = None
    usage: Usage | None = None
    error: Any = None
