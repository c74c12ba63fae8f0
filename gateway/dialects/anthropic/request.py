"""A request for a message, into the neutral form."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from gateway.dialects.anthropic import wire
from gateway.dialects.anthropic.citations import read_citations
from gateway.dialects.reading import decoded_request, plain, unread
from gateway.dialects.signatures import unmarked
from gateway.dialects.types import (
    CacheMark,
    DialectName,
    Format,
    HostedTool,
    Media,
    Message,
    Part,
    Reasoning,
    ReasoningSettings,
    Request,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from gateway.errors import InvalidRequest

__all__ = ("read_block", "read_request")

_REQUEST: Final = msgspec.json.Decoder(wire.Request)
_TOOL_TYPES: Final = frozenset({None, "custom"})


def read_request(body: bytes) -> Request:
    """A client's request in the neutral form. Raises ``InvalidRequest``."""
    sent = decoded_request(body, _REQUEST)
    unknown: dict[str, msgspec.Raw] = {}
    choice = sent.tool_choice or {}
    return Request(
        model=sent.model,
        system=tuple(_system(sent.system)),
        messages=tuple(message for turn in sent.messages for message in _messages(turn, unknown)),
        tools=tuple(_tools(sent.tools or ())),
        tool_choice=_tool_choice(choice),
        parallel_tool_calls=False if choice.get("disable_parallel_tool_use") else None,
        format=_format(sent),
        sampling=Sampling(
            temperature=sent.temperature,
            top_p=sent.top_p,
            top_k=sent.top_k,
            max_tokens=sent.max_tokens,
            stop=tuple(sent.stop_sequences or ()),
        ),
        reasoning=_reasoning(sent),
        stream=bool(sent.stream),
        include_usage=True,
        user=_user(sent.metadata),
        service_tier=None if sent.service_tier in {None, "auto"} else sent.service_tier,
        extra={**unread(body, wire.Request), **unknown},
    )


def read_block(block: wire.Block) -> Part | None:
    """A block as a part; ``None`` for one that has no meaning outside this dialect."""
    mark = _mark(block.cache_control)
    match block.type:
        case "text":
            return Text(block.text or "", cache=mark, citations=tuple(read_citations(block.citations)))
        case "image" if block.source is not None:
            return _media("image", block.source, mark)
        case "document" if block.source is not None:
            return _document(block, block.source, mark)
        case "search_result":
            return Text(_search_result(block), cache=mark)
        case "tool_use":
            return ToolCall(id=block.id or "", name=block.name or "", arguments=plain(block.input or {}), cache=mark)
        case "tool_result":
            return ToolResult(call_id=block.tool_use_id or "", parts=_result(block.content), is_error=bool(block.is_error), cache=mark)
        case "thinking":
            signature, origin = unmarked(block.signature or "", DialectName.ANTHROPIC)
            return Reasoning(text=block.thinking or "", signature=signature or None, origin=origin if signature else None)
        case "redacted_thinking":
            data, origin = unmarked(block.data or "", DialectName.ANTHROPIC)
            return Reasoning(redacted=data, origin=origin)
        case _:
            return None


def _messages(turn: wire.Message, unknown: dict[str, msgspec.Raw]) -> Iterator[Message]:
    """A turn of the user may hold results of tools and words: the results are a message of their own, in front."""
    if turn.role not in {"user", "assistant", "system"}:
        raise InvalidRequest(f"A message has the role {turn.role!r}; allowed are 'user' and 'assistant'.", param="messages")
    blocks = [wire.Block("text", turn.content)] if isinstance(turn.content, str) else turn.content
    parts = [part for block in blocks if (part := _known(block, unknown)) is not None]
    if turn.role == "assistant":
        yield Message("assistant", tuple(parts))
        return
    results = tuple(part for part in parts if isinstance(part, ToolResult))
    rest = tuple(part for part in parts if not isinstance(part, ToolResult))
    if results:
        yield Message("tool", results)
    if rest or not results:
        yield Message("user" if turn.role == "user" else "system", rest)


