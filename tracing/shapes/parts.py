"""Messages and their parts as the GenAI conventions write them (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/)."""

from typing import Any, Final

__all__ = ("Item", "blob", "call", "is_standard", "result", "text", "thought", "turn", "uri")

Item = dict[str, Any]
"""A JSON object."""

_BODY: Final = ("parts", "content")


def turn(role: object, parts: list[Item]) -> Item:
    """A message."""
    return {"role": role if isinstance(role, str) else "", "parts": parts}


def text(said: object) -> Item:
    """Something said."""
    return {"type": "text", "content": said}


def thought(said: object) -> Item:
    """Something thought aloud by the model."""
    return {"type": "reasoning", "content": said}


def call(call_id: object, name: object, arguments: object) -> Item:
    """A tool that the model asked for."""
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}


def result(call_id: object, response: object) -> Item:
    """What a tool answered."""
    return {"type": "tool_call_response", "id": call_id, "response": response}


def blob(mime: object, data: object) -> Item:
    """Bytes in base64. ``mime``: their type, ``image/png``, or its first half alone."""
    return {"type": "blob", **_kind(mime), "content": data}


def uri(mime: object, address: object) -> Item:
    """Something that lies elsewhere, with a type as of ``blob``."""
    return {"type": "uri", **_kind(mime), "uri": address}


def is_standard(item: Item) -> bool:
    """Whether a message is in the shape of the conventions, or in OpenAI's or Anthropic's, whose parts name their type, too."""
    if not isinstance(item.get("role"), str):
        return False
    bodies = [item[key] for key in _BODY if key in item]
    return bool(bodies or item.get("tool_calls")) and all(_is_body(body) for body in bodies)


def _kind(mime: object) -> Item:
    if not isinstance(mime, str):
        return {}
    modality, slash, _ = mime.partition("/")
    return {"modality": modality, **({"mime_type": mime} if slash else {})}


def _is_body(body: object) -> bool:
    if isinstance(body, list):
        return all(isinstance(part, str) or (isinstance(part, dict) and "type" in part) for part in body)
    return body is None or isinstance(body, str)
