"""A response that is kept, told as the stream of events that would have made it: each piece of text in one delta.

https://platform.openai.com/docs/api-reference/responses-streaming. Items that have no events of their own are added and done.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

__all__ = ("replayed",)

Told = tuple[str, dict[str, Any]]

_RESPONSE: Final = msgspec.json.Decoder(dict[str, Any])
_PARTS: Final = {"output_text": ("response.output_text", "text"), "refusal": ("response.refusal", "refusal")}
_WORDS: Final = {
    "function_call": ("response.function_call_arguments", "arguments"),
    "mcp_call": ("response.mcp_call_arguments", "arguments"),
    "custom_tool_call": ("response.custom_tool_call_input", "input"),
}
_ENDS: Final = frozenset({"completed", "incomplete", "failed"})


def replayed(response: bytes, after: int = -1) -> bytes:
    """Server-sent events, numbered from 0: those behind number ``after``, and in any case the last one, which holds the whole response."""
    told = list(_told(_RESPONSE.decode(response)))
    first = min(after + 1, len(told) - 1)
    return b"".join(_event(number, *each) for number, each in enumerate(told) if number >= first)


def _event(number: int, name: str, members: dict[str, Any]) -> bytes:
    data = msgspec.json.encode({"type": name, "sequence_number": number, **members})
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def _told(response: dict[str, Any]) -> Iterator[Told]:
    empty = {**response, "status": "in_progress", "output": [], "usage": None, "completed_at": None, "incomplete_details": None}
    begun = {name: value for name, value in empty.items() if name in response}
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for at, item in enumerate(response.get("output") or []):
        yield from _item(at, item)
    status = response.get("status")
    yield f"response.{status if status in _ENDS else 'completed'}", {"response": response}


def _item(at: int, item: dict[str, Any]) -> Iterator[Told]:
    place = {"item_id": item.get("id"), "output_index": at}
    kind = item.get("type")
    yield "response.output_item.added", {"output_index": at, "item": _bare(item)}
    if kind == "message":
        for index, part in enumerate(item.get("content") or []):
            yield from _part({**place, "content_index": index}, part)
    elif kind == "reasoning":
        yield from _thought(place, item)
    elif kind in _WORDS:
        yield from _words(place, item, *_WORDS[kind])
    yield "response.output_item.done", {"output_index": at, "item": item}


def _bare(item: dict[str, Any]) -> dict[str, Any]:
    """An item before anything of it was said."""
    begun = item | ({"status": "in_progress"} if "status" in item else {})
    for name, nothing in (("content", []), ("summary", []), ("arguments", ""), ("input", "")):
        if isinstance(item.get(name), type(nothing)):
            begun[name] = nothing
    return begun


def _part(place: dict[str, Any], part: dict[str, Any]) -> Iterator[Told]:
    name, member = _PARTS.get(part.get("type", ""), ("", ""))
    if not name:
        yield "response.content_part.added", {**place, "part": part}
        yield "response.content_part.done", {**place, "part": part}
        return
    text = part.get(member) or ""
    spoken = {"logprobs": part.get("logprobs") or []} if name == "response.output_text" else {}
    notes = part.get("annotations") or []
    yield "response.content_part.added", {**place, "part": part | {member: ""} | ({"annotations": []} if "annotations" in part else {})}
    if text:
        yield f"{name}.delta", {**place, "delta": text, **spoken}
    for index, note in enumerate(notes):
        yield "response.output_text.annotation.added", {**place, "annotation": note, "annotation_index": index}
    yield f"{name}.done", {**place, member: text, **spoken}
    yield "response.content_part.done", {**place, "part": part}


def _thought(place: dict[str, Any], item: dict[str, Any]) -> Iterator[Told]:
    for index, part in enumerate(item.get("summary") or []):
        at, text = {**place, "summary_index": index}, part.get("text") or ""
        yield "response.reasoning_summary_part.added", {**at, "part": part | {"text": ""}}
        yield "response.reasoning_summary_text.delta", {**at, "delta": text}
        yield "response.reasoning_summary_text.done", {**at, "text": text}
        yield "response.reasoning_summary_part.done", {**at, "part": part}
    for index, part in enumerate(item.get("content") or []):
        at, text = {**place, "content_index": index}, part.get("text") or ""
        yield "response.reasoning_text.delta", {**at, "delta": text}
        yield "response.reasoning_text.done", {**at, "text": text}


def _words(place: dict[str, Any], item: dict[str, Any], name: str, member: str) -> Iterator[Told]:
    words = item.get(member) or ""
    if words:
        yield f"{name}.delta", {**place, "delta": words}
    yield f"{name}.done", {**place, member: words, **({"name": item["name"]} if "name" in item and member == "arguments" else {})}
