"""A request in the neutral form, as one for a message of Claude."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from gateway.dialects.anthropic.models import Claude, claude
from gateway.dialects.anthropic.turns import mark, system_blocks, turns
from gateway.dialects.effort import budget_of, effort_of
from gateway.dialects.names import tool_names, used_tools
from gateway.dialects.schemas import closed
from gateway.dialects.types import (
    DialectName,
    Format,
    HostedTool,
    Message,
    Reasoning,
    Request,
    Tool,
    ToolCall,
    ToolChoice,
    Written,
)

__all__ = ("write_request",)

LONGEST_NAME: Final = 128
LEAST_BUDGET: Final = 1024
JSON_ONLY: Final = "Answer with one JSON object and nothing else: no words around it, no code fence."
ANSWER_TOOL: Final = "json_answer"
_TIERS: Final = {"auto": "auto", "priority": "auto", "default": "standard_only", "standard_only": "standard_only"}
_PERSONAL: Final = re.compile(r"@|^\+?[\d\s().-]{7,}$")


def write_request(request: Request, model: str) -> Written:
    """The request for a message. What this dialect cannot say is named in ``dropped``."""
    known = claude(model)
    dropped: list[str] = list(request.extra)
    declared = _declared(request, dropped)
    names = tool_names((tool.name for tool in declared), LONGEST_NAME)
    limit = request.sampling.max_tokens if request.sampling.max_tokens is not None else known.most_tokens
    thinking = _thinking(request, known, limit, dropped)
    answer_tool = ANSWER_TOOL if _by_tool(request.format, known, declared) else None
    body: dict[str, Any] = {"model": model, "max_tokens": limit}
    body |= _system(request)
    body["messages"] = turns(request.messages, names, dropped, thinking=bool(thinking))
    body |= _tools(request, declared, names, dropped, answer_tool, thinking=bool(thinking))
    body |= _sampling(request, known, dropped, thinking=bool(thinking))
    body |= _output(request, known, thinking, answer_tool, dropped)
    body |= _about(request, dropped)
    if request.stream:
        body["stream"] = True
    renamed = {given: name for name, given in names.items() if given != name}
    return Written(body=msgspec.json.encode(body), dropped=tuple(dict.fromkeys(dropped)), renamed=renamed, answer_tool=answer_tool)


def _system(request: Request) -> dict[str, Any]:
    blocks = system_blocks(request.system)
    if request.format is not None and request.format.kind == "json_object":
        blocks.append({"type": "text", "text": JSON_ONLY})
    return {"system": blocks} if blocks else {}


def _declared(request: Request, dropped: list[str]) -> tuple[Tool, ...]:
    """The tools. Without any, those of the history: calls in it are refused where no tool is declared."""
    dropped += [f"tools.{tool.kind}" for tool in request.tools if isinstance(tool, HostedTool)]
    tools = tuple(tool for tool in request.tools if isinstance(tool, Tool))
    choice = request.tool_choice
    if choice is not None and len(choice.names) > 1:
        tools = tuple(tool for tool in tools if tool.name in choice.names)
    return tools or used_tools(request.messages)


def _tools(
    request: Request, declared: Sequence[Tool], names: Mapping[str, str], dropped: list[str], answer_tool: str | None, *, thinking: bool
) -> dict[str, Any]:
    written = [_tool(tool, names[tool.name]) for tool in declared]
    if answer_tool is not None and request.format is not None:
        schema = request.format.schema or {"type": "object"}
        written.append({"name": answer_tool, "description": "Give the answer.", "input_schema": schema})
    if not written:
        return {}
    choice = _choice(request.tool_choice, names)
    if not any(isinstance(tool, Tool) for tool in request.tools):
        choice = None if answer_tool is None else {"type": "tool", "name": answer_tool}
    if thinking and choice is not None and choice["type"] in {"any", "tool"}:
        # A forced call leaves no room for a thought, and the vendor refuses the two together.
        dropped.append("tool_choice")
        choice = None
    if request.parallel_tool_calls is False and (choice is None or choice["type"] != "none"):
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    return {"tools": written} | ({"tool_choice": choice} if choice is not None else {})


def _tool(tool: Tool, name: str) -> dict[str, Any]:
    schema = tool.parameters or {"type": "object", "properties": {}}
    written: dict[str, Any] = {"name": name, "input_schema": {"type": "object", **schema}}
    if tool.description:
        written["description"] = tool.description
    return written | mark(tool.cache)


def _choice(choice: ToolChoice | None, names: Mapping[str, str]) -> dict[str, Any] | None:
    if choice is None:
        return None
    if choice.forced is not None:
        return {"type": "tool", "name": names.get(choice.forced, choice.forced)}
    return {"type": {"auto": "auto", "none": "none", "required": "any"}[choice.mode]}


def _sampling(request: Request, known: Claude, dropped: list[str], *, thinking: bool) -> dict[str, Any]:
    """The vendor knows temperatures up to 1, takes none beside thinking, some models one of two ways to sample alone, and new ones none."""
    sampling = request.sampling
    unknown = ("n", "seed", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs")
    dropped += [name for name in unknown if getattr(sampling, name) and not (name == "n" and sampling.n == 1)]
    values: dict[str, Any] = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k}
    if not known.samples:
        dropped += [name for name, value in values.items() if value is not None and value != 1]  # 1 is what it does anyway
        values = dict.fromkeys(values)
    if thinking:
        refused = [name for name, value in values.items() if value is not None and not (name == "temperature" and value == 1)]
    else:
        refused = ["top_p"] if known.one_of_sampling and sampling.temperature is not None and sampling.top_p is not None else []
    dropped += refused
    if values["temperature"] is not None and values["temperature"] > 1:
        dropped.append("temperature (1 is sent)")
        values["temperature"] = 1
    values["stop_sequences"] = [text for text in sampling.stop if text.strip()] or None
    if len(sampling.stop) > len(values["stop_sequences"] or ()):
        dropped.append("stop (of white space)")
    return {name: value for name, value in values.items() if value is not None and name not in refused}


def _thinking(request: Request, known: Claude, limit: int, dropped: list[str]) -> dict[str, Any]:
    """``thinking``; empty where there is none. An answer to a call must begin with the signed thought that made the call."""
    settings = request.reasoning
    if settings is None or effort_of(settings) == "none":
        return {}
    wanted = settings.enabled or settings.budget or settings.effort
    if not wanted or known.thinking == "none" or _unsigned_call(request.messages):
        dropped.append("reasoning")
        return {}
    shown = {} if settings.shown is None else {"display": "summarized" if settings.shown else "omitted"}
    if known.thinking == "adaptive":
        return {"type": "adaptive", **shown}
    budget = min(max(budget_of(settings) or LEAST_BUDGET, LEAST_BUDGET), limit - 1)
    if budget < LEAST_BUDGET:
        dropped.append("reasoning (the limit of tokens leaves no room)")
        return {}
    return {"type": "enabled", "budget_tokens": budget, **shown}


def _unsigned_call(messages: Sequence[Message]) -> bool:
    """Whether the conversation waits for the answer to a call that the model made without a thought of its own."""
    waiting = next((message for message in reversed(messages) if message.role != "tool"), None)
    if waiting is None or waiting.role != "assistant" or not any(isinstance(part, ToolCall) for part in waiting.parts):
        return False
    return not any(isinstance(part, Reasoning) and part.origin is DialectName.ANTHROPIC for part in waiting.parts)


def _by_tool(form: Format | None, known: Claude, declared: Sequence[Tool]) -> bool:
    """A model that cannot be held to a schema is made to call a tool that has it, where it has no other tools to call."""
    return form is not None and form.kind == "json_schema" and not known.formats and not declared


def _output(request: Request, known: Claude, thinking: dict[str, Any], answer_tool: str | None, dropped: list[str]) -> dict[str, Any]:
    output: dict[str, Any] = {}
    form = request.format
    if form is not None and form.kind == "json_schema" and answer_tool is None:
        if known.formats:
            output["format"] = {"type": "json_schema", "schema": closed(form.schema or {"type": "object"})}
        else:
            dropped.append("response_format")
    effort = None if request.reasoning is None else effort_of(request.reasoning)
    if thinking.get("type") == "adaptive" and effort is not None:
        output["effort"] = "low" if effort == "minimal" else effort
    written: dict[str, Any] = {"output_config": output} if output else {}
    return written | ({"thinking": thinking} if thinking else {})


def _about(request: Request, dropped: list[str]) -> dict[str, Any]:
    """Who asks, and how urgently. The vendor refuses a user that looks like an address or a telephone number."""
    dropped += [name for name in ("metadata", "verbosity") if getattr(request, name)]
    if any(message.name for message in request.messages):
        dropped.append("name")
    written: dict[str, Any] = {}
    if request.service_tier in _TIERS:
        written["service_tier"] = _TIERS[request.service_tier]
    elif request.service_tier is not None:
        dropped.append("service_tier")
    if request.user is not None and _PERSONAL.search(request.user):
        dropped.append("user")
    elif request.user is not None:
        written["metadata"] = {"user_id": request.user}
    return written
