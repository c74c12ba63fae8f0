"""A request for a chat completion, into the neutral form."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from gateway.dialects.openai_chat import wire
from gateway.dialects.reading import data_url, decoded_request, unread
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
    Refusal,
    Request,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from gateway.errors import InvalidRequest

__all__ = ("read_message_parts", "read_request", "thinking_text", "thought_signature", "thoughts")

_REQUEST: Final = msgspec.json.Decoder(wire.Request)
_SYSTEM: Final = frozenset({"system", "developer"})
_ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")


def read_request(body: bytes) -> Request:
    """A client's request in the neutral form. Raises ``InvalidRequest``."""
    sent = decoded_request(body, _REQUEST)
    lead = next((index for index, message in enumerate(sent.messages) if message.role not in _SYSTEM), len(sent.messages))
    return Request(
        model=sent.model,
        system=tuple(text for message in sent.messages[:lead] for text in _system(message)),
        messages=tuple(_messages(sent.messages[lead:])),
        tools=(*_tools(sent.tools or ()), *(_function(function) for function in sent.functions or ())),
        tool_choice=_tool_choice(sent.tool_choice if sent.tool_choice is not None else _old_choice(sent.function_call)),
        parallel_tool_calls=sent.parallel_tool_calls,
        format=_format(sent.response_format),
        sampling=_sampling(sent),
        reasoning=None if sent.reasoning_effort is None else ReasoningSettings(effort=sent.reasoning_effort),
        stream=bool(sent.stream),
        include_usage=bool(sent.stream_options and sent.stream_options.include_usage),
        user=sent.user,
        metadata=sent.metadata,
        service_tier=sent.service_tier,
        verbosity=sent.verbosity,
        extra=unread(body, wire.Request),
    )


def read_message_parts(message: wire.Message) -> Iterator[Part]:
    """What a message of the assistant says, in the order in which it was thought."""
    yield from thoughts(message)
    yield from _content(message.content, message.cache_control)
    if message.refusal:
        yield Refusal(message.refusal)
    for call in message.tool_calls or ():
        function = call.function or wire.Function()
        yield ToolCall(
            id=call.id, name=function.name, arguments=_arguments(function.arguments), signature=thought_signature(call.extra_content)
        )
    if message.function_call is not None:
        yield ToolCall(
            id=f"call_{message.function_call.name}",
            name=message.function_call.name,
            arguments=_arguments(message.function_call.arguments),
        )


def thoughts(message: wire.Message | wire.Delta) -> Iterator[Reasoning]:
    """Thoughts with their signatures where they are there, else as text."""
    for block in message.thinking_blocks or ():
        if block.data is not None:
            data, origin = unmarked(block.data, DialectName.ANTHROPIC)
            yield Reasoning(redacted=data, origin=origin)
        else:
            signature, origin = unmarked(block.signature or "", DialectName.ANTHROPIC)
            yield Reasoning(text=block.thinking or "", signature=signature or None, origin=origin if signature else None)
    if not message.thinking_blocks and (text := message.reasoning_content or message.reasoning):
        yield Reasoning(text=text)


def thinking_text(part: wire.ContentPart) -> str:
    """A thought among the parts, as Mistral has it: text, or parts of text."""
    if isinstance(part.thinking, list):
        return "".join(str(each.get("text", "")) for each in part.thinking if isinstance(each, dict))
    return part.thinking if isinstance(part.thinking, str) else ""


def thought_signature(extra: Mapping[str, Any] | None) -> str | None:
    """The signature of Gemini's thought before a call, where its own OpenAI surface has it, too."""
    google = (extra or {}).get("google")
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return signature if isinstance(signature, str) else None


def _messages(sent: Iterable[wire.Message]) -> Iterator[Message]:
    for number, message in enumerate(sent):
        if message.role in _SYSTEM:
            yield Message("system", tuple(_system(message)))
        elif message.role == "user":
            yield Message("user", tuple(_content(message.content, message.cache_control)), message.name)
        elif message.role == "assistant":
            yield Message("assistant", tuple(read_message_parts(message)), message.name)
        elif message.role in {"tool", "function"}:
            yield Message("tool", (_result(message),))
        else:
            allowed = ", ".join(repr(role) for role in _ROLES)
            raise InvalidRequest(f"Message {number} has the role {message.role!r}; allowed are {allowed}.", param="messages")


def _system(message: wire.Message) -> Iterator[Text]:
    return (part for part in _content(message.content, message.cache_control) if isinstance(part, Text))


def _result(message: wire.Message) -> ToolResult:
    parts = tuple(part for part in _content(message.content, None) if isinstance(part, Text | Media))
    call_id = message.tool_call_id or f"call_{message.name}"
    return ToolResult(call_id=call_id, name=message.name or "", parts=parts, cache=_mark(message.cache_control))


def _content(content: str | list[wire.ContentPart] | None, cache: dict[str, Any] | None) -> Iterator[Part]:
    """The parts of a message; a mark on the message is one on its last part."""
    if isinstance(content, str):
        if content:
            yield Text(content, cache=_mark(cache))
        return
    parts = content or []
    for number, part in enumerate(parts):
        mark = _mark(part.cache_control or (cache if number == len(parts) - 1 else None))
        yield _part(part, mark)