def _known(block: wire.Block, unknown: dict[str, msgspec.Raw]) -> Part | None:
    part = read_block(block)
    if part is None:
        unknown[f"messages.content.{block.type}"] = msgspec.Raw(b"null")
    return part


def _system(sent: str | list[wire.Block] | None) -> Iterator[Text]:
    if isinstance(sent, str):
        if sent:
            yield Text(sent)
        return
    for block in sent or ():
        yield Text(block.text or "", cache=_mark(block.cache_control))


def _media(kind: Any, source: wire.Source, mark: CacheMark | None) -> Media:
    return Media(kind=kind, media_type=source.media_type, data=source.data, url=source.url, file_id=source.file_id, cache=mark)


def _document(block: wire.Block, source: wire.Source, mark: CacheMark | None) -> Media:
    cited = bool(block.citations.get("enabled")) if isinstance(block.citations, dict) else None
    text = None
    if source.type == "text":
        text = source.data
    elif source.type == "content":
        text = source.content if isinstance(source.content, str) else "\n".join(each.text or "" for each in source.content or ())
    if text is not None:
        return Media(kind="document", media_type="text/plain", text=text, name=block.title, cache=mark, cited=cited)
    return msgspec.structs.replace(_media("document", source, mark), name=block.title, cited=cited)


def _search_result(block: wire.Block) -> str:
    """The title and the words of a search result, for models that know no such block."""
    found = block.content if isinstance(block.content, list) else []
    words = [str(each.get("text", "")) for each in found if isinstance(each, dict)]
    return "\n".join([block.title or "", *words]).strip()


def _result(content: Any) -> tuple[Text | Media, ...]:
    if isinstance(content, str):
        return (Text(content),) if content else ()
    try:
        blocks = msgspec.convert(content or [], list[wire.Block])
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"The content of a 'tool_result' cannot be read: {error}.", param="messages") from error
    return tuple(part for block in blocks if isinstance(part := read_block(block), Text | Media))


def _tools(sent: Iterable[dict[str, Any]]) -> Iterator[Tool | HostedTool]:
    for number, declared in enumerate(sent):
        kind = declared.get("type")
        if kind not in _TOOL_TYPES:
            yield HostedTool(str(kind), declared)
            continue
        name, description = declared.get("name"), declared.get("description")
        schema, cache = declared.get("input_schema"), declared.get("cache_control")
        if not isinstance(name, str) or not isinstance(schema, dict | None):
            raise InvalidRequest(f"Tool {number} must have a 'name' that is a text and an 'input_schema' that is an object.", param="tools")
        yield Tool(name=name, description=description, parameters=schema, strict=declared.get("strict"), cache=_mark(cache))


def _tool_choice(sent: dict[str, Any]) -> ToolChoice | None:
    match sent.get("type"):
        case None:
            return None
        case "auto":
            return ToolChoice("auto")
        case "none":
            return ToolChoice("none")
        case "any":
            return ToolChoice("required")
        case "tool":
            return ToolChoice("required", (str(sent.get("name", "")),))
        case other:
            raise InvalidRequest(
                f"'tool_choice' has the type {other!r}; allowed are 'auto', 'any', 'tool' and 'none'.", param="tool_choice"
            )


def _format(sent: wire.Request) -> Format | None:
    form = (sent.output_config.format if sent.output_config is not None else None) or sent.output_format
    if form is None or form.get("type") != "json_schema":
        return None
    return Format(kind="json_schema", schema=form.get("schema"), strict=True)


def _reasoning(sent: wire.Request) -> ReasoningSettings | None:
    effort = sent.output_config.effort if sent.output_config is not None else None
    if sent.thinking is None:
        return None if effort is None else ReasoningSettings(effort=effort)
    shown = None if sent.thinking.display is None else sent.thinking.display != "omitted"
    return ReasoningSettings(effort=effort, budget=sent.thinking.budget_tokens, enabled=sent.thinking.type != "disabled", shown=shown)


def _user(metadata: dict[str, Any] | None) -> str | None:
    user = (metadata or {}).get("user_id")
    return user if isinstance(user, str) else None


def _mark(cache: Any) -> CacheMark | None:
    return CacheMark(cache.get("ttl")) if isinstance(cache, dict) else None
