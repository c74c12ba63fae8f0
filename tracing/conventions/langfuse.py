"""Langfuse's SDK. Its usage buckets exclude one another: ``input`` leaves out cached tokens, which stand beside it.

https://langfuse.com/integrations/native/opentelemetry#property-mapping
"""

from collections.abc import Mapping
from typing import Final

from tracing.conventions.readers import json_object, unwrapped
from tracing.conventions.rules import Fields, Rule, integer, money, read_rules, text, texts
from tracing.payload import to_json
from tracing.reading import Reading
from tracing.times import nanoseconds
from tracing.types import Attribute, Span, SpanKind

__all__ = ("MARKERS", "NAME", "PAYLOADS", "PREFIXES", "read")

NAME: Final = "langfuse"
MARKERS: Final = frozenset({"langfuse"})

KINDS: Final = {
    "generation": SpanKind.LLM,
    "embedding": SpanKind.EMBEDDING,
    "tool": SpanKind.TOOL,
    "agent": SpanKind.AGENT,
    "chain": SpanKind.CHAIN,
    "span": SpanKind.CHAIN,
    "retriever": SpanKind.RETRIEVER,
    "guardrail": SpanKind.GUARDRAIL,
    "evaluator": SpanKind.EVALUATOR,
    "event": SpanKind.UNKNOWN,
}

RULES: Final = (
    Rule("request_model", text, ("langfuse.observation.model.name",)),
    Rule("session_id", text, ("langfuse.session.id", "session.id")),
    Rule("user_id", text, ("langfuse.user.id", "user.id")),
    Rule("tags", texts, ("langfuse.trace.tags",)),
    Rule("prompt_name", text, ("langfuse.observation.prompt.name",)),
    Rule("prompt_version", text, ("langfuse.observation.prompt.version",)),
    Rule("input", to_json, ("langfuse.observation.input", "langfuse.trace.input")),
    Rule("output", to_json, ("langfuse.observation.output", "langfuse.trace.output")),
)
COST: Final = (
    Rule("cost_input", money, ("input",)),
    Rule("cost_output", money, ("output",)),
    Rule("cost_total", money, ("total",)),
)

PAYLOADS: Final = frozenset(key for rule in RULES if rule.field in ("input", "output") for key in rule.keys)
PREFIXES: Final = ()

_CACHE_READ: Final = ("input_cached_tokens", "cache_read_input_tokens", "input_cache_read")
_CACHE_WRITE: Final = ("input_cache_creation", "cache_creation_input_tokens", "input_cache_creation_5m", "input_cache_creation_1h")
_REASONING: Final = ("output_reasoning_tokens", "output_reasoning")


def read(span: Span) -> Reading:
    """Read the attributes of an observation."""
    given = span.attributes
    fields = read_rules(given, RULES)
    if kind := KINDS.get(str(given.get("langfuse.observation.type", ""))):
        fields["kind"] = kind
    fields |= _usage(json_object(given.get("langfuse.observation.usage_details")))
    fields |= _cost(json_object(given.get("langfuse.observation.cost_details")))
    if (ttft := _time_to_first(span)) is not None:
        fields["ttft_ns"] = ttft
    return Reading(**fields)  # type: ignore[arg-type]  # each rule reads its field's type: tests/tracing/test_conventions.py


def _usage(details: Mapping[str, Attribute]) -> Fields:
    """Each side is the sum of its buckets; a side without any bucket is unknown."""
    counts = {key: count for key, value in details.items() if (count := integer(value)) is not None}
    fields: Fields = {}
    for field, side, also in (("input_tokens", "input", (*_CACHE_READ, *_CACHE_WRITE)), ("output_tokens", "output", _REASONING)):
        buckets = [key for key in counts if key == side or key.startswith(f"{side}_") or key in also]
        if buckets:
            fields[field] = sum(counts[key] for key in buckets)
    for field, keys in (("cache_read_tokens", _CACHE_READ), ("cache_write_tokens", _CACHE_WRITE), ("reasoning_tokens", _REASONING)):
        if any(key in counts for key in keys):
            fields[field] = sum(counts.get(key, 0) for key in keys)
    return fields


def _cost(details: Mapping[str, Attribute]) -> Fields:
    fields = read_rules(details, COST)
    parts = [amount for key, value in details.items() if key != "total" and (amount := money(value)) is not None]
    if "cost_total" not in fields and parts:
        fields["cost_total"] = sum(parts[1:], parts[0])
    return fields


def _time_to_first(span: Span) -> int | None:
    """From the start of the span to a moment that is RFC 3339, in quotes or not."""
    moment = unwrapped(span.attributes.get("langfuse.observation.completion_start_time"))
    if not isinstance(moment, str):
        return None
    try:
        return max(0, nanoseconds(moment) - span.start_ns)
    except ValueError:
        return None
