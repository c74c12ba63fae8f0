"""What OpenTelemetry's GenAI attributes were before 1.37, and Traceloop's OpenLLMetry, which grew from the same root.

Messages stood in indexed attributes (``gen_ai.prompt.0.content``) or in one event each (``gen_ai.user.message``).
https://www.traceloop.com/docs/openllmetry/contributing/semantic-conventions
"""

from collections.abc import Iterator, Mapping
from typing import Final

from tracing.conventions.indexed import objects, rebuild
from tracing.conventions.readers import json_object, message, messages, provider, unwrapped
from tracing.conventions.rules import Fields, Rule, boolean, integer, money, read_rules, text, texts
from tracing.payload import encode, to_json
from tracing.reading import Reading
from tracing.types import Attribute, Span, SpanEvent, SpanKind

__all__ = ("MARKERS", "NAME", "PAYLOADS", "PREFIXES", "read")

NAME: Final = "openllmetry"
MARKERS: Final = frozenset({"gen_ai", "traceloop", "llm"})

KINDS: Final = {
    "workflow": SpanKind.CHAIN,
    "task": SpanKind.CHAIN,
    "agent": SpanKind.AGENT,
    "tool": SpanKind.TOOL,
    "retriever": SpanKind.RETRIEVER,
    "vector_db_retrieve": SpanKind.RETRIEVER,
    "embedder": SpanKind.EMBEDDING,
    "rerank": SpanKind.RERANKER,
}
REQUESTS: Final = {
    "chat": SpanKind.LLM,
    "completion": SpanKind.LLM,
    "embedding": SpanKind.EMBEDDING,
    "rerank": SpanKind.RERANKER,
}

_OF = "traceloop.association.properties."
RULES: Final = (
    Rule("provider", provider, ("gen_ai.system", "llm.vendor")),
    Rule("request_model", text, ("gen_ai.request.model", "llm.request.model")),
    Rule("response_model", text, ("gen_ai.response.model", "llm.response.model")),
    Rule("finish_reasons", texts, ("gen_ai.response.finish_reason", "gen_ai.response.stop_reason", "gen_ai.completion.0.finish_reason")),
    Rule("streaming", boolean, ("llm.is_streaming", "gen_ai.is_streaming")),
    Rule("input_tokens", integer, ("gen_ai.usage.prompt_tokens", "gen_ai.usage.input_tokens", "llm.usage.prompt_tokens")),
    Rule("output_tokens", integer, ("gen_ai.usage.completion_tokens", "gen_ai.usage.output_tokens", "llm.usage.completion_tokens")),
    Rule(
        "cache_read_tokens",
        integer,
        (
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.cache_read_tokens",
            "gen_ai.usage.details.cache_read_tokens",
            "gen_ai.usage.input_cached_tokens",
            "llm.usage.cache_read_input_tokens",
        ),
    ),
    Rule(
        "cache_write_tokens",
        integer,
        (
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_tokens",
            "gen_ai.usage.details.cache_write_tokens",
            "llm.usage.cache_creation_input_tokens",
        ),
    ),
    Rule("reasoning_tokens", integer, ("gen_ai.usage.reasoning_tokens", "gen_ai.usage.details.reasoning_tokens")),
    Rule("cost_total", money, ("gen_ai.usage.cost", "gen_ai.usage.total_cost")),
    Rule("session_id", text, (_OF + "session_id", _OF + "thread_id")),
    Rule("user_id", text, (_OF + "user_id", "gen_ai.user", "llm.user")),
    Rule("agent_name", text, ("gen_ai.agent.name",)),
    Rule("prompt_name", text, ("traceloop.prompt.key",)),
    Rule("prompt_version", text, ("traceloop.prompt.version", "traceloop.prompt.version_name")),
)

PAYLOADS: Final = frozenset({"gen_ai.prompt", "gen_ai.completion", "traceloop.entity.input", "traceloop.entity.output"})
PREFIXES: Final = ("gen_ai.prompt.", "gen_ai.completion.", "llm.request.functions.")

