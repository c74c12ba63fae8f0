"""Items of a conversation, into the neutral form: what was one turn is several items here."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from gateway.dialects.openai_responses import wire
from gateway.dialects.reading import data_url
from gateway.dialects.signatures import opened
from gateway.dialects.types import Citation, DialectName, Media, Message, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from gateway.errors import InvalidRequest

__all__ = ("messages_of", "read_citation", "read_content", "read_output", "thought")

_OUTPUTS: Final = frozenset({"reasoning", "function_call"})
_SYSTEM: Final = frozenset({"system", "developer"})


def messages_of(items: Iterable[wire.Item], unknown: dict[str, Any]) -> Iterator[Message]:
    """Items as messages: what the model put out in a row is one, and so are results in a row."""
    role: Any = None
    parts: list[Part] = []
    for item in items:
        theirs, found = _read(item, unknown)
        if theirs is None:
            continue
        if parts and (theirs != role or theirs in {"user", "system"}):
            yield Message(role, tuple(parts))
            parts = []
        role = theirs
        parts += found
    if parts:
        yield Message(role, tuple(parts))


def read_output(item: wire.Item) -> Iterator[Part]:
    """An item of an answer, as parts."""
    match item.type:
        case "message":
            yield from read_content(item.content)
        case "reasoning":
            yield thought(item)
        case "function_call":
            yield _call(item)


def read_content(content: str | list[wire.Content] | None) -> Iterator[Part]:
    """The parts of a message."""
    if isinstance(content, str):
        if content:
            yield Text(content)
        return
    for part in content or ():
        yield _part(part)


def thought(item: wire.Item) -> Reasoning:
    """A thought: what can be read of it, and what only its vendor can."""
    told = item.content if isinstance(item.content, list) and item.content else item.summary or []
    text = "\n\n".join(part.text or "" for part in told)
    found = opened(text, item.encrypted_content, DialectName.OPENAI_RESPONSES)
    return found if found.redacted is not None else Reasoning(text=text, signature=found.signature, id=item.id, origin=found.origin)


def read_citation(annotation: dict[str, Any]) -> Citation | None:
    """A source on the web; files of the vendor's store mean nothing elsewhere."""
    if annotation.get("type") != "url_citation":
        return None
    return Citation(
        url=annotation.get("url"),
        title=annotation.get("title"),
        start=annotation.get("start_index"),
        end=annotation.get("end_index"),
        raw=annotation,
    )


def _read(item: wire.Item, unknown: dict[str, Any]) -> tuple[str | None, list[Part]]:
    if item.type in _OUTPUTS:
        return "assistant", list(read_output(item))
    if item.type == "function_call_output":
        return "tool", [_result(item)]
    if item.type == "item_reference":
        raise InvalidRequest("'item_reference' points into the store of another vendor: send the item itself.", param="input")
    if item.type != "message":
        unknown[f"input.{item.type}"] = None
        return None, []
    if item.role in _SYSTEM:
        return "system", [part for part in read_content(item.content) if isinstance(part, Text)]
    if item.role not in {"user", "assistant"}:
        raise InvalidRequest(
            f"An item of the input has the role {item.role!r}; allowed are 'user', 'assistant', 'system', 'developer'.", param="input"
        )
    return item.role, list(read_content(item.content))


def _call(item: wire.Item) -> ToolCall:
    return ToolCall(id=item.call_id or item.id or "", name=item.name or "", arguments=(item.arguments or "").strip() or "{}")


def _result(item: wire.Item) -> ToolResult:
    parts = tuple(part for part in read_content(item.output) if isinstance(part, Text | Media))
    return ToolResult(call_id=item.call_id or "", parts=parts)


def _part(part: wire.Content) -> Part:
    match part.type:
        case "input_text" | "output_text" | "text" | "summary_text" | "reasoning_text":
            cited = (read_citation(each) for each in part.annotations or ())
            return Text(part.text or "", citations=tuple(each for each in cited if each is not None))
        case "refusal":
            return Refusal(part.refusal or "")
        case "input_image":
            return _media("image", part, part.image_url)
        case "input_file":
            return _media("document", part, part.file_url, part.file_data)
        case "input_audio" if part.input_audio is not None:
            return Media(kind="audio", media_type=f"audio/{part.input_audio.get('format', 'wav')}", data=part.input_audio.get("data"))
        case other:
            raise InvalidRequest(
                f"A part of the input has the type {other!r}; allowed are 'input_text', 'input_image', 'input_file', 'output_text', 'refusal'.",
                param="input",
            )


def _media(kind: Any, part: wire.Content, url: str | None, data: str | None = None) -> Media:
    inline = data_url(data or url or "")
    media_type, inner = inline or ("application/pdf" if data else None, data)
    return Media(
        kind=kind,
        media_type=media_type,
        data=inner,
        url=url if inner is None else None,
        file_id=part.file_id,
        name=part.filename,
        detail=part.detail if kind == "image" else None,
    )
