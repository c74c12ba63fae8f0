"""OpenAI's chat completions, and what other vendors' servers and clients add to them; shape only.

https://platform.openai.com/docs/api-reference/chat. Beyond it: ``reasoning_content`` and ``thinking_blocks`` (thoughts, as text and with their
signatures), ``cache_control`` on parts (Anthropic's), ``extra_content.google.thought_signature`` on tool calls (Gemini's), ``top_k``.
"""

from typing import Any

import msgspec

__all__ = (
    "Annotation",
    "Answer",
    "AudioInput",
    "Call",
    "Choice",
    "Chunk",
    "ChunkChoice",
    "ContentPart",
    "Delta",
    "DeltaCall",
    "DeltaFunction",
    "File",
    "Function",
    "FunctionSchema",
    "Image",
    "InputDetails",
    "Message",
    "OutputDetails",
    "Request",
    "ResponseFormat",
    "ThinkingBlock",
    "ToolDeclaration",
    "Usage",
)


class Image(msgspec.Struct):
    """``image_url``."""

    url: str
    detail: str | None = None


class AudioInput(msgspec.Struct):
    """``input_audio``."""

    data: str
    format: str


class File(msgspec.Struct):
    """``file``."""

    file_id: str | None = None
    file_data: str | None = None
    filename: str | None = None


class ContentPart(msgspec.Struct):
    """A part of a message; ``type`` says which of the others is there."""

    type: str
    text: str | None = None
    image_url: Image | str | None = None
    input_audio: AudioInput | None = None
    file: File | None = None
    refusal: str | None = None
    thinking: Any = None
    cache_control: dict[str, Any] | None = None


class Function(msgspec.Struct):
    """The function of a call."""

    name: str = ""
    arguments: str | None = None


class Call(msgspec.Struct):
    """A tool call."""

    id: str = ""
    function: Function | None = None
    type: str = "function"
    extra_content: dict[str, Any] | None = None


class ThinkingBlock(msgspec.Struct):
    """A thought with its signature."""

    type: str = "thinking"
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None


class Annotation(msgspec.Struct):
    """A citation."""

    type: str = ""
    url_citation: dict[str, Any] | None = None


class Message(msgspec.Struct):
    """A message, in a request or in an answer."""

    role: str = "assistant"
    content: str | list[ContentPart] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None
    function_call: Function | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking_blocks: list[ThinkingBlock] | None = None
    annotations: list[Annotation] | None = None
    cache_control: dict[str, Any] | None = None


class FunctionSchema(msgspec.Struct):
    """A function that may be called."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class ToolDeclaration(msgspec.Struct):
    """A tool that may be called."""

    type: str = "function"
    function: FunctionSchema | None = None
    cache_control: dict[str, Any] | None = None


class JsonSchema(msgspec.Struct):
    """``response_format.json_schema``."""

    name: str = "answer"
    schema: dict[str, Any] | None = None
    description: str | None = None
    strict: bool | None = None


class ResponseFormat(msgspec.Struct):
    """``response_format``."""

    type: str
    json_schema: JsonSchema | None = None


class StreamOptions(msgspec.Struct):
    """``stream_options``."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Request(msgspec.Struct):
    """The body of a request."""

    model: str
    messages: list[Message]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    functions: list[FunctionSchema] | None = None
    function_call: Any = None
    response_format: ResponseFormat | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    reasoning_effort: str | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    verbosity: str | None = None
    prompt_variables: Any = None


class InputDetails(msgspec.Struct):
    """``prompt_tokens_details``: parts of ``prompt_tokens``."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None


class OutputDetails(msgspec.Struct):
    """``completion_tokens_details``: parts of ``completion_tokens``."""

    reasoning_tokens: int | None = None
    audio_tokens: int | None = None


class Usage(msgspec.Struct):
    """``usage``; ``prompt_tokens`` holds what came from a cache, ``completion_tokens`` the reasoning, as a rule: ``completed`` knows.

    ``prompt_cache_hit_tokens`` is DeepSeek's name for what came from its cache, ``reasoning_tokens`` Perplexity's place for them.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    prompt_cache_hit_tokens: int | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None


class Choice(msgspec.Struct):
    """One of the answers."""

    index: int = 0
    message: Message | None = None
    finish_reason: str | None = None


class Answer(msgspec.Struct):
    """The body of an answer. ``error`` is what some servers send with status 200."""

    id: str | None = None
    model: str | None = None
    created: int | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Any = None


class DeltaFunction(msgspec.Struct):
    """A piece of a function call."""

    name: str | None = None
    arguments: str | None = None


class DeltaCall(msgspec.Struct):
    """A piece of a tool call."""

    index: int | None = None
    id: str | None = None
    function: DeltaFunction | None = None
    extra_content: dict[str, Any] | None = None


class Delta(msgspec.Struct):
    """A piece of a message."""

    content: str | list[ContentPart] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking_blocks: list[ThinkingBlock] | None = None
    tool_calls: list[DeltaCall] | None = None
    function_call: DeltaFunction | None = None
    annotations: list[Annotation] | None = None


class ChunkChoice(msgspec.Struct):
    """A piece of one of the answers."""

    index: int = 0
    delta: Delta | None = None
    finish_reason: str | None = None


class Chunk(msgspec.Struct):
    """One event of a stream."""

    id: str | None = None
    model: str | None = None
    created: int | None = None
    choices: list[ChunkChoice] | None = None
    usage: Usage | None = None
    error: Any = None