_EVENT_ROLES: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}


def read(span: Span) -> Reading:
    """A tool span of Traceloop is named by ``traceloop.entity.name``."""
    given = span.attributes
    fields = read_rules(given, RULES)
    kind = KINDS.get(str(given.get("traceloop.span.kind", ""))) or REQUESTS.get(str(given.get("llm.request.type", "")))
    if kind is not None:
        fields["kind"] = kind
    name = {SpanKind.TOOL: "tool_name", SpanKind.AGENT: "agent_name"}.get(kind or SpanKind.UNKNOWN)
    if name and name not in fields and (entity := text(given.get("traceloop.entity.name"))):
        fields[name] = entity
    said: Fields = {
        "input": _indexed(given, "gen_ai.prompt") or _asked(span.events) or _whole(given, "gen_ai.prompt", "traceloop.entity.input"),
        "output": _indexed(given, "gen_ai.completion")
        or _answered(span.events)
        or _whole(given, "gen_ai.completion", "traceloop.entity.output"),
        "tools": _tools(given),
    }
    fields |= {field: value for field, value in said.items() if value is not None}
    return Reading(**fields)  # type: ignore[arg-type]  # each rule reads its field's type: tests/tracing/test_conventions.py


def _whole(given: Mapping[str, Attribute], *keys: str) -> str | None:
    return next((found for key in keys if (found := to_json(given.get(key))) is not None), None)


def _indexed(given: Mapping[str, Attribute], prefix: str) -> str | None:
    found = [each for each in objects(rebuild(given, prefix)) if "role" in each or "content" in each or "tool_calls" in each]
    default = "assistant" if prefix.endswith("completion") else "user"
    return messages([message(each.get("role", default), _parts(each)) for each in found])


def _parts(said: Mapping[str, object]) -> Iterator[dict[str, object]]:
    content = said.get("content")
    inner = unwrapped(content) if isinstance(content, str) and content.startswith("[") else content
    if "tool_call_id" in said:
        yield {"type": "tool_call_response", "id": said["tool_call_id"], "response": inner}
    elif isinstance(inner, list):
        yield from objects(inner)
    elif content:
        yield {"type": "text", "content": content}
    for call in objects(said.get("tool_calls")):
        named = call.get("function")
        named = named if isinstance(named, dict) else call
        yield {"type": "tool_call", "id": call.get("id"), "name": named.get("name", ""), "arguments": named.get("arguments", "")}


def _asked(events: tuple[SpanEvent, ...]) -> str | None:
    found = [
        message(event.attributes.get("role") or _EVENT_ROLES[event.name], _parts(_body(event)))
        for event in events
        if event.name in _EVENT_ROLES
    ]
    return messages(found) or next((to_json(event.attributes.get("gen_ai.prompt")) for event in events if event.name == _PROMPT), None)


def _answered(events: tuple[SpanEvent, ...]) -> str | None:
    bodies = [_body(event) for event in events if event.name == "gen_ai.choice"]
    said = [{**body, **json_object(body.get("message"))} for body in bodies]
    found = [message(body.get("role", "assistant"), _parts(body)) for body in said]
    return messages(found) or next((to_json(event.attributes.get("gen_ai.completion")) for event in events if event.name == _ANSWER), None)


_PROMPT: Final = "gen_ai.content.prompt"
_ANSWER: Final = "gen_ai.content.completion"


def _body(event: SpanEvent) -> dict[str, Attribute]:
    """The attributes of an event; lists in them may be JSON, or an ``id`` that names the call a tool answers."""
    body = dict(event.attributes)
    if "tool_calls" in body:
        body["tool_calls"] = unwrapped(body["tool_calls"])  # type: ignore[assignment]  # decoded JSON is an attribute
    if event.name == "gen_ai.tool.message" and "id" in body:
        body["tool_call_id"] = body["id"]
    return body


def _tools(given: Mapping[str, Attribute]) -> str | None:
    found = objects(rebuild(given, "llm.request.functions"))
    return encode(found) if found else None
