"""A request in the neutral form, as one of Converse."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from gateway.dialects.bedrock.models import Family, family
from gateway.dialects.bedrock.turns import cache_point, system_blocks, turns
from gateway.dialects.effort import effort_of
from gateway.dialects.names import called_names, tool_names, used_tools
from gateway.dialects.types import Format, HostedTool, Request, Tool, ToolChoice, Written

__all__ = ("write_request",)

LONGEST_NAME: Final = 64
JSON_ONLY: Final = "Answer with one JSON object and nothing else: no words around it, no code fence."
ANSWER_TOOL: Final = "json_answer"
NATIVE: Final = frozenset({"additionalModelRequestFields", "additionalModelResponseFieldPaths", "guardrailConfig", "performanceConfig"})
"""Members of Converse that a client may send beside its own dialect's: they mean nothing anywhere else."""

_TIERS: Final = frozenset({"priority", "default", "flex", "reserved"})
_VALUE: Final = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")

Body = dict[str, Any]


def write_request(request: Request, model: str) -> Written:
    """The request of Converse. What this dialect cannot say is named in ``dropped``; the model is in the URL."""
    known = family(model)
    dropped: list[str] = [name for name in request.extra if name not in NATIVE]
    declared = _declared(request, dropped)
    names = tool_names((*(tool.name for tool in declared), *called_names(request.messages)), LONGEST_NAME)
    answer_tool = ANSWER_TOOL if _by_tool(request.format, known, declared) else None
    body: Body = {"messages": turns(request.messages, names, dropped)}
    body |= _system(request)
    body |= _inference(request, dropped)
    body |= _tools(request, declared, names, dropped, answer_tool)
    body |= _format(request.format, known, answer_tool, dropped)
    body |= _about(request, dropped)
    body |= {name: value for name, value in request.extra.items() if name in NATIVE}
    body |= _models_own(request, known, dropped, body.get("additionalModelRequestFields"))
    renamed = {given: name for name, given in names.items() if given != name}
    return Written(body=msgspec.json.encode(body), dropped=tuple(dict.fromkeys(dropped)), renamed=renamed, answer_tool=answer_tool)


def _system(request: Request) -> Body:
    blocks = system_blocks(request.system)
    if request.format is not None and request.format.kind == "json_object":
        blocks.append({"text": JSON_ONLY})
    return {"system": blocks} if blocks else {}


