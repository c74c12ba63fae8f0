"""A conversation as Converse takes it: two roles in turn, the user first, nothing empty. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from gateway.dialects.bedrock.media import Names, media_block
from gateway.dialects.names import accepted_id, media_name
from gateway.dialects.reading import arguments
from gateway.dialects.types import CacheMark, DialectName, Media, Message, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

__all__ = ("cache_point", "call_id", "system_blocks", "turns")

Block = dict[str, Any]

PLACEHOLDER: Final = "."
"""Stands where the vendor insists on text and the client gave none."""

LONGEST_ID: Final = 64


def turns(messages: Iterable[Message], names: Mapping[str, str], dropped: list[str]) -> list[Block]:
    """The messages, merged into turns; what has no form here is named in ``dropped``."""
    writer = _Blocks(names, dropped)
    merged: list[Block] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = list(writer.of(message.parts))
        if merged and merged[-1]["role"] == role:
            merged[-1]["content"] += blocks
        elif blocks or role == "user":
            merged.append({"role": role, "content": blocks})
    if not merged or merged[0]["role"] == "assistant":
        merged.insert(0, {"role": "user", "content": []})
    return [_tidy(turn) for turn in merged]


def system_blocks(system: Iterable[Text]) -> list[Block]:
    """``system`` of a request."""
    return [block for part in system if part.text.strip() for block in ({"text": part.text}, *cache_point(part.cache))]


def cache_point(mark: CacheMark | None) -> list[Block]:
    """A mark of the cache is a block of its own, behind what is to be kept."""
    if mark is None:
        return []
    return [{"cachePoint": {"type": "default"} | ({"ttl": mark.ttl} if mark.ttl in {"5m", "1h"} else {})}]


def call_id(sent: str) -> str:
    """The id of a call in the letters, and of the length, that AWS takes."""
    accepted = accepted_id(sent)
    return accepted if len(accepted) <= LONGEST_ID else f"{accepted[:47]}_{sha256(sent.encode()).hexdigest()[:16]}"


class _Blocks:
    """Parts as blocks, over the whole conversation: names of documents must differ."""

    def __init__(self, names: Mapping[str, str], dropped: list[str]) -> None:
        self._names = names
        self._dropped = dropped
        self._documents = Names()

    def of(self, parts: Iterable[Part]) -> Iterator[Block]:
        """The blocks of a message."""
        for part in parts:
            yield from self._block(part)
            if not isinstance(part, Reasoning | Refusal):
                yield from cache_point(part.cache)

    def _block(self, part: Part) -> Iterator[Block]:
        match part:
            case Text() | Refusal():
                if part.text.strip():
                    yield {"text": part.text}
            case Media():
                yield from self._media(part)
            case ToolCall():
                name = self._names.get(part.name, part.name)
                yield {"toolUse": {"toolUseId": call_id(part.id), "name": name, "input": arguments(part.arguments)}}
            case ToolResult():
                yield self._result(part)
            case Reasoning():
                yield from self._thought(part)

    def _media(self, part: Media) -> Iterator[Block]:
        block = media_block(part, self._documents)
        if block is None:
            self._dropped.append(media_name(part))
        else:
            yield block

    def _result(self, part: ToolResult) -> Block:
        content = [block for each in part.parts for block in self._block(each)] or [{"text": PLACEHOLDER}]
        result: Block = {"toolUseId": call_id(part.call_id), "content": content}
        return {"toolResult": result | ({"status": "error"} if part.is_error else {})}

    def _thought(self, part: Reasoning) -> Iterator[Block]:
        if part.origin is DialectName.BEDROCK and part.redacted is not None:
            yield {"reasoningContent": {"redactedContent": part.redacted}}
        elif part.origin is DialectName.BEDROCK and part.signature is not None:
            yield {"reasoningContent": {"reasoningText": {"text": part.text, "signature": part.signature}}}
        else:
            self._dropped.append("reasoning of earlier turns")


def _tidy(turn: Block) -> Block:
    """Results come first in a turn of the user, and a document never comes without words."""
    content: list[Block] = turn["content"]
    if turn["role"] == "user":
        content = sorted(content, key=lambda block: "toolResult" not in block)
    if not any("text" in block or "toolResult" in block or "toolUse" in block for block in content):
        content = [*content, {"text": PLACEHOLDER}]
    return {"role": turn["role"], "content": content}
