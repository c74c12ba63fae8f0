"""Pydantic AI: requests and responses, whose parts each have a kind (https://ai.pydantic.dev/api/messages/)."""

from itertools import groupby
from typing import Final

from tracing.shapes.parts import Item, blob, call, result, text, thought, turn, uri

__all__ = ("held", "turns")

_ROLES: Final = {"system-prompt": "system", "user-prompt": "user", "tool-return": "tool", "retry-prompt": "tool"}


def held(value: Item) -> object:
    """None: its messages stand under ``messages``, as others' do."""
    return None


def turns(item: Item) -> list[Item] | None:
    """A request is the messages of all whose words are in it; a response is one of the assistant's."""
    parts = item.get("parts")
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) and "part_kind" in part for part in parts):
        return None
    by_role = groupby(parts, key=lambda part: _ROLES.get(str(part["part_kind"]), "assistant"))
    return [turn(role, [told for part in said for told in _part(part)]) for role, said in by_role]


def _part(part: Item) -> list[Item]:
    kind, content = str(part["part_kind"]), part.get("content")
    if kind.endswith("tool-call"):
        return [call(part.get("tool_call_id"), part.get("tool_name"), part.get("args"))]
    if kind.endswith("tool-return") or (kind == "retry-prompt" and part.get("tool_call_id")):
        return [result(part.get("tool_call_id"), content)]
    if kind == "thinking":
        return [thought(content)]
    return [_piece(piece) for piece in content] if isinstance(content, list) else [text(content)]


def _piece(piece: object) -> Item:
    """A piece of what a user said: text, or the address or the bytes of something else."""
    if not isinstance(piece, dict):
        return text(piece)
    kind = str(piece.get("kind", "piece"))
    if kind.endswith("-url"):
        return uri(kind.removesuffix("-url"), piece.get("url"))
    return blob(piece.get("media_type"), piece.get("data")) if kind == "binary" else {"type": kind, **piece}
