"""Gemini's ``generateContent``, on Google's own API and on Vertex AI; shape only.

https://ai.google.dev/api/generate-content. Members are read under either spelling, as Google's servers do: ``systemInstruction`` and
``system_instruction``.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

__all__ = (
    "Answer",
    "Candidate",
    "Content",
    "Feedback",
    "GenerationConfig",
    "Part",
    "Request",
    "Thinking",
    "ToolConfig",
    "Usage",
    "camel",
    "camelled",
)

_OPAQUE: Final = frozenset(
    {"args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema", "labels", "details"}
)
"""Members that hold the user's own data: nothing in them is a name of Google's."""


class Blob(msgspec.Struct, rename="camel"):
    """``inlineData``."""

    mime_type: str | None = None
    data: str = ""
    display_name: str | None = None


class FileData(msgspec.Struct, rename="camel"):
    """``fileData``."""

    file_uri: str = ""
    mime_type: str | None = None


class FunctionCall(msgspec.Struct):
    """``functionCall``; an ``id`` is there where the model gives one."""

    name: str = ""
    args: dict[str, Any] | None = None
    id: str | None = None


class FunctionResponse(msgspec.Struct):
    """``functionResponse``."""

    name: str = ""
    response: Any = None
    id: str | None = None


class Part(msgspec.Struct, rename="camel"):
    """A part of a turn; which of its members is there says what it is."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    executable_code: dict[str, Any] | None = None
    code_execution_result: dict[str, Any] | None = None


class Content(msgspec.Struct):
    """A turn."""

    parts: list[Part] | None = None
    role: str | None = None


class Function(msgspec.Struct, rename="camel"):
    """A declaration of a function."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    parameters_json_schema: dict[str, Any] | None = None


class FunctionCalling(msgspec.Struct, rename="camel"):
    """``toolConfig.functionCallingConfig``."""

    mode: str | None = None
    allowed_function_names: list[str] | None = None


class ToolConfig(msgspec.Struct, rename="camel"):
    """``toolConfig``."""

    function_calling_config: FunctionCalling | None = None


class Thinking(msgspec.Struct, rename="camel"):
    """``generationConfig.thinkingConfig``."""

    thinking_budget: int | None = None
    thinking_level: str | None = None
    include_thoughts: bool | None = None


class GenerationConfig(msgspec.Struct, rename="camel"):
    """``generationConfig``."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    max_output_tokens: int | None = None
    stop_sequences: list[str] | None = None
    candidate_count: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    response_mime_type: str | None = None
    response_schema: dict[str, Any] | None = None
    response_json_schema: dict[str, Any] | None = None
    thinking_config: Thinking | None = None


class Request(msgspec.Struct, rename="camel"):
    """The body of a request."""

    contents: list[Content]
    system_instruction: Content | str | None = None
    tools: list[dict[str, Any]] | None = None
    tool_config: ToolConfig | None = None
    generation_config: GenerationConfig | None = None
    labels: dict[str, str] | None = None
    prompt_variables: Any = None


class Modality(msgspec.Struct, rename="camel"):
    """Tokens of one kind of content."""

    modality: str = ""
    token_count: int | None = None


class Usage(msgspec.Struct, rename="camel"):
    """``usageMetadata``; the prompt holds what came from the cache, the candidates are without the thoughts."""

    prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    prompt_tokens_details: list[Modality] | None = None
    candidates_tokens_details: list[Modality] | None = None


class Candidate(msgspec.Struct, rename="camel"):
    """One of the answers."""

    content: Content | None = None
    finish_reason: str | None = None
    index: int = 0
    grounding_metadata: dict[str, Any] | None = None


class Feedback(msgspec.Struct, rename="camel"):
    """``promptFeedback``."""

    block_reason: str | None = None


class Answer(msgspec.Struct, rename="camel"):
    """The body of an answer, and an event of a stream."""

    candidates: list[Candidate] | None = None
    prompt_feedback: Feedback | None = None
    usage_metadata: Usage | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: Any = None


def camelled(value: Any) -> Any:
    """JSON with Google's names in their usual spelling."""
    if isinstance(value, list):
        return [camelled(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    named = {camel(name): inner for name, inner in value.items()}
    return {name: inner if name in _OPAQUE else camelled(inner) for name, inner in named.items()}


def camel(name: str) -> str:
    """A name in Google's usual spelling."""
    first, *rest = name.strip("_").split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