def _part(part: wire.ContentPart, mark: CacheMark | None) -> Part:
    if part.type == "text":
        return Text(part.text or "", cache=mark)
    if part.type == "refusal":
        return Refusal(part.refusal or "")
    if part.type == "thinking":
        return Reasoning(text=thinking_text(part))
    if part.type == "image_url" and part.image_url is not None:
        return _image(part.image_url, mark)
    if part.type == "input_audio" and part.input_audio is not None:
        return Media(kind="audio", media_type=f"audio/{part.input_audio.format}", data=part.input_audio.data, cache=mark)
    if part.type == "file" and part.file is not None:
        return _file(part.file, mark)
    raise InvalidRequest(
        f"A part of a message has the type {part.type!r}; allowed are 'text', 'image_url', 'input_audio', 'file', 'refusal', each with its own member.",
        param="messages",
    )


def _image(image: wire.Image | str, mark: CacheMark | None) -> Media:
    url, detail = (image, None) if isinstance(image, str) else (image.url, image.detail)
    inline = data_url(url)
    if inline is None:
        return Media(kind="image", url=url, detail=detail, cache=mark)
    return Media(kind="image", media_type=inline[0], data=inline[1], detail=detail, cache=mark)


def _file(file: wire.File, mark: CacheMark | None) -> Media:
    inline = data_url(file.file_data or "")
    media_type, data = inline or ("application/pdf", file.file_data)
    if data is None:
        return Media(kind="document", file_id=file.file_id, name=file.filename, cache=mark)
    return Media(kind="document", media_type=media_type, data=data, name=file.filename, cache=mark)


def _tools(sent: Iterable[dict[str, Any]]) -> Iterator[Tool | HostedTool]:
    for number, declared in enumerate(sent):
        if declared.get("type", "function") != "function":
            yield HostedTool(str(declared["type"]), declared)
            continue
        try:
            tool = msgspec.convert(declared, wire.ToolDeclaration)
        except msgspec.ValidationError as error:
            raise InvalidRequest(f"Tool {number} cannot be read: {error}.", param="tools") from error
        if tool.function is None:
            raise InvalidRequest(f"Tool {number} has no 'function'.", param="tools")
        yield _function(tool.function, _mark(tool.cache_control))


def _function(function: wire.FunctionSchema, mark: CacheMark | None = None) -> Tool:
    return Tool(name=function.name, description=function.description, parameters=function.parameters, strict=function.strict, cache=mark)


def _tool_choice(sent: Any) -> ToolChoice | None:
    match sent:
        case None:
            return None
        case "auto" | "none" | "required":
            return ToolChoice(sent)
        case {"type": "function", "function": {"name": str(name)}}:
            return ToolChoice("required", (name,))
        case {"type": "allowed_tools", "allowed_tools": {"mode": "auto" | "required" as mode, "tools": list(tools)}}:
            return ToolChoice(mode, tuple(allowed for tool in tools if (allowed := _allowed(tool)) is not None))
        case _:
            raise InvalidRequest(
                "'tool_choice' must be 'auto', 'none', 'required', or an object that names a function or 'allowed_tools'.",
                param="tool_choice",
            )


def _allowed(tool: Any) -> str | None:
    match tool:
        case {"type": "function", "function": {"name": str(name)}}:
            return name
        case _:
            return None


def _old_choice(sent: Any) -> Any:
    """``function_call``, in today's words."""
    return {"type": "function", "function": sent} if isinstance(sent, dict) else sent


def _format(sent: wire.ResponseFormat | None) -> Format | None:
    if sent is None or sent.type == "text":
        return None
    if sent.type == "json_object":
        return Format(kind="json_object")
    if sent.type == "json_schema" and sent.json_schema is not None:
        described = sent.json_schema
        return Format(
            kind="json_schema", schema=described.schema, name=described.name, description=described.description, strict=described.strict
        )
    raise InvalidRequest(
        "'response_format' must have the type 'text', 'json_object', or 'json_schema' with a 'json_schema'.", param="response_format"
    )


def _sampling(sent: wire.Request) -> Sampling:
    stop = sent.stop or ()
    return Sampling(
        temperature=sent.temperature,
        top_p=sent.top_p,
        top_k=sent.top_k,
        max_tokens=sent.max_completion_tokens if sent.max_completion_tokens is not None else sent.max_tokens,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        n=sent.n,
        seed=sent.seed,
        presence_penalty=sent.presence_penalty,
        frequency_penalty=sent.frequency_penalty,
        logit_bias=sent.logit_bias,
        logprobs=sent.logprobs,
        top_logprobs=sent.top_logprobs,
    )


def _mark(cache: dict[str, Any] | None) -> CacheMark | None:
    if cache is None:
        return None
    ttl = cache.get("ttl")
    return CacheMark(ttl if isinstance(ttl, str) else None)


def _arguments(text: str | None) -> str:
    return text if text and text.strip() else "{}"
