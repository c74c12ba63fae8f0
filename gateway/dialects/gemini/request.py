"""A request for content, into the neutral form."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from gateway.dialects.gemini import wire
from gateway.dialects.gemini.schemas import from_openapi
from gateway.dialects.gemini.signatures import read_thought
from gateway.dialects.reading import decoded_request, known_members, member_at_fault, plain
from gateway.dialects.types import (
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

__all__ = ("Calls", "read_media", "read_part", "read_request")

_JSON: Final = msgspec.json.Decoder(dict[str, Any])
_KNOWN: Final = known_members(wire.Request)
_KNOWN_SETTINGS: Final = known_members(wire.GenerationConfig)
_OUTPUTS: Final = ("output", "result", "content")


class Calls:
    """Identifiers for calls, which this dialect does without: the same conversation always gives the same ones."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: dict[str, list[str]] = {}

    def called(self, call: wire.FunctionCall) -> str:
        """The id of a call."""
        self._count += 1
        given = call.id or f"call_{self._count}"
        self._waiting.setdefault(call.name, []).append(given)
        return given

    def answered(self, response: wire.FunctionResponse) -> str:
        """The id of the call that a result belongs to: the oldest one of its name."""
        waiting = self._waiting.get(response.name, [])
        if response.id is not None:
            return response.id
        return waiting.pop(0) if waiting else f"call_{response.name}"


def read_request(body: bytes) -> Request:
    """A client's request in the neutral form. Raises ``InvalidRequest``. The model, and whether it streams, are in the URL."""
    members = wire.camelled(decoded_request(body, _JSON))
    members = members.get("generateContentRequest", members)  # a request that is only to be counted may come within another
    try:
        sent = msgspec.convert(members, wire.Request)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"The body cannot be read as a request: {error}.", param=member_at_fault(str(error))) from error
    config = sent.generation_config or wire.GenerationConfig()
    extra = {name: value for name, value in members.items() if name not in _KNOWN and value is not None}
    settings = members.get("generationConfig") or {}
    extra |= {f"generationConfig.{name}": value for name, value in settings.items() if name not in _KNOWN_SETTINGS and value is not None}
    calls = Calls()
    return Request(
        model="",
        system=tuple(_system(sent.system_instruction)),
        messages=tuple(message for turn in sent.contents for message in _messages(turn, calls, extra)),
        tools=tuple(_tools(sent.tools or ())),
        tool_choice=_tool_choice(sent.tool_config),
        format=_format(config),
        sampling=_sampling(config),
        reasoning=_reasoning(config.thinking_config),
        include_usage=True,
        metadata=sent.labels,
        extra={name: msgspec.Raw(msgspec.json.encode(value)) for name, value in extra.items()},
    )


def read_part(part: wire.Part, calls: Calls) -> Part | None:
    """A part; ``None`` for one that has no meaning outside this dialect."""
    if part.function_call is not None:
        call = part.function_call
        return ToolCall(id=calls.called(call), name=call.name, arguments=plain(call.args or {}), signature=part.thought_signature)
    if part.function_response is not None:
        return _result(part.function_response, calls)
    if part.text is not None and part.thought:
        return read_thought(part.text, part.thought_signature)
    if part.text is not None:
        return Text(part.text, signature=part.thought_signature)
    return read_media(part)


def read_media(part: wire.Part) -> Media | None:
    """An image, a document, a sound, a film."""
    if (blob := part.inline_data) is not None:
        return Media(kind=_kind(blob.mime_type), media_type=blob.mime_type, data=blob.data, name=blob.display_name)
    if (file := part.file_data) is not None:
        return Media(kind=_kind(file.mime_type), media_type=file.mime_type, url=file.file_uri)
    return None


def _kind(media_type: str | None) -> Any:
    kind = (media_type or "").partition("/")[0]
    return kind if kind in {"image", "audio", "video"} else "document"


def _messages(turn: wire.Content, calls: Calls, unknown: dict[str, Any]) -> Iterator[Message]:
    if turn.role not in {None, "user", "model", "function", "system"}:
        raise InvalidRequest(f"A content has the role {turn.role!r}; allowed are 'user' and 'model'.", param="contents")
    parts: list[Part] = []
    for sent in turn.parts or ():
        part = read_part(sent, calls)
        if part is None:
            unknown[_kind_of_part(sent)] = True
        else:
            parts.append(part)
    if turn.role == "model":
        yield Message("assistant", tuple(_joined(parts)))
        return
    results = tuple(part for part in parts if isinstance(part, ToolResult))
    rest = tuple(part for part in parts if isinstance(part, Text | Media | Reasoning))
    if results:
        yield Message("tool", results)
    if rest or not results:
        yield Message("user", rest)


