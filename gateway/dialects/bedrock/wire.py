"""Bedrock's Converse; shape only, and only what is read: answers and events.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. A union of AWS is an object with one member.
"""

from typing import Any

import msgspec

__all__ = (
    "Answer",
    "Block",
    "CacheDetail",
    "Delta",
    "Event",
    "Message",
    "Output",
    "ReasoningContent",
    "ReasoningText",
    "Start",
    "ToolUse",
    "Usage",
)


class ToolUse(msgspec.Struct, rename="camel"):
    """A call. ``input`` is an object in an answer, a piece of its JSON text in a stream."""

    tool_use_id: str = ""
    name: str = ""
    input: Any = None


class ReasoningText(msgspec.Struct):
    """A thought that can be read."""

    text: str = ""
    signature: str | None = None


class ReasoningContent(msgspec.Struct, rename="camel"):
    """A thought; ``text`` and ``signature`` are those of a stream."""

    reasoning_text: ReasoningText | None = None
    redacted_content: str | None = None
    text: str | None = None
    signature: str | None = None


class Image(msgspec.Struct):
    """An image that a model made."""

    format: str = "png"
    source: dict[str, Any] = {}


class CitationsContent(msgspec.Struct):
    """Text with its sources."""

    content: list[dict[str, Any]] = []
    citations: list[dict[str, Any]] = []


class Block(msgspec.Struct, rename="camel"):
    """A block of a message's content."""

    text: str | None = None
    tool_use: ToolUse | None = None
    reasoning_content: ReasoningContent | None = None
    citations_content: CitationsContent | None = None
    image: Image | None = None


class Message(msgspec.Struct):
    """A turn."""

    content: list[Block] = []


class Output(msgspec.Struct):
    """``output``."""

    message: Message | None = None


class CacheDetail(msgspec.Struct, rename="camel"):
    """What was written to the cache, by how long it stays."""

    ttl: str = ""
    input_tokens: int = 0


class Usage(msgspec.Struct, rename="camel"):
    """``usage``; ``inputTokens`` is without what came from the cache or went there."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    cache_details: list[CacheDetail] | None = None


class Answer(msgspec.Struct, rename="camel"):
    """The body of an answer."""

    output: Output | None = None
    stop_reason: str | None = None
    usage: Usage | None = None


class Delta(msgspec.Struct, rename="camel"):
    """``delta`` of an event."""

    text: str | None = None
    tool_use: ToolUse | None = None
    reasoning_content: ReasoningContent | None = None
    citation: dict[str, Any] | None = None


class Start(msgspec.Struct, rename="camel"):
    """``start`` of an event: there is one for calls alone."""

    tool_use: ToolUse | None = None


class Event(msgspec.Struct, rename="camel"):
    """One event of a stream, whatever its name is; ``message`` is an exception's."""

    content_block_index: int = 0
    start: Start | None = None
    delta: Delta | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    message: str | None = None
