"""A request in the neutral form, as one for a chat completion."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from gateway.dialects.effort import effort_of
from gateway.dialects.names import tool_names, unsaid
from gateway.dialects.openai_chat.models import reasons, wants_completion_limit
from gateway.dialects.openai_chat.parts import content_parts, describe, written_calls
from gateway.dialects.types import (
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

LONGEST_NAME: Final = 64
LONGEST_USER: Final = 64
MOST_STOPS: Final = 4


def write_request(request: Request, model: str) -> Written:
    """The request for a chat completion. What this dialect cannot say is named in ``dropped``."""
    dropped: list[str] = list(request.extra)
    names = tool_names((tool.name for tool in request.tools if isinstance(tool, Tool)), LONGEST_NAME)
    body: dict[str, Any] = {"model": model, "messages": list(_messages(_signed(request, model), names, dropped))}
    body |= _tools(request, names, dropped)
    body |= _sampling(request, model, dropped)
    body |= _settings(request, model, dropped)
    dropped += [name for name in unsaid(request) if name != "name"]
    if request.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    renamed = {given: name for name, given in names.items() if given != name}
    return Written(body=msgspec.json.encode(body), dropped=tuple(dict.fromkeys(dropped)), renamed=renamed)


def _signed(request: Request, model: str) -> Request:
    """Signatures of calls are Gemini's own: whoever else speaks this dialect does not know the member that they travel in."""
    if "gemini" in model or not any(isinstance(part, ToolCall) and part.signature for turn in request.messages for part in turn.parts):
        return request
    turns = (
        replace(turn, parts=tuple(replace(part, signature=None) if isinstance(part, ToolCall) else part for part in turn.parts))
        for turn in request.messages
    )
    return replace(request, messages=tuple(turns))


def _messages(request: Request, names: Mapping[str, str], dropped: list[str]) -> Iterator[dict[str, Any]]:
    if request.system:
        yield {"role": "system", "content": _words(request.system, dropped)}
    shown: list[Media] = []
    for message in request.messages:
        if shown and message.role != "tool":
            yield _shown(shown, dropped)
            shown = []
        match message.role:
            case "tool":
                results = [part for part in message.parts if isinstance(part, ToolResult)]
                yield from (_result(result, shown, dropped) for result in results)
            case "assistant":
                yield _assistant(message, names, dropped)
            case "system":
                yield {"role": "system", "content": _words(_texts(message), dropped)}
            case "user":
                yield _named(message, {"role": "user", "content": _words(message.parts, dropped)})
    if shown:
        yield _shown(shown, dropped)


def _named(message: Message, written: dict[str, Any]) -> dict[str, Any]:
    return {**written, "name": message.name} if message.name else written


def _texts(message: Message) -> tuple[Text, ...]:
    return tuple(part for part in message.parts if isinstance(part, Text))


def _words(parts: Iterable[Any], dropped: list[str]) -> str | list[dict[str, Any]]:
    """One text as a string, which every server reads; anything more as parts."""
    written = list(content_parts(parts, dropped))
    if len(written) == 1 and written[0]["type"] == "text":
        return str(written[0]["text"])
    return written or ""