def _kind_of_part(sent: wire.Part) -> str:
    """A part that only Gemini knows, by its member."""
    if sent.executable_code is not None:
        return "contents.parts.executableCode"
    return "contents.parts.codeExecutionResult" if sent.code_execution_result is not None else "contents.parts"


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """A thought that was streamed comes back in pieces, of which the last one is signed."""
    pieces = ""
    for part in parts:
        if isinstance(part, Reasoning) and part.signature is None and part.redacted is None:
            pieces += part.text
            continue
        if isinstance(part, Reasoning) and part.redacted is None:
            yield msgspec.structs.replace(part, text=pieces + part.text)
        else:
            if pieces:
                yield Reasoning(text=pieces)
            yield part
        pieces = ""
    if pieces:
        yield Reasoning(text=pieces)


def _result(sent: wire.FunctionResponse, calls: Calls) -> ToolResult:
    response = sent.response
    failed = isinstance(response, dict) and set(response) == {"error"}
    if isinstance(response, dict) and len(response) == 1 and (failed or next(iter(response)) in _OUTPUTS):
        response = next(iter(response.values()))
    text = response if isinstance(response, str) else plain(response)
    return ToolResult(call_id=calls.answered(sent), name=sent.name, parts=(Text(text),), is_error=failed)


def _system(sent: wire.Content | str | None) -> Iterator[Text]:
    if isinstance(sent, str):
        yield Text(sent)
        return
    for part in (sent.parts if sent is not None else None) or ():
        if part.text:
            yield Text(part.text)


def _tools(sent: Iterable[dict[str, Any]]) -> Iterator[Tool | HostedTool]:
    for declared in sent:
        for kind, value in declared.items():
            if kind != "functionDeclarations":
                yield HostedTool(kind, declared)
                continue
            try:
                functions = msgspec.convert(value, list[wire.Function])
            except msgspec.ValidationError as error:
                raise InvalidRequest(f"'functionDeclarations' cannot be read: {error}.", param="tools") from error
            yield from map(_function, functions)


def _function(function: wire.Function) -> Tool:
    schema = function.parameters_json_schema
    if schema is None and function.parameters is not None:
        schema = from_openapi(function.parameters)
    return Tool(name=function.name, description=function.description, parameters=schema)


def _tool_choice(sent: wire.ToolConfig | None) -> ToolChoice | None:
    calling = None if sent is None else sent.function_calling_config
    if calling is None or calling.mode in {None, "MODE_UNSPECIFIED"}:
        return None
    names = tuple(calling.allowed_function_names or ())
    match str(calling.mode).upper():
        case "AUTO" | "VALIDATED":
            return ToolChoice("auto", names)
        case "ANY":
            return ToolChoice("required", names)
        case "NONE":
            return ToolChoice("none")
        case other:
            raise InvalidRequest(f"The mode of function calling is {other!r}; allowed are 'AUTO', 'ANY', 'NONE'.", param="toolConfig")


def _format(config: wire.GenerationConfig) -> Format | None:
    schema = config.response_json_schema
    if schema is None and config.response_schema is not None:
        schema = from_openapi(config.response_schema)
    if schema is not None:
        return Format(kind="json_schema", schema=schema)
    return Format(kind="json_object") if config.response_mime_type == "application/json" else None


def _sampling(config: wire.GenerationConfig) -> Sampling:
    return Sampling(
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=None if config.top_k is None else int(config.top_k),
        max_tokens=config.max_output_tokens,
        stop=tuple(config.stop_sequences or ()),
        n=config.candidate_count,
        seed=config.seed,
        presence_penalty=config.presence_penalty,
        frequency_penalty=config.frequency_penalty,
        logprobs=config.response_logprobs,
        top_logprobs=config.logprobs,
    )


def _reasoning(sent: wire.Thinking | None) -> ReasoningSettings | None:
    if sent is None:
        return None
    budget = sent.thinking_budget
    return ReasoningSettings(
        effort=sent.thinking_level.lower() if sent.thinking_level else None,
        budget=None if budget == -1 else budget,
        enabled=False if budget == 0 else True if budget == -1 else None,
        shown=sent.include_thoughts,
    )