def _inference(request: Request, dropped: list[str]) -> Body:
    sampling = request.sampling
    unknown = ("n", "seed", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs")
    dropped += [name for name in unknown if getattr(sampling, name) and not (name == "n" and sampling.n == 1)]
    temperature = sampling.temperature
    if temperature is not None and temperature > 1:
        dropped.append("temperature (1 is sent)")
        temperature = 1
    stop = [text for text in sampling.stop if text]
    values = {"maxTokens": sampling.max_tokens, "temperature": temperature, "topP": sampling.top_p, "stopSequences": stop or None}
    given = {name: value for name, value in values.items() if value is not None}
    return {"inferenceConfig": given} if given else {}


def _declared(request: Request, dropped: list[str]) -> tuple[Tool, ...]:
    """The tools. Without any, those of the history: calls in it are refused where no tool is declared."""
    dropped += [f"tools.{tool.kind}" for tool in request.tools if isinstance(tool, HostedTool)]
    tools = tuple(tool for tool in request.tools if isinstance(tool, Tool))
    choice = request.tool_choice
    if choice is not None and choice.mode == "none":
        tools = ()  # the dialect has no word for it: what is not declared is not called
    elif choice is not None and len(choice.names) > 1:
        tools = tuple(tool for tool in tools if tool.name in choice.names)
    return tools or used_tools(request.messages)


def _tools(request: Request, declared: Sequence[Tool], names: Mapping[str, str], dropped: list[str], answer_tool: str | None) -> Body:
    written = [block for tool in declared for block in _tool(tool, names[tool.name])]
    if answer_tool is not None and request.format is not None:
        schema = request.format.schema or {"type": "object"}
        written.append({"toolSpec": {"name": answer_tool, "description": "Give the answer.", "inputSchema": {"json": schema}}})
    if not written:
        return {}
    if request.parallel_tool_calls is False:
        dropped.append("parallel_tool_calls")
    choice = {"tool": {"name": answer_tool}} if answer_tool is not None else _choice(request.tool_choice, names)
    return {"toolConfig": {"tools": written} | ({"toolChoice": choice} if choice is not None else {})}


def _tool(tool: Tool, name: str) -> list[Body]:
    schema = tool.parameters or {"type": "object", "properties": {}}
    spec: Body = {"name": name, "inputSchema": {"json": {"type": "object", **schema}}}
    if tool.description:
        spec["description"] = tool.description
    return [{"toolSpec": spec}, *cache_point(tool.cache)]


def _choice(choice: ToolChoice | None, names: Mapping[str, str]) -> Body | None:
    if choice is None or choice.mode == "none":
        return None
    if choice.forced is not None:
        return {"tool": {"name": names.get(choice.forced, choice.forced)}}
    return {"any": {}} if choice.mode == "required" else {"auto": {}}


def _by_tool(form: Format | None, known: Family, declared: Sequence[Tool]) -> bool:
    """A model that cannot be held to a schema is made to call a tool that has it, where it has no other tools to call."""
    return form is not None and form.kind == "json_schema" and not known.formats and not declared


def _format(form: Format | None, known: Family, answer_tool: str | None, dropped: list[str]) -> Body:
    if form is None or form.kind != "json_schema" or answer_tool is not None:
        return {}
    if not known.formats:
        dropped.append("response_format")
        return {}
    schema: Body = {"schema": msgspec.json.encode(form.schema or {"type": "object"}).decode(), "name": form.name}
    if form.description:
        schema["description"] = form.description
    return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}}


def _about(request: Request, dropped: list[str]) -> Body:
    """Who asks, and how urgently. What does not fit AWS's letters is left out."""
    if request.verbosity:
        dropped.append("verbosity")
    if any(message.name for message in request.messages):
        dropped.append("name")
    told = {**(request.metadata or {}), **({"user": request.user} if request.user else {})}
    fitting = dict(list({name: value for name, value in told.items() if name and _fits(name) and _fits(value)}.items())[:16])
    if any(name not in fitting for name in request.metadata or ()):
        dropped.append("metadata")
    if request.user and "user" not in fitting:
        dropped.append("user")
    written: Body = {"requestMetadata": fitting} if fitting else {}
    if request.service_tier in _TIERS:
        written["serviceTier"] = {"type": request.service_tier}
    elif request.service_tier not in (None, "auto"):
        dropped.append("service_tier")
    return written


def _fits(text: object) -> bool:
    return isinstance(text, str) and _VALUE.fullmatch(text) is not None


def _models_own(request: Request, known: Family, dropped: list[str], sent: msgspec.Raw | None) -> Body:
    """``additionalModelRequestFields``: what only this family knows; a client's own word counts before ours."""
    own: Body = {}
    if request.sampling.top_k is not None:
        if not known.top_k:
            dropped.append("top_k")
        else:
            own = _nested(known.top_k, request.sampling.top_k)
    effort = None if request.reasoning is None else effort_of(request.reasoning)
    if effort is not None:
        thinking = known.thinking(effort)
        if thinking is not None:
            own |= thinking
        elif effort != "none":
            dropped.append("reasoning")
    if sent is not None:
        given = msgspec.json.decode(sent)
        own |= given if isinstance(given, dict) else {}
    return {"additionalModelRequestFields": own} if own else {}


def _nested(path: Sequence[str], value: object) -> Body:
    inner: Any = value
    for name in reversed(path):
        inner = {name: inner}
    return dict(inner)
