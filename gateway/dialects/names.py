"""Names and identifiers that an upstream accepts, and the way back. Pure."""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final
from uuid import uuid4

from gateway.dialects.types import Media, Message, Reasoning, Refusal, Request, Tool, ToolCall, ToolResult

__all__ = ("accepted_id", "call_names", "called_names", "media_name", "new_id", "tool_names", "unsaid", "used_tools")

_FORBIDDEN: Final = re.compile(r"[^A-Za-z0-9_-]")


def tool_names(names: Iterable[str], longest: int) -> Mapping[str, str]:
    """For each name one of letters, digits, ``_`` and ``-``, at most ``longest`` of them, and no two alike. A name that fits stays as it is."""
    wanted = list(dict.fromkeys(names))
    given = {name: name for name in wanted if name and len(name) <= longest and not _FORBIDDEN.search(name)}
    for name in wanted:
        if name not in given:
            given[name] = _other_name(name, longest, given.values())
    return given


def _other_name(name: str, longest: int, taken: Iterable[str]) -> str:
    plain = _FORBIDDEN.sub("_", name)[:longest] or "tool"
    if plain not in taken:
        return plain
    return f"{plain[: longest - 9]}_{sha256(name.encode()).hexdigest()[:8]}"


def accepted_id(call_id: str) -> str:
    """A call's id in the letters that all vendors take. The same id always gives the same."""
    if call_id and not _FORBIDDEN.search(call_id):
        return call_id
    return _FORBIDDEN.sub("_", call_id) or "call"


def new_id(prefix: str) -> str:
    """An identifier where the upstream gave none."""
    return prefix + uuid4().hex[:24]


def media_name(media: Media) -> str:
    """What media is called that does not cross: its kind, and how it was given. Its own name is the client's business."""
    return f"{media.kind}.{'data' if media.data is not None else 'url' if media.url else 'file_id'}"


def _has_cache_marks(request: Request) -> bool:
    """Whether the client marked anything for a prompt cache."""
    parts = (part for message in request.messages for part in message.parts if not isinstance(part, Reasoning | Refusal))
    tools = (tool for tool in request.tools if isinstance(tool, Tool))
    return any(each.cache is not None for each in (*request.system, *tools, *parts))


def unsaid(request: Request) -> list[str]:
    """What of a conversation has no words in most dialects: marks of a prompt cache, names of those who speak."""
    named = ["name"] if any(message.name for message in request.messages) else []
    return ["cache_control", *named] if _has_cache_marks(request) else named


def call_names(messages: Iterable[Message]) -> Mapping[str, str]:
    """The tool's name for each call's id in a conversation."""
    return {part.id: part.name for message in messages for part in message.parts if isinstance(part, ToolCall)}


def called_names(messages: Iterable[Message]) -> list[str]:
    """The name in each call of a conversation, also where calls have the same id."""
    return [part.name for message in messages for part in message.parts if isinstance(part, ToolCall)]


def used_tools(messages: Iterable[Message]) -> tuple[Tool, ...]:
    """The tools that a conversation has used, without a description: some vendors want a declaration for every tool in the history."""
    parts = [part for message in messages for part in message.parts if isinstance(part, ToolCall | ToolResult)]
    names = dict.fromkeys(part.name for part in parts if part.name)
    return tuple(Tool(name=name) for name in names) or ((Tool(name="tool"),) if parts else ())
