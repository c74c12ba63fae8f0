"""A request in the neutral form, as one for a response. Nothing is stored at the vendor: the whole conversation is in each request."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from gateway.dialects.effort import effort_of
from gateway.dialects.names import media_name, new_id, tool_names, unsaid
from gateway.dialects.openai_chat.models import reasons
from gateway.dialects.openai_chat.parts import url_of
from gateway.dialects.types import (
    DialectName,
    Format,
    HostedTool,
    Media,
    Message,
    Part,
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

__all__ = ("write_request", "written_choice", "written_format", "written_tool")

LONGEST_NAME: Final = 64
LEAST_TOKENS: Final = 16
_UNKNOWN: Final = ("top_k", "stop", "seed", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs")


def write_request(request: Request, model: str) -> Written:
    """The request for a response. What this dialect cannot say is named in ``dropped``."""
    dropped: list[str] = list(request.extra)
    names = tool_names((tool.name for tool in request.tools if isinstance(tool, Tool)), LONGEST_NAME)
    body: dict[str, Any] = {"model": model, "input": [item for message in request.messages for item in _items(message, names, dropped)]}
    if request.system:
        body["instructions"] = "\n\n".join(part.text for part in request.system)
    body |= _tools(request, names, dropped) | _sampling(request, dropped) | _settings(request, model, dropped)
    dropped += unsaid(request)
    body["store"] = False
    if request.stream:
        body["stream"] = True
    renamed = {given: name for name, given in names.items() if given != name}
    return Written(body=msgspec.json.encode(body), dropped=tuple(dict.fromkeys(dropped)), renamed=renamed)


def written_tool(tool: Tool, name: str) -> dict[str, Any]:
    """A declaration. Here a tool is strict unless it says that it is not."""
    parameters = tool.parameters if tool.parameters is not None else {"type": "object", "properties": {}}
    described = {} if tool.description is None else {"description": tool.description}
    return {"type": "function", "name": name, **described, "parameters": parameters, "strict": bool(tool.strict)}


def written_choice(choice: ToolChoice, names: Mapping[str, str]) -> str | dict[str, Any]:
    """``tool_choice``."""
    if not choice.names or choice.mode == "none":
        return choice.mode
    named = [{"type": "function", "name": names.get(name, name)} for name in choice.names]
    return named[0] if choice.forced else {"type": "allowed_tools", "mode": choice.mode, "tools": named}


def written_format(form: Format | None) -> dict[str, Any]:
    """``text.format``."""
    if form is None:
        return {"type": "text"}
    if form.kind == "json_object":
        return {"type": "json_object"}
    described = {"name": form.name, "schema": form.schema or {}, "description": form.description, "strict": form.strict}
    return {"type": "json_schema", **{name: value for name, value in described.items() if value is not None}}


def _items(message: Message, names: Mapping[str, str], dropped: list[str]) -> Iterator[dict[str, Any]]:
    """Words and pictures of a turn are one item; calls, results and thoughts are items of their own."""
    content: list[dict[str, Any]] = []
    for part in message.parts:
        if (item := _item(part, names, dropped)) is not None:
            if content:
                yield {"role": message.role, "content": content}
            content = []
            yield item
        elif not isinstance(part, Reasoning):
            content += _content(part, message.role, dropped)
    if content:
        yield {"role": message.role, "content": _plain(content) if message.role != "user" else content}


def _plain(content: list[dict[str, Any]]) -> str:
    """What the model or the system said: as a text, which needs no identifier."""
    return "".join(part["text"] for part in content)


def _item(part: Part, names: Mapping[str, str], dropped: list[str]) -> dict[str, Any] | None:
    match part:
        case ToolCall():
            name = names.get(part.name, part.name)
            return {"type": "function_call", "call_id": part.id, "name": name, "arguments": part.arguments}
        case ToolResult():
            return {"type": "function_call_output", "call_id": part.call_id, "output": _output(part, dropped)}
        case Reasoning() if part.origin is DialectName.OPENAI_RESPONSES and part.signature is not None:
            summary = [{"type": "summary_text", "text": part.text}] if part.text else []
            return {"type": "reasoning", "id": part.id or new_id("rs_"), "summary": summary, "encrypted_content": part.signature}
        case Reasoning():
            dropped.append("reasoning of earlier turns")
            return None
        case _:
            return None


def _output(result: ToolResult, dropped: list[str]) -> str | list[dict[str, Any]]:
    if result.is_error:
        dropped.append("is_error")
    content = [each for part in result.parts for each in _content(part, "user", dropped)]
    if all(part["type"] == "input_text" for part in content):
        return "\n".join(part["text"] for part in content)
    return content


def _content(part: Part, role: str, dropped: list[str]) -> Iterator[dict[str, Any]]:
    match part:
        case Text(text) | Refusal(text):
            yield {"type": "input_text", "text": text}
        case Media() if role == "user" and (written := _media(part)) is not None:
            yield written
        case Media():
            dropped.append(media_name(part))


def _media(media: Media) -> dict[str, Any] | None:
    if media.text is not None:
        return {"type": "input_text", "text": media.text}
    where = {"file_id": media.file_id} if media.file_id is not None else {}
    if media.kind == "image":
        where = where or {"image_url": url_of(media) or ""}
        return {"type": "input_image", "detail": media.detail or "auto", **where}
    if media.kind != "document":
        return None
    if media.data is not None:
        return {"type": "input_file", "filename": media.name or "document.pdf", "file_data": url_of(media) or ""}
    return {"type": "input_file", **(where or {"file_url": media.url or ""})}


def _tools(request: Request, names: Mapping[str, str], dropped: list[str]) -> dict[str, Any]:
    dropped += [f"tools.{tool.kind}" for tool in request.tools if isinstance(tool, HostedTool)]
    tools = [tool for tool in request.tools if isinstance(tool, Tool)]
    if not tools:
        return {}
    written: dict[str, Any] = {"tools": [written_tool(tool, names[tool.name]) for tool in tools]}
    if request.tool_choice is not None:
        written["tool_choice"] = written_choice(request.tool_choice, names)
    if request.parallel_tool_calls is not None:
        written["parallel_tool_calls"] = request.parallel_tool_calls
    return written


def _sampling(request: Request, dropped: list[str]) -> dict[str, Any]:
    sampling = request.sampling
    dropped += [name for name in _UNKNOWN if getattr(sampling, name)]
    if sampling.n not in {None, 1}:
        dropped.append("n")
    values = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_output_tokens": None if sampling.max_tokens is None else max(sampling.max_tokens, LEAST_TOKENS),
        "top_logprobs": sampling.top_logprobs,
    }
    return {name: value for name, value in values.items() if value is not None}


def _settings(request: Request, model: str, dropped: list[str]) -> dict[str, Any]:
    text: dict[str, Any] = {} if request.format is None else {"format": written_format(request.format)}
    if request.verbosity is not None:
        text["verbosity"] = request.verbosity
    values: dict[str, Any] = {"text": text, "reasoning": _reasoning(request, model, dropped), "metadata": dict(request.metadata or {})}
    if reasons(model):
        values["include"] = ["reasoning.encrypted_content"]
    if request.user is not None:
        values["user"] = request.user
    if request.service_tier not in {None, "standard_only"}:
        values["service_tier"] = request.service_tier
    return {name: value for name, value in values.items() if value}


def _reasoning(request: Request, model: str, dropped: list[str]) -> dict[str, Any]:
    settings = request.reasoning
    if settings is None:
        return {}
    effort = effort_of(settings)
    if settings.effort is None and not reasons(model):
        if effort not in {None, "none"}:
            dropped.append("reasoning")
        return {}
    return ({} if effort is None else {"effort": effort}) | ({"summary": "auto"} if settings.shown else {})
