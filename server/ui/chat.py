"""Messages out of JSON: what a span recorded, read as a conversation.

Recorded content comes in many shapes: the GenAI conventions (``{role, parts}``), OpenAI's and Anthropic's messages, what ``tracing.shapes``
knows of other libraries, or any JSON at all. Nothing here fails: what is not understood is shown as the JSON it is.

    SpanContent ─▶ read_chat ─▶ Chat(messages, reply, tools)
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final

import msgspec

from server.ui.format import file_size, host_of, indented
from tracing.shapes import conversation
from tracing.types import SpanContent

__all__ = ("Chat", "Data", "Media", "Message", "Part", "Reasoning", "Text", "ToolCall", "ToolResult", "read_chat")


class Text(msgspec.Struct, frozen=True):
    """Something said."""

    what: ClassVar = "text"
    text: str


class Reasoning(msgspec.Struct, frozen=True):
    """Something thought aloud by the model."""

    what: ClassVar = "reasoning"
    text: str


class ToolCall(msgspec.Struct, frozen=True):
    """A tool the model asked for. ``result`` is what it answered, ``None`` when the conversation does not hold it."""

    what: ClassVar = "call"
    name: str
    arguments: str
    call_id: str = ""
    result: str | None = None


class ToolResult(msgspec.Struct, frozen=True):
    """An answer of a tool whose call is not in the conversation."""

    what: ClassVar = "result"
    result: str
    call_id: str = ""


class Media(msgspec.Struct, frozen=True):
    """An image, a sound or a file. It is named, never loaded: loading tells its host that somebody reads."""

    what: ClassVar = "media"
    kind: str
    label: str


class Data(msgspec.Struct, frozen=True):
    """JSON of no known shape."""

    what: ClassVar = "data"
    json: str


Part = Text | Reasoning | ToolCall | ToolResult | Media | Data


class Message(msgspec.Struct, frozen=True):
    """One turn. ``role`` is the client's own word, or ``input`` and ``output`` for what is no conversation."""

    role: str
    parts: tuple[Part, ...]
    name: str = ""
    finish_reason: str = ""


class Chat(msgspec.Struct, frozen=True):
    """What was sent and what came back. ``tools`` names the tools on offer."""

    messages: tuple[Message, ...] = ()
    reply: tuple[Message, ...] = ()
    tools: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.messages or self.reply)


_TEXT_TYPES: Final = {"text", "input_text", "output_text", "refusal"}
_REASONING_TYPES: Final = {"reasoning", "thinking"}
_CALL_TYPES: Final = {"tool_call", "tool_use", "function_call"}
_RESULT_TYPES: Final = {"tool_call_response", "tool_result", "function_call_output"}
_MEDIA_NESTS: Final = ("source", "image_url", "input_audio", "file", "input_file")
_MEDIA_TYPES: Final = {
    "uri",
    "blob",
    "file",
    "image",
    "image_url",
    "input_image",
    "input_audio",
    "audio",
    "document",
    "input_file",
    "video",
}


def read_chat(content: SpanContent) -> Chat:
    """The conversation of a span; empty when nothing was recorded."""
    system = tuple(_messages(_decode(content.system), "system"))
    sent = tuple(_messages(_decode(content.input), "input"))
    reply = _without(sent, tuple(_messages(_decode(content.output), "output")))
    results = dict(_results(sent + reply))
    asked = {part.call_id for part in _parts(sent + reply) if isinstance(part, ToolCall)}
    return Chat(
        messages=tuple(_paired(system + sent, results, asked)),
        reply=tuple(_paired(reply, results, asked)),
        tools=tuple(_tool_names(_decode(content.tools))),
    )


def _without(sent: tuple[Message, ...], reply: tuple[Message, ...]) -> tuple[Message, ...]:
    """What came back, without the question that some agents give back in front of it (LangGraph)."""
    return reply[len(sent) :] if sent and len(reply) > len(sent) and reply[: len(sent)] == sent else reply


def _decode(text: str) -> Any:
    """JSON, or the text itself where it is none; ``None`` for nothing."""
    if not text:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _messages(value: Any, role: str) -> Iterator[Message]:
    if value in (None, "", [], {}):
        return
    turns = _turns(conversation(value))
    if turns is not None:
        yield from (_message(turn, role) for turn in turns)
        return
    parts = tuple(_content_parts(value))
    if parts:
        yield Message(role, parts)


def _turns(value: Any) -> list[Any] | None:
    """The messages inside a value, ``None`` when it holds none."""
    if isinstance(value, dict):
        inner = value.get("messages")
        return _turns(inner) if isinstance(inner, list) and inner else _turns([value])
    is_turns = isinstance(value, list) and all(isinstance(item, dict) and _is_turn(item) for item in value)
    return value if is_turns and value else None


def _is_turn(value: dict[str, Any]) -> bool:
    return isinstance(value.get("role"), str) and bool(value.keys() & {"content", "parts", "tool_calls", "function_call", "refusal"})


