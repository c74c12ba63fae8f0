"""A request in the neutral form, as one for content of Gemini."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gateway.dialects.effort import budget_of, effort_of
from gateway.dialects.gemini.models import Gemini, gemini
from gateway.dialects.gemini.schemas import to_openapi
from gateway.dialects.gemini.turns import turns
from gateway.dialects.names import tool_names, unsaid
from gateway.dialects.types import Format, HostedTool, ReasoningSettings, Request, Tool, ToolChoice, Written

__all__ = ("write_request",)

LONGEST_NAME: Final = 64
MOST_STOPS: Final = 5
_MODES: Final = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_LEVELS: Final = {"none": "minimal", "minimal": "minimal", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}
_LEAST_BUDGET: Final = 128


def write_request(request: Request, model: str) -> Written:
    """The request for content. What this dialect cannot say is named in ``dropped``."""
    known = gemini(model)
    dropped: list[str] = list(request.extra)
    names = tool_names((tool.name for tool in request.tools if isinstance(tool, Tool)), LONGEST_NAME)
    body: dict[str, Any] = {"contents": turns(request.messages, names, dropped, signed_calls=known.signed_calls)}
    if request.system:
        body["systemInstruction"] = {"parts": [{"text": part.text} for part in request.system if part.text]}
    body |= _tools(request, known, names, dropped)
    config = {**_sampling(request, dropped), **_form(request, known, dropped), **_thinking(request.reasoning, known, model, dropped)}
    if config:
        body["generationConfig"] = config
    dropped += [name for name in ("user", "metadata", "service_tier", "verbosity") if getattr(request, name)]
    dropped += unsaid(request)
    renamed = {given: name for name, given in names.items() if given != name}
    return Written(body=msgspec.json.encode(body), dropped=tuple(dict.fromkeys(dropped)), renamed=renamed)


def _tools(request: Request, known: Gemini, names: Mapping[str, str], dropped: list[str]) -> dict[str, Any]:
    dropped += [f"tools.{tool.kind}" for tool in request.tools if isinstance(tool, HostedTool)]
    tools = [tool for tool in request.tools if isinstance(tool, Tool)]
    if not tools:
        return {}
    if request.parallel_tool_calls is False:
        dropped.append("parallel_tool_calls")
    written: dict[str, Any] = {"tools": [{"functionDeclarations": [_function(tool, names[tool.name], known) for tool in tools]}]}
    if request.tool_choice is not None:
        written["toolConfig"] = {"functionCallingConfig": _calling(request.tool_choice, names)}
    return written


def _function(tool: Tool, name: str, known: Gemini) -> dict[str, Any]:
    written: dict[str, Any] = {"name": name, "description": tool.description or name}
    if tool.parameters and (tool.parameters.get("properties") or known.json_schemas):
        written |= {"parametersJsonSchema": tool.parameters} if known.json_schemas else {"parameters": to_openapi(tool.parameters)}
    return written


def _calling(choice: ToolChoice, names: Mapping[str, str]) -> dict[str, Any]:
    calling: dict[str, Any] = {"mode": _MODES[choice.mode]}
    if choice.names and choice.mode != "none":
        # Only this mode and the next stricter one take names; auto with names is told as the latter by the vendor's own SDKs.
        calling |= {"mode": "ANY" if choice.mode == "required" else "VALIDATED"}
        calling["allowedFunctionNames"] = [names.get(name, name) for name in choice.names]
    return calling


def _sampling(request: Request, dropped: list[str]) -> dict[str, Any]:
    sampling = request.sampling
    if sampling.logit_bias:
        dropped.append("logit_bias")
    if len(sampling.stop) > MOST_STOPS:
        dropped.append(f"stop (only the first {MOST_STOPS} are sent)")
    values = {
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k,
        "maxOutputTokens": sampling.max_tokens,
        "stopSequences": list(sampling.stop[:MOST_STOPS]) or None,
        "candidateCount": sampling.n if sampling.n != 1 else None,
        "seed": sampling.seed,
        "presencePenalty": sampling.presence_penalty,
        "frequencyPenalty": sampling.frequency_penalty,
        "responseLogprobs": sampling.logprobs,
        "logprobs": sampling.top_logprobs,
    }
    return {name: value for name, value in values.items() if value is not None}


def _form(request: Request, known: Gemini, dropped: list[str]) -> dict[str, Any]:
    form: Format | None = request.format
    if form is None:
        return {}
    if any(isinstance(tool, Tool) for tool in request.tools) and not known.forms_with_tools:
        dropped.append("response_format")
        return {}
    written: dict[str, Any] = {"responseMimeType": "application/json"}
    if form.schema is not None:
        written |= {"responseJsonSchema": form.schema} if known.json_schemas else {"responseSchema": to_openapi(form.schema)}
    return written


def _thinking(settings: ReasoningSettings | None, known: Gemini, model: str, dropped: list[str]) -> dict[str, Any]:
    """Thoughts are asked for wherever the model is made to think: a client that does not want them leaves them."""
    if settings is None:
        return {}
    effort = effort_of(settings)
    if known.thinking == "none":
        if effort != "none":
            dropped.append("reasoning")
        return {}
    off = effort == "none"
    thinking: dict[str, Any] = {} if settings.shown is False or off else {"includeThoughts": True}
    if known.thinking == "level":
        if effort is not None:
            level = _LEVELS.get(effort, "high")
            thinking["thinkingLevel"] = "low" if level == "minimal" and "pro" in model else level
    elif (budget := budget_of(settings)) is not None:
        thinking["thinkingBudget"] = max(budget, _LEAST_BUDGET) if known.always_thinks else budget
    elif settings.enabled:
        thinking["thinkingBudget"] = -1
    return {"thinkingConfig": thinking} if thinking else {}
