"""A request for a response, into the neutral form."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from gateway.dialects.openai_responses import wire
from gateway.dialects.openai_responses.items import messages_of
from gateway.dialects.reading import decoded_request, unread
from gateway.dialects.types import Format, HostedTool, Message, ReasoningSettings, Request, Sampling, Text, Tool, ToolChoice
from gateway.errors import InvalidRequest
from tracing.unreadable import UNREADABLE

__all__ = ("read_request",)

_REQUEST: Final = msgspec.json.Decoder(wire.Request)
_SILENT: Final[Mapping[str, object]] = {"background": False, "truncation": "disabled", "conversation": None, "previous_response_id": None}
"""Members with the values that ask for nothing."""


def read_request(body: bytes) -> Request:
    """A client's request in the neutral form. Raises ``InvalidRequest``."""
    sent = decoded_request(body, _REQUEST)
    unknown: dict[str, Any] = {}
    items = [wire.Item(role="user", content=sent.input)] if isinstance(sent.input, str) else sent.input or []
    messages = list(messages_of(items, unknown))
    lead = next((index for index, message in enumerate(messages) if message.role != "system"), len(messages))
    return Request(
        model=sent.model,
        system=(*((Text(sent.instructions),) if sent.instructions else ()), *_texts(messages[:lead])),
        messages=tuple(messages[lead:]),
        tools=tuple(_tools(sent.tools or ())),
        tool_choice=_tool_choice(sent.tool_choice),
        parallel_tool_calls=sent.parallel_tool_calls,
        format=_format(sent.text),
        sampling=Sampling(
            temperature=sent.temperature, top_p=sent.top_p, max_tokens=sent.max_output_tokens, top_logprobs=sent.top_logprobs or None
        ),
        reasoning=_reasoning(sent.reasoning),
        stream=bool(sent.stream),
        include_usage=True,
        user=sent.user or sent.safety_identifier,
        metadata=sent.metadata or None,
        service_tier=sent.service_tier,
        verbosity=None if sent.text is None else sent.text.verbosity,
        extra=_extra(body, sent, unknown),
    )


def _extra(body: bytes, sent: wire.Request, unknown: Mapping[str, Any]) -> dict[str, msgspec.Raw]:
    extra = {name: value for name, value in unread(body, wire.Request).items() if name not in _SILENT or not _is_silent(name, value)}
    if sent.truncation not in {None, "disabled"}:
        extra["truncation"] = msgspec.Raw(msgspec.json.encode(sent.truncation))
    return {**extra, **{name: msgspec.Raw(b"null") for name in unknown}}


def _is_silent(name: str, value: msgspec.Raw) -> bool:
    try:
        return bool(msgspec.json.decode(value) == _SILENT[name])
    except UNREADABLE:
        return False


def _texts(messages: Iterable[Message]) -> Iterator[Text]:
    return (part for message in messages for part in message.parts if isinstance(part, Text))


def _tools(sent: Iterable[dict[str, Any]]) -> Iterator[Tool | HostedTool]:
    for number, declared in enumerate(sent):
        if declared.get("type") != "function":
            yield HostedTool(str(declared.get("type")), declared)
            continue
        name, schema = declared.get("name"), declared.get("parameters")
        if not isinstance(name, str) or not isinstance(schema, dict | None):
            raise InvalidRequest(f"Tool {number} must have a 'name' that is a text and 'parameters' that are an object.", param="tools")
        yield Tool(name=name, description=declared.get("description"), parameters=schema, strict=declared.get("strict"))


def _tool_choice(sent: Any) -> ToolChoice | None:
    match sent:
        case None:
            return None
        case "auto" | "none" | "required":
            return ToolChoice(sent)
        case {"type": "function", "name": str(name)}:
            return ToolChoice("required", (name,))
        case {"type": "allowed_tools", "mode": "auto" | "required" as mode, "tools": list(tools)}:
            names = (tool.get("name") for tool in tools if isinstance(tool, dict) and tool.get("type") == "function")
            return ToolChoice(mode, tuple(name for name in names if isinstance(name, str)))
        case {"type": str(kind)}:
            raise InvalidRequest(f"'tool_choice' names {kind!r}, a tool that this model does not have.", param="tool_choice")
        case _:
            raise InvalidRequest(
                "'tool_choice' must be 'auto', 'none', 'required', or an object that names a function.", param="tool_choice"
            )


def _format(text: wire.TextConfig | None) -> Format | None:
    form = None if text is None else text.format
    match form:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return Format(kind="json_object")
        case {"type": "json_schema", "schema": dict(schema)}:
            return Format(
                kind="json_schema",
                schema=schema,
                name=str(form.get("name") or "answer"),
                description=form.get("description"),
                strict=form.get("strict"),
            )
        case _:
            raise InvalidRequest("'text.format' must have the type 'text', 'json_object', or 'json_schema' with a 'schema'.", param="text")


def _reasoning(sent: wire.Reasoning | None) -> ReasoningSettings | None:
    if sent is None or (sent.effort is None and sent.summary is None and sent.generate_summary is None):
        return None
    return ReasoningSettings(effort=sent.effort, shown=True if sent.summary or sent.generate_summary else None)
