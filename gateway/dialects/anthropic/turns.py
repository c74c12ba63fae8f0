"""A conversation as Anthropic takes it: two roles in turn, the user first, results of tools before words, nothing empty. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gateway.dialects.anthropic.citations import write_citation
from gateway.dialects.names import accepted_id, media_name
from gateway.dialects.reading import arguments
from gateway.dialects.types import CacheMark, DialectName, Media, Message, Part, Reasoning, Refusal, Text, ToolCall, ToolResult

__all__ = ("Turn", "blocks_of", "mark", "system_blocks", "turns")

Turn = dict[str, Any]

PLACEHOLDER: Final = "."
"""Stands where the vendor insists on text and the client gave none."""


def turns(messages: Iterable[Message], names: Mapping[str, str], dropped: list[str], *, thinking: bool) -> list[Turn]:
    """The messages, merged into turns. Thoughts go back only while the model thinks; others refuse them."""
    merged: list[Turn] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = list(blocks_of(message.parts, names, dropped, thinking=thinking))
        if message.role == "user" and not blocks:
            blocks = [{"type": "text", "text": PLACEHOLDER}]
        if merged and merged[-1]["role"] == role:
            merged[-1]["content"] += blocks
        elif blocks:
            merged.append({"role": role, "content": blocks})
    if not merged or merged[0]["role"] == "assistant":
        merged.insert(0, {"role": "user", "content": [{"type": "text", "text": PLACEHOLDER}]})
    return [_tidy(turn, last=turn is merged[-1]) for turn in merged]


def blocks_of(parts: Iterable[Part], names: Mapping[str, str], dropped: list[str], *, thinking: bool = True) -> Iterator[dict[str, Any]]:
    """Parts of a message as blocks; what has no form here is named in ``dropped``."""
    for part in parts:
        match part:
            case Text():
                if part.text.strip():
                    yield _text(part)
            case Refusal():
                yield {"type": "text", "text": part.text or PLACEHOLDER}
            case Media():
                yield from _media(part, dropped)
            case ToolCall():
                call = {"type": "tool_use", "id": accepted_id(part.id), "name": names.get(part.name, part.name)}
                yield {**call, "input": arguments(part.arguments), **mark(part.cache)}
            case ToolResult():
                yield _result(part, names, dropped)
            case Reasoning():
                yield from _thought(part, dropped, thinking=thinking)


def system_blocks(system: Iterable[Text]) -> list[dict[str, Any]]:
    """``system``: empty blocks are refused."""
    return [{"type": "text", "text": part.text, **mark(part.cache)} for part in system if part.text.strip()]


def mark(cache: CacheMark | None) -> dict[str, Any]:
    """``cache_control`` of a block."""
    if cache is None:
        return {}
    return {"cache_control": {"type": "ephemeral"} | ({"ttl": cache.ttl} if cache.ttl else {})}


def _tidy(turn: Turn, *, last: bool) -> Turn:
    """Results come first in a turn of the user; the words that a model is to continue must not end in white space."""
    blocks = turn["content"]
    if turn["role"] == "user":
        blocks = sorted(blocks, key=lambda block: block["type"] != "tool_result")
    elif last and blocks[-1]["type"] == "text":
        blocks = [*blocks[:-1], {**blocks[-1], "text": blocks[-1]["text"].rstrip()}]
    return {"role": turn["role"], "content": blocks}


def _text(part: Text) -> dict[str, Any]:
    cited = [write_citation(citation) for citation in part.citations if "cited_text" in citation.raw]
    return {"type": "text", "text": part.text, **({"citations": cited} if cited else {}), **mark(part.cache)}


def _result(part: ToolResult, names: Mapping[str, str], dropped: list[str]) -> dict[str, Any]:
    content = list(blocks_of(part.parts, names, dropped))
    alone = len(content) == 1 and set(content[0]) == {"type", "text"}
    result: dict[str, Any] = {"type": "tool_result", "tool_use_id": accepted_id(part.call_id)}
    if content:
        result["content"] = content[0]["text"] if alone else content
    if part.is_error:
        result["is_error"] = True
    return result | mark(part.cache)


def _thought(part: Reasoning, dropped: list[str], *, thinking: bool) -> Iterator[dict[str, Any]]:
    known = part.origin is DialectName.ANTHROPIC
    if thinking and known and part.redacted is not None:
        yield {"type": "redacted_thinking", "data": part.redacted}
    elif thinking and known and part.signature is not None:
        yield {"type": "thinking", "thinking": part.text, "signature": part.signature}
    else:
        dropped.append("reasoning of earlier turns")


def _media(part: Media, dropped: list[str]) -> Iterator[dict[str, Any]]:
    source = _source(part)
    if part.kind == "image" and source is not None:
        yield {"type": "image", "source": source, **mark(part.cache)}
    elif part.kind == "document" and source is not None:
        named = {"title": part.name} if part.name else {}
        cited = {} if part.cited is None else {"citations": {"enabled": part.cited}}
        yield {"type": "document", "source": source, **named, **cited, **mark(part.cache)}
    else:
        dropped.append(media_name(part))


def _source(part: Media) -> dict[str, Any] | None:
    """The source of a medium; ``None`` for a file in another vendor's store, which nobody else can read."""
    if part.text is not None:
        return {"type": "text", "media_type": "text/plain", "data": part.text}
    if part.data is not None:
        standard = "image/png" if part.kind == "image" else "application/pdf"
        return {"type": "base64", "media_type": part.media_type or standard, "data": part.data}
    return {"type": "url", "url": part.url} if part.url is not None else None