def _message(turn: dict[str, Any], role: str) -> Message:
    return Message(
        role=turn.get("role") or role,
        parts=tuple(_turn_parts(turn)),
        name=_string(turn.get("name")),
        finish_reason=_string(turn.get("finish_reason")),
    )


def _turn_parts(turn: dict[str, Any]) -> Iterator[Part]:
    reasoning = turn.get("reasoning_content") or turn.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        yield Reasoning(reasoning)
    said = turn.get("parts", turn.get("content"))
    if turn.get("role") == "tool" and "tool_call_id" in turn:
        yield ToolResult(_as_text(said), _string(turn["tool_call_id"]))
        return
    yield from _content_parts(said)
    if isinstance(turn.get("refusal"), str) and turn["refusal"]:
        yield Text(turn["refusal"])
    calls = turn.get("tool_calls")
    for call in calls if isinstance(calls, list) else [turn.get("function_call")]:
        if isinstance(call, dict):
            yield _tool_call(call)


def _content_parts(value: Any) -> Iterator[Part]:
    if value is None or value == "":
        return
    if isinstance(value, str):
        yield Text(value)
    elif isinstance(value, list) and all(isinstance(item, str) or (isinstance(item, dict) and "type" in item) for item in value):
        for item in value:
            yield Text(item) if isinstance(item, str) else _part(item)
    else:
        yield Data(indented(value))


def _part(item: dict[str, Any]) -> Part:
    kind = _string(item.get("type"))
    said = item.get("content", item.get("text", item.get("thinking", item.get("refusal"))))
    if kind in _TEXT_TYPES and isinstance(said, str):
        return Text(said)
    if kind in _REASONING_TYPES and isinstance(said, str):
        return Reasoning(said)
    if kind in _CALL_TYPES:
        return _tool_call(item)
    if kind in _RESULT_TYPES:
        answer = item.get("response", item.get("result", item.get("output", item.get("content"))))
        return ToolResult(_as_text(answer), _call_id(item))
    if kind in _MEDIA_TYPES:
        return _media(item)
    return Data(indented(item))


def _tool_call(call: dict[str, Any]) -> ToolCall:
    function = call["function"] if isinstance(call.get("function"), dict) else call
    arguments = function.get("arguments", function.get("input"))
    parsed = _decode(arguments) if isinstance(arguments, str) else arguments
    return ToolCall(_string(function.get("name")) or "tool", "" if parsed is None else _as_text(parsed), _call_id(call))


def _call_id(item: dict[str, Any]) -> str:
    return _string(item.get("tool_use_id") or item.get("tool_call_id") or item.get("call_id") or item.get("id"))


def _media(item: dict[str, Any]) -> Media:
    nested: dict[str, Any] = next((item[key] for key in _MEDIA_NESTS if isinstance(item.get(key), dict)), item)
    kind = _string(item.get("modality")) or _string(item.get("type")).removeprefix("input_").removesuffix("_url")
    mime = _string(nested.get("mime_type") or nested.get("media_type") or nested.get("format"))
    address = next((v for k in ("uri", "url", "image_url", "file_url") if isinstance(v := nested.get(k), str)), "")
    inline = next((v for k in ("content", "data", "file_data") if isinstance(v := nested.get(k), str)), "")
    if address.startswith("data:"):
        mime, inline, address = address[5:].split(";")[0].split(",")[0], address.partition(",")[2], ""
    size = file_size(len(inline) * 3 // 4) if inline else ""
    name = _string(nested.get("filename") or nested.get("file_id"))
    return Media(
        "file" if kind in {"uri", "blob"} else kind, " · ".join(filter(None, (name, mime, host_of(address), size))) or "not recorded"
    )


def _parts(messages: Iterable[Message]) -> Iterator[Part]:
    for message in messages:
        yield from message.parts


def _results(messages: Iterable[Message]) -> Iterator[tuple[str, str]]:
    for part in _parts(messages):
        if isinstance(part, ToolResult) and part.call_id:
            yield part.call_id, part.result


def _paired(messages: Iterable[Message], results: dict[str, str], asked: set[str]) -> Iterator[Message]:
    """Each result moves under the call it answers; a turn that held nothing else is gone."""
    for message in messages:
        parts = tuple(
            msgspec.structs.replace(part, result=results.get(part.call_id)) if isinstance(part, ToolCall) and part.call_id else part
            for part in message.parts
            if not (isinstance(part, ToolResult) and part.call_id in asked)
        )
        if parts or not message.parts:
            yield msgspec.structs.replace(message, parts=parts)


def _tool_names(value: Any) -> Iterator[str]:
    for tool in value if isinstance(value, list) else ():
        if isinstance(tool, dict):
            function = tool["function"] if isinstance(tool.get("function"), dict) else tool
            yield _string(function.get("name")) or "tool"


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _as_text(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(item, dict) and isinstance(item.get("text"), str) for item in value):
        return "\n".join(item["text"] for item in value)
    return value if isinstance(value, str) else indented(value)