def _assistant(message: Message, names: Mapping[str, str], dropped: list[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"role": "assistant", "content": "".join(part.text for part in message.parts if isinstance(part, Text)) or None}
    if refusals := [part.text for part in message.parts if isinstance(part, Refusal)]:
        said["refusal"] = "".join(refusals)
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    if calls:
        said["tool_calls"] = written_calls(calls, names)
    elif said["content"] is None and not refusals:
        said["content"] = ""
    if any(isinstance(part, Reasoning) for part in message.parts):
        dropped.append("reasoning of earlier turns")
    return _named(message, said)


def _result(result: ToolResult, shown: list[Media], dropped: list[str]) -> dict[str, Any]:
    """A result is text alone here: what else it holds is shown by the user right after."""
    media = [part for part in result.parts if isinstance(part, Media) and part.text is None]
    texts = [part.text or "" for part in result.parts if isinstance(part, Text) or part.text is not None]
    texts += [f"[{describe(part)}: see the next message]" for part in media]
    shown += media
    if result.is_error:
        dropped.append("is_error")
    return {"role": "tool", "tool_call_id": result.call_id, "content": "\n".join(texts)}


def _shown(media: list[Media], dropped: list[str]) -> dict[str, Any]:
    return {"role": "user", "content": list(content_parts(media, dropped))}


def _tools(request: Request, names: Mapping[str, str], dropped: list[str]) -> dict[str, Any]:
    dropped += [f"tools.{tool.kind}" for tool in request.tools if isinstance(tool, HostedTool)]
    tools = [_tool(tool, names[tool.name]) for tool in request.tools if isinstance(tool, Tool)]
    if not tools:
        return {}
    written: dict[str, Any] = {"tools": tools}
    if request.tool_choice is not None:
        written["tool_choice"] = _choice(request.tool_choice, names)
    if request.parallel_tool_calls is not None:
        written["parallel_tool_calls"] = request.parallel_tool_calls
    return written


def _tool(tool: Tool, name: str) -> dict[str, Any]:
    parameters = tool.parameters if tool.parameters is not None else {"type": "object", "properties": {}}
    function: dict[str, Any] = {"name": name, "parameters": parameters}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _choice(choice: ToolChoice, names: Mapping[str, str]) -> str | dict[str, Any]:
    if not choice.names or choice.mode == "none":
        return choice.mode
    named = [{"type": "function", "function": {"name": names.get(name, name)}} for name in choice.names]
    if choice.forced:
        return named[0]
    return {"type": "allowed_tools", "allowed_tools": {"mode": choice.mode, "tools": named}}


def _sampling(request: Request, model: str, dropped: list[str]) -> dict[str, Any]:
    sampling = request.sampling
    if sampling.top_k is not None:
        dropped.append("top_k")
    if len(sampling.stop) > MOST_STOPS:
        dropped.append(f"stop (only the first {MOST_STOPS} are sent)")
    limit = "max_completion_tokens" if wants_completion_limit(model) else "max_tokens"
    values = {
        limit: sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "stop": list(sampling.stop[:MOST_STOPS]) or None,
        "n": sampling.n,
        "seed": sampling.seed,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "logit_bias": sampling.logit_bias,
        "logprobs": sampling.logprobs,
        "top_logprobs": sampling.top_logprobs,
    }
    return {name: value for name, value in values.items() if value is not None}


def _settings(request: Request, model: str, dropped: list[str]) -> dict[str, Any]:
    values = {
        "response_format": None if request.format is None else _format(request.format),
        "reasoning_effort": _effort(request, model, dropped),
        "user": None if request.user is None else _user(request.user),
        "metadata": dict(request.metadata) if request.metadata else None,
        "service_tier": None if request.service_tier == "standard_only" else request.service_tier,
        "verbosity": request.verbosity,
    }
    return {name: value for name, value in values.items() if value is not None}


def _user(user: str) -> str:
    """Longer names are refused; a digest tells users apart as well."""
    return user if len(user) <= LONGEST_USER else sha256(user.encode()).hexdigest()


def _effort(request: Request, model: str, dropped: list[str]) -> str | None:
    """A word that was said passes; a budget becomes a word only for a model that is known to think."""
    settings = request.reasoning
    effort = None if settings is None else effort_of(settings)
    if settings is None or effort is None or (effort == "none" and settings.effort is None):
        return None
    if settings.effort is None and not reasons(model):
        dropped.append("reasoning")
        return None
    return effort


def _format(form: Format) -> dict[str, Any]:
    if form.kind == "json_object":
        return {"type": "json_object"}
    described = {"name": form.name, "schema": form.schema or {}, "description": form.description, "strict": form.strict}
    return {"type": "json_schema", "json_schema": {name: value for name, value in described.items() if value is not None}}
