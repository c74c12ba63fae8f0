"""What a request could not say to its target, in the words in which the client said it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from gateway.dialects.gemini.wire import camel, camelled
from gateway.dialects.types import DialectName
from tracing.unreadable import UNREADABLE

__all__ = ("callers_words",)

_CHAT, _RESPONSES = DialectName.OPENAI_CHAT, DialectName.OPENAI_RESPONSES
_ANTHROPIC, _GEMINI = DialectName.ANTHROPIC, DialectName.GEMINI

_SAMPLING: Final[Mapping[str, str]] = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "n": "candidateCount",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
    "stop": "stopSequences",
}
_BLOCKS: Final = ("messages.content.{kind}.source.{means}", "messages.content.tool_result.content.{kind}.source.{means}")

_PATHS: Final[Mapping[DialectName, Mapping[str, tuple[str, ...]]]] = {
    _CHAT: {
        "reasoning": ("reasoning_effort",),
        "reasoning of earlier turns": (
            "messages.thinking_blocks", "messages.reasoning_content", "messages.reasoning", "messages.content.thinking",
        ),
        "cache_control": (
            "messages.cache_control", "messages.content.cache_control", "tools.cache_control",
        ),
        "name": ("messages.name",),
        "tool_calls": ("messages.tool_calls",),
        "image": ("messages.content.image_url",),
        "image.detail": ("messages.content.image_url.detail",),
        "audio": ("messages.content.input_audio",),
        "document.data": ("messages.content.file.file_data",),
        "document.file_id": ("messages.content.file.file_id",),
    },
    _RESPONSES: {
        "reasoning of earlier turns": ("input.reasoning",),
        "response_format": ("text.format",),
        "verbosity": ("text.verbosity",),
        "user": ("user", "safety_identifier"),
        "image": ("input.content.input_image.image_url", "input.output.input_image.image_url"),
        "image.file_id": ("input.content.input_image.file_id", "input.output.input_image.file_id"),
        "image.detail": ("input.content.input_image.detail", "input.output.input_image.detail"),
        "audio": ("input.content.input_audio", "input.output.input_audio"),
        "document.data": ("input.content.input_file.file_data", "input.output.input_file.file_data"),
        "document.url": ("input.content.input_file.file_url", "input.output.input_file.file_url"),
        "document.file_id": ("input.content.input_file.file_id", "input.output.input_file.file_id"),
    },
    _ANTHROPIC: {
        "reasoning": ("thinking", "output_config.effort"),
        "reasoning of earlier turns": ("messages.content.thinking", "messages.content.redacted_thinking"),
        "response_format": ("output_config.format", "output_format"),
        "parallel_tool_calls": ("tool_choice.disable_parallel_tool_use",),
        "stop": ("stop_sequences",),
        "user": ("metadata.user_id",),
        "cache_control": (
            "system.cache_control", "messages.content.cache_control", "messages.content.tool_result.content.cache_control",
            "tools.cache_control",
        ),
        "is_error": ("messages.content.tool_result.is_error",),
        "tool_calls": ("messages.content.tool_use",),
        **{
            f"{kind}.{means}": tuple(path.format(kind=kind, means=means) for path in _BLOCKS)
            for kind in ("image", "document")
            for means in ("data", "url", "file_id")
        },
    },
    _GEMINI: {
        "reasoning": ("generationConfig.thinkingConfig",),
        "reasoning of earlier turns": ("contents.parts.thought",),
        "response_format": (
            "generationConfig.responseJsonSchema", "generationConfig.responseSchema", "generationConfig.responseMimeType",
        ),
        "tool_choice": ("toolConfig.functionCallingConfig",),
        "metadata": ("labels",),
        "is_error": ("contents.parts.functionResponse.response.error",),
        "tool_calls": ("contents.parts.functionCall",),
        **{name: (f"generationConfig.{path}",) for name, path in _SAMPLING.items()},
        **{f"{kind}.data": ("contents.parts.inlineData",) for kind in ("image", "document", "audio", "video")},
        **{f"{kind}.url": ("contents.parts.fileData",) for kind in ("image", "document", "audio", "video")},
    },
}  # fmt: skip
"""Where each dialect says what another name here stands for, most usual first. What is not listed has OpenAI's name, or is said nowhere."""


def callers_words(dropped: Iterable[str], extra: Iterable[str], body: bytes, dialect: DialectName) -> tuple[str, ...]:
    """Paths in ``body`` of what ``dropped`` names in the words of ``gateway.dialects.types``; names in ``extra`` are the client's already.

    Lists are passed over (``tools.cache_control``), a part or an item may be named by its type (``messages.content.image``), and what was said in
    several places is named with all of them. A reason in brackets stays behind its name.
    """
    sent = _decoded(body)
    read = camelled(sent) if dialect is _GEMINI else sent
    taken = frozenset(extra)
    told = [each for name in dropped for each in ([name] if name in taken else _told(name, read, dialect))]
    return tuple(dict.fromkeys(_spelled(each, sent) for each in told) if dialect is _GEMINI else dict.fromkeys(told))


def _decoded(body: bytes) -> Any:
    """``None`` where a member that nobody here reads cannot be: where the others stand is then told by what is usual."""
    try:
        return msgspec.json.decode(body)
    except UNREADABLE:
        return None


def _told(name: str, sent: Any, dialect: DialectName) -> Iterator[str]:
    plain, bracket, reason = name.partition(" (")
    paths = _paths(plain, dialect)
    found = [path for path in paths if _is_said(sent, path.split("."))]
    for path in found or paths[:1]:
        yield path + bracket + reason


def _paths(name: str, dialect: DialectName) -> tuple[str, ...]:
    known = _PATHS.get(dialect, {})
    return known.get(name) or known.get(name.partition(".")[0]) or (name,)


def _is_said(value: Any, path: list[str]) -> bool:
    """Whether there is anything at ``path``; ``null`` and ``false`` say nothing."""
    if isinstance(value, list):
        return any(_is_said(each, path) for each in value)
    if not path:
        return value is not None and value is not False
    if not isinstance(value, dict):
        return False
    name, *rest = path
    return (name in value and _is_said(value[name], rest)) or (value.get("type") == name and _is_said(value, rest))


def _spelled(path: str, sent: Any) -> str:
    """A path in the spelling of the client, of the two that Google's servers read."""
    plain, bracket, reason = path.partition(" (")
    return ".".join(_spelling(plain.split("."), [sent])) + bracket + reason


def _spelling(names: list[str], values: list[Any]) -> Iterator[str]:
    for name in names:
        values = [each for value in values for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
        written = next((each for value in values for each in value if camel(each) == name), name)
        yield written
        values = [value[written] for value in values if written in value]
