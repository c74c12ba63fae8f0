"""Parts of a message, as OpenAI's chat writes them, in requests and in answers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.dialects.names import media_name
from gateway.dialects.types import Citation, Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

__all__ = ("annotation", "call_extra", "content_parts", "describe", "url_of", "written_calls")


def content_parts(parts: Iterable[Part], dropped: list[str]) -> Iterator[dict[str, Any]]:
    """Parts of a message's ``content``; what has no form here is named in ``dropped``."""
    for part in parts:
        match part:
            case Text() | Refusal():
                yield {"type": "text", "text": part.text}
            case Media():
                written = _media(part)
                if written is None:
                    dropped.append(media_name(part))
                else:
                    yield written
            case Reasoning():
                dropped.append("reasoning of earlier turns")
            case ToolCall() | ToolResult():
                dropped.append("tool_calls")


def describe(media: Media) -> str:
    """A medium in a few words."""
    means = "url" if media.url else "file_id" if media.file_id else "data"
    return f"{media.kind}.{means}" if media.name is None else f"{media.kind} {media.name!r}"


def url_of(media: Media) -> str | None:
    """The address of a medium, or the medium itself as a ``data:`` URL."""
    if media.data is not None:
        return f"data:{media.media_type or 'application/octet-stream'};base64,{media.data}"
    return media.url


def written_calls(calls: Iterable[ToolCall], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """``tool_calls`` of a message."""
    return [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": names.get(call.name, call.name), "arguments": call.arguments},
            **call_extra(call.signature),
        }
        for call in calls
    ]


def call_extra(signature: str | None) -> dict[str, Any]:
    """``extra_content`` of a tool call, in which Gemini's signature travels in this dialect."""
    return {} if signature is None else {"extra_content": {"google": {"thought_signature": signature}}}


def annotation(citation: Citation) -> dict[str, Any] | None:
    """A source on the web; the dialect knows no others."""
    if citation.url is None:
        return None
    values = {"url": citation.url, "title": citation.title or "", "start_index": citation.start or 0, "end_index": citation.end or 0}
    return {"type": "url_citation", "url_citation": values}


def _media(media: Media) -> dict[str, Any] | None:
    if media.text is not None:
        return {"type": "text", "text": media.text}
    url = url_of(media)
    if media.kind == "image" and url is not None:
        return {"type": "image_url", "image_url": {"url": url} | ({"detail": media.detail} if media.detail else {})}
    if media.kind == "audio" and media.data is not None:
        return {"type": "input_audio", "input_audio": {"data": media.data, "format": _sound(media.media_type)}}
    if media.kind == "document" and (media.data is not None or media.file_id is not None):
        return {"type": "file", "file": _file(media)}
    return None


def _sound(media_type: str | None) -> str:
    form = (media_type or "audio/wav").rpartition("/")[2].removeprefix("x-")
    return {"mpeg": "mp3", "wave": "wav"}.get(form, form)


def _file(media: Media) -> dict[str, Any]:
    if media.data is None:
        return {"file_id": media.file_id}
    return {"file_data": url_of(media), "filename": media.name or "document.pdf"}
