"""Gemini: the API's camel case and the SDK's snake case (https://ai.google.dev/api/generate-content)."""

from typing import Any, Final

from tracing.shapes.parts import Item, blob, call, result, text, thought, turn, uri

__all__ = ("held", "turns")

_FINISHES: Final = {"MAX_TOKENS": "length", "SAFETY": "content_filter", "MALFORMED_FUNCTION_CALL": "error"}
"""Reasons that the conventions have another word for; the others are in small letters there."""


def held(value: Item) -> object:
    """The contents of a request, behind its system instruction; the candidates of an answer."""
    if isinstance(candidates := value.get("candidates"), list):
        return candidates
    contents = value.get("contents")
    if not isinstance(contents, str | list | dict) or not contents:
        return None
    said = [_content(each) for each in (contents if isinstance(contents, list) else [contents])]
    config = value.get("config")
    instruction = _either(value, "system_instruction", "systemInstruction") or (
        config.get("system_instruction") if isinstance(config, dict) else None
    )
    return [{**_content(instruction), "role": "system"}, *said] if instruction else said


def turns(item: Item) -> list[Item] | None:
    """A content, or what holds one: a candidate, a request for an embedding."""
    finish = _either(item, "finish_reason", "finishReason")
    told = _turn(item["content"] if isinstance(item.get("content"), dict) else item)
    return told if told is None else [{**told, "finish_reason": _FINISHES.get(finish, finish.lower())} if isinstance(finish, str) else told]


def _turn(content: Item) -> Item | None:
    parts = content.get("parts")
    if not isinstance(parts, list) or not all(isinstance(part, dict) and "part_kind" not in part for part in parts):
        return None
    return turn("assistant" if content.get("role") == "model" else content.get("role") or "user", [_part(part) for part in parts])


def _content(value: Any) -> Any:
    """A content, or what the SDK makes one of: a text, a part, a list of these."""
    if isinstance(value, dict):
        return value if "parts" in value or "content" in value else turn("user", [_part(value)])
    if isinstance(value, list) and all(isinstance(each, str | dict) for each in value):
        return turn("user", [text(each) if isinstance(each, str) else _part(each) for each in value])
    return turn("user", [text(value)])


def _part(part: Item) -> Item:
    if isinstance(said := part.get("text"), str):
        return thought(said) if part.get("thought") else text(said)
    if isinstance(asked := _either(part, "function_call", "functionCall"), dict):
        return call(asked.get("id") or asked.get("name"), asked.get("name"), asked.get("args"))
    if isinstance(answer := _either(part, "function_response", "functionResponse"), dict):
        return result(answer.get("id") or answer.get("name"), answer.get("response"))
    if isinstance(data := _either(part, "inline_data", "inlineData"), dict):
        return blob(_either(data, "mime_type", "mimeType"), data.get("data"))
    if isinstance(file := _either(part, "file_data", "fileData"), dict):
        return uri(_either(file, "mime_type", "mimeType"), _either(file, "file_uri", "fileUri"))
    return part if "type" in part else {"type": "part", **{key: value for key, value in part.items() if value is not None}}


def _either(value: Item, snake: str, camel: str) -> Any:
    return value.get(snake) or value.get(camel)
