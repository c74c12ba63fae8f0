"""A request in the neutral form, as one of Cohere's chat."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from gateway.dialects.effort import budget_of, effort_of
from gateway.dialects.names import called_names, media_name, tool_names, unsaid
from gateway.dialects.types import (
    DialectName,
    Format,
    HostedTool,
    Media,
    Message,
    Reasoning,
    Refusal,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Written,
)

__all__ = ("write_request",)

LONGEST_NAME: Final = 128
NATIVE: Final = frozenset({"documents", "citation_options", "safety_mode", "strict_tools", "priority", "raw_prompting", "thinking"})
"""Members of Cohere's chat that a client may send beside its own dialect's."""

Body = dict[str, Any]


def write_request(request: Request, model: str) -> Written:
    """The request of Cohere's chat. What this dialect cannot say is named in ``dropped``."""
    dropped: list[str] = [name for name in request.extra if name not in NATIVE]
    declared = _declared(request, dropped)
    names = tool_names((*(tool.name for tool in declared), *called_names(request.messages)), LONGEST_NAME)
    documents: list[Body] = []
    body: Body = {"model": model, "messages": list(_messages(request, names, documents, dropped))}
    if documents:
        body["documents"] = documents
    body |= _tools(declared, request.tool_choice, names)
    body |= _sampling(request, dropped)
    body |= _format(request.format, declared, dropped)
    body |= _thinking(request, model, dropped)
    dropped += [
        name
        for name in ("user", "metadata", "service_tier", "verbosity", "parallel_tool_calls")
        if getattr(request, name) not in (None, True)
    ]
    dropped += unsaid(request)
    if request.stream:
        body["stream"] = True
    body |= {name: value for name, value in request.extra.items() if name in NATIVE}
    renamed = {given: name for name, given in names.items() if given != name}
    return Written(body=msgspec.json.encode(body), dropped=tuple(dict.fromkeys(dropped)), renamed=renamed)


def _messages(request: Request, names: Mapping[str, str], documents: list[Body], dropped: list[str]) -> Iterator[Body]:
    system = "\n\n".join(part.text for part in request.system if part.text)
    if system:
        yield {"role": "system", "content": system}
    for message in request.messages:
        if message.role == "tool":
            yield from (_result(part, dropped) for part in message.parts if isinstance(part, ToolResult))
        elif message.role == "assistant":
            yield _assistant(message, names, dropped)
        else:
            yield {"role": message.role, "content": _content(message, documents, dropped)}


def _content(message: Message, documents: list[Body], dropped: list[str]) -> str | list[Body]:
    items: list[Body] = []
    for part in message.parts:
        match part:
            case Text() | Refusal():
                items.append({"type": "text", "text": part.text})
            case Media(kind="image") if (url := _url(part)) is not None:
                items.append({"type": "image_url", "image_url": {"url": url} | ({"detail": part.detail} if part.detail else {})})
            case Media(kind="document", text=str(text)):
                documents.append({"data": {"text": text} | ({"title": part.name} if part.name else {})})
            case Media():
                dropped.append(media_name(part))
            case _:
                continue
    alone = all(item["type"] == "text" for item in items)
    return "".join(item["text"] for item in items) if alone else items


def _url(part: Media) -> str | None:
    return part.url if part.data is None else f"data:{part.media_type or 'image/png'};base64,{part.data}"


def _assistant(message: Message, names: Mapping[str, str], dropped: list[str]) -> Body:
    """A thought that comes before calls is the plan of the calls."""
    calls = [_call(part, names) for part in message.parts if isinstance(part, ToolCall)]
    text = "".join(part.text for part in message.parts if isinstance(part, Text | Refusal))
    thoughts = [part.text for part in message.parts if isinstance(part, Reasoning) and _is_own(part)]
    if any(isinstance(part, Reasoning) and not _is_own(part) for part in message.parts):
        dropped.append("reasoning of earlier turns")
    written: Body = {"role": "assistant"}
    if calls:
        written["tool_calls"] = calls
        if plan := "".join(thoughts) or text:
            written["tool_plan"] = plan
        return written
    written["content"] = [{"type": "thinking", "thinking": thought} for thought in thoughts]
    written["content"] = [*written["content"], {"type": "text", "text": text}] if thoughts else text
    return written


def _is_own(part: Reasoning) -> bool:
    return part.origin is DialectName.COHERE and part.signature is None and part.redacted is None


def _call(call: ToolCall, names: Mapping[str, str]) -> Body:
    return {"id": call.id, "type": "function", "function": {"name": names.get(call.name, call.name), "arguments": call.arguments or "{}"}}


def _result(result: ToolResult, dropped: list[str]) -> Body:
    dropped += [f"{media_name(part)} (in the result of a tool)" for part in result.parts if isinstance(part, Media) and part.text is None]
    if result.is_error:
        dropped.append("is_error")
    text = "".join(part.text or "" for part in result.parts)
    return {"role": "tool", "tool_call_id": result.call_id, "content": text}


def _declared(request: Request, dropped: list[str]) -> tuple[Tool, ...]:
    dropped += [f"tools.{tool.kind}" for tool in request.tools if isinstance(tool, HostedTool)]
    tools = tuple(tool for tool in request.tools if isinstance(tool, Tool))
    choice = request.tool_choice
    # No tool can be named in the choice: the ones that may not be called are not declared.
    return tuple(tool for tool in tools if tool.name in choice.names) if choice is not None and choice.names else tools


def _tools(declared: Sequence[Tool], choice: ToolChoice | None, names: Mapping[str, str]) -> Body:
    if not declared:
        return {}
    written: Body = {"tools": [_tool(tool, names[tool.name]) for tool in declared]}
    if choice is not None and choice.mode != "auto":
        written["tool_choice"] = "NONE" if choice.mode == "none" else "REQUIRED"
    return written


def _tool(tool: Tool, name: str) -> Body:
    function: Body = {"name": name, "parameters": tool.parameters or {"type": "object", "properties": {}}}
    return {"type": "function", "function": function | ({"description": tool.description} if tool.description else {})}


def _sampling(request: Request, dropped: list[str]) -> Body:
    sampling = request.sampling
    dropped += [name for name in ("n", "logit_bias", "top_logprobs") if getattr(sampling, name) and not (name == "n" and sampling.n == 1)]
    values = {
        "temperature": sampling.temperature,
        "p": sampling.top_p,
        "k": sampling.top_k,
        "max_tokens": sampling.max_tokens,
        "stop_sequences": list(sampling.stop) or None,
        "seed": sampling.seed,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "logprobs": sampling.logprobs,
    }
    return {name: value for name, value in values.items() if value is not None}


def _format(form: Format | None, declared: Sequence[Tool], dropped: list[str]) -> Body:
    """The vendor takes no form beside tools."""
    if form is None:
        return {}
    if declared:
        dropped.append("response_format")
        return {}
    schema = {"json_schema": form.schema} if form.kind == "json_schema" and form.schema else {}
    return {"response_format": {"type": "json_object", **schema}}


def _thinking(request: Request, model: str, dropped: list[str]) -> Body:
    if request.reasoning is None:
        return {}
    effort, budget = effort_of(request.reasoning), budget_of(request.reasoning)
    if "reasoning" not in model:
        if effort not in (None, "none"):
            dropped.append("reasoning")
        return {}
    if effort == "none":
        return {"thinking": {"type": "disabled"}}
    return {"thinking": {"type": "enabled"} | ({"token_budget": budget} if budget else {})}
