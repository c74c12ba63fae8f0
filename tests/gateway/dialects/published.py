"""What the vendors publish of their requests, as a judge of what is sent to them: the types of their own SDKs, and AWS's service model."""

import json
from functools import cache

from gateway.dialects.types import DialectName
from tests.gateway.dialects.awsmodel import faults
from tests.gateway.dialects.shapes import misfit

__all__ = ("complaint",)


def complaint(dialect: DialectName, body: bytes, model: str = "m") -> str | None:
    """The first thing that the vendor's published schema has no place for; ``None`` when all fits, or where nothing is published that could be asked."""
    sent = json.loads(body)
    if sent.get("model", model).startswith(("claude-3", "claude-sonnet-4", "claude-opus-4")):
        sent = {name: value for name, value in sent.items() if name not in OLDER.get(dialect, ())}
    if dialect is DialectName.GEMINI:
        return _gemini(sent)
    if dialect is DialectName.BEDROCK:
        return "; ".join(faults("Converse", body, modelId=model)) or None
    shape = _typed().get(dialect)
    return None if shape is None else misfit(sent, shape)


OLDER = {DialectName.ANTHROPIC: {"temperature", "top_p", "top_k"}}
"""Members that the newest models, and with them the SDK, have no more: sent to older ones alone."""


@cache
def _typed() -> dict[DialectName, object]:
    from anthropic.types.message_create_params import MessageCreateParams
    from openai.types.chat.completion_create_params import CompletionCreateParams
    from openai.types.responses.response_create_params import ResponseCreateParams

    return {
        DialectName.ANTHROPIC: MessageCreateParams,
        DialectName.OPENAI_CHAT: CompletionCreateParams,
        DialectName.OPENAI_RESPONSES: ResponseCreateParams,
    }


@cache
def _gemini_members() -> dict[str, object]:
    """https://ai.google.dev/api/generate-content#request-body: the SDK declares its members one by one, and refuses those that they do not have."""
    from google.genai import types
    from pydantic import TypeAdapter

    shapes = {
        "contents": list[types.Content],
        "systemInstruction": types.Content,
        "tools": list[types.Tool],
        "toolConfig": types.ToolConfig,
        "safetySettings": list[types.SafetySetting],
        "generationConfig": types.GenerationConfig,
        "cachedContent": str,
        "labels": dict[str, str],
    }
    return {name: TypeAdapter(shape) for name, shape in shapes.items()}


def _gemini(sent: dict) -> str | None:
    from pydantic import ValidationError

    for name, value in sent.items():
        adapter = _gemini_members().get(name)
        if adapter is None:
            return f"generateContent has no {name!r}"
        try:
            adapter.validate_python(value, by_alias=True, by_name=False)
        except ValidationError as error:
            return f"{name}: {error}"
    return None if sent.get("contents") else "generateContent lacks 'contents'"
