"""OpenAI's Responses; shape only.

https://platform.openai.com/docs/api-reference/responses. An item is one struct whose ``type`` says which of its members are there: items of a type that
did not exist when this was written have to be read, too.
"""

from typing import Any

import msgspec

__all__ = (
    "Content",
    "Details",
    "Event",
    "InputDetails",
    "Item",
    "OutputDetails",
    "Reasoning",
    "Request",
    "Response",
    "TextConfig",
    "Usage",
)


class Content(msgspec.Struct):
    """A part of an item."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    annotations: list[dict[str, Any]] | None = None
    image_url: str | None = None
    file_id: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    filename: str | None = None
    detail: str | None = None
    input_audio: dict[str, str] | None = None


class Item(msgspec.Struct):
    """An item of the input or of the output; without a type it is a message."""

    type: str = "message"
    id: str | None = None
    role: str | None = None
    content: str | list[Content] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | list[Content] | None = None
    summary: list[Content] | None = None
    encrypted_content: str | None = None
    status: str | None = None


class Reasoning(msgspec.Struct):
    """``reasoning`` of a request."""

    effort: str | None = None
    summary: str | None = None
    generate_summary: str | None = None


class TextConfig(msgspec.Struct):
    """``text`` of a request."""

    format: dict[str, Any] | None = None
    verbosity: str | None = None


class Request(msgspec.Struct):
    """The body of a request."""

    model: str = ""
    input: str | list[Item] | None = None
    instructions: str | None = None
    stream: bool | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    top_logprobs: int | None = None
    metadata: dict[str, str] | None = None
    user: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    include: list[str] | None = None
    stream_options: Any = None
    truncation: str | None = None
    prompt: Any = None
    prompt_variables: Any = None


class InputDetails(msgspec.Struct):
    """``input_tokens_details``: parts of ``input_tokens``."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class OutputDetails(msgspec.Struct):
    """``output_tokens_details``: parts of ``output_tokens``."""

    reasoning_tokens: int | None = None


class Usage(msgspec.Struct):
    """``usage``; the input holds what came from the cache, the output the reasoning."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


class Details(msgspec.Struct):
    """``incomplete_details``."""

    reason: str | None = None


class Response(msgspec.Struct):
    """The body of an answer, and what the events at the ends of a stream hold."""

    id: str | None = None
    model: str | None = None
    created_at: float | None = None
    status: str | None = None
    output: list[Item] | None = None
    usage: Usage | None = None
    incomplete_details: Details | None = None
    error: dict[str, Any] | None = None


class Event(msgspec.Struct):
    """One event of a stream."""

    type: str = ""
    response: Response | None = None
    item: Item | None = None
    output_index: int = 0
    summary_index: int = 0
    delta: Any = None
    arguments: str | None = None
    annotation: dict[str, Any] | None = None
    code: str | None = None
    message: str | None = None
    error: Any = None
