"""A conversation as Gemini takes it: two roles in turn, the user first, results of functions by name, nothing empty. Pure."""

import mimetypes
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.dialects.names import call_names, media_name
from gateway.dialects.reading import arguments
from gateway.dialects.types import DialectName, Media, Message, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

__all__ = ("turns",)

Turn = dict[str, Any]

PLACEHOLDER: Final = "."
"""Stands where the vendor insists on text and the client gave none."""

NO_SIGNATURE: Final = "skip_thought_signature_validator"
"""What Google documents for a call whose thought somebody else had: https://ai.google.dev/gemini-api/docs/thought-signatures."""

_TYPES: Final = {"image": "image/jpeg", "document": "application/pdf", "audio": "audio/wav", "video": "video/mp4"}


def turns(messages: Iterable[Message], names: Mapping[str, str], dropped: list[str], *, signed_calls: bool) -> list[Turn]:
    """The messages, merged into turns."""
    messages = tuple(messages)
    called = call_names(messages)
    merged: list[Turn] = []
    for message in messages:
        role = "model" if message.role == "assistant" else "user"
        parts = list(_parts(message.parts, names, called, dropped))
        if role == "model" and signed_calls:
            _sign(parts)
        if message.role == "user" and not parts:
            parts = [{"text": PLACEHOLDER}]
        if merged and merged[-1]["role"] == role:
            merged[-1]["parts"] += parts
        elif parts:
            merged.append({"role": role, "parts": parts})
    if not merged or merged[0]["role"] == "model":
        merged.insert(0, {"role": "user", "parts": [{"text": PLACEHOLDER}]})
    return merged


def _parts(parts: Iterable[Part], names: Mapping[str, str], called: Mapping[str, str], dropped: list[str]) -> Iterator[dict[str, Any]]:
    """A signature that came back as a thought of its own belongs to what follows it."""
    signature: str | None = None
    for part in parts:
        match part:
            case Text(text=text) if text or part.signature:
                yield {"text": text} | _signed(part.signature or signature)
            case Refusal(text) if text:
                yield {"text": text}
            case Media():
                yield from _media(part, dropped)
            case ToolCall():
                call = {"name": names.get(part.name, part.name), "args": arguments(part.arguments)}
                yield {"functionCall": call} | _signed(part.signature or signature)
            case ToolResult():
                yield from _result(part, names, called, dropped)
            case Reasoning() if part.origin is DialectName.GEMINI and part.signature is not None:
                signature = part.signature
                continue
            case Reasoning():
                dropped.append("reasoning of earlier turns")
                continue
            case _:
                continue
        signature = None


def _signed(signature: str | None) -> dict[str, Any]:
    return {} if signature is None else {"thoughtSignature": signature}


def _sign(parts: list[dict[str, Any]]) -> None:
    """The first call of a turn must be signed; the others of the same thought are not."""
    first = next((part for part in parts if "functionCall" in part), None)
    if first is not None:
        first.setdefault("thoughtSignature", NO_SIGNATURE)


def _result(part: ToolResult, names: Mapping[str, str], called: Mapping[str, str], dropped: list[str]) -> Iterator[dict[str, Any]]:
    """A response is an object; what else the tool gave back is shown beside it."""
    name = part.name or called.get(part.call_id, "")
    text = "\n".join(each.text or "" for each in part.parts if isinstance(each, Text) or each.text is not None)
    response = {"error" if part.is_error else "output": text}
    yield {"functionResponse": {"name": names.get(name, name) or "tool", "response": response}}
    for each in part.parts:
        if isinstance(each, Media) and each.text is None:
            yield from _media(each, dropped)


def _media(media: Media, dropped: list[str]) -> Iterator[dict[str, Any]]:
    if media.detail not in {None, "auto"}:
        dropped.append("image.detail")
    if media.text is not None:
        yield {"text": media.text}
    elif media.data is not None:
        yield {"inlineData": {"mimeType": media.media_type or _TYPES[media.kind], "data": media.data}}
    elif media.url is not None:
        yield {"fileData": {"mimeType": media.media_type or _guessed(media), "fileUri": media.url}}
    else:
        dropped.append(media_name(media))


def _guessed(media: Media) -> str:
    """The type of a medium, guessed by its address. The vendor looks at what it gets."""
    return mimetypes.guess_type(urlsplit(media.url or "").path)[0] or _TYPES[media.kind]
