"""MLflow: span attributes are JSON text, encoded twice by some of its exporters.

https://mlflow.org/docs/latest/genai/tracing/ ; a client that encodes twice: https://github.com/mlflow/mlflow/issues/23051
"""

from collections.abc import Mapping
from typing import Final

from tracing.conventions.readers import json_list, json_object, provider, unwrapped
from tracing.conventions.rules import Fields, Rule, integer, money, read_rules, text
from tracing.payload import encode
from tracing.reading import Reading
from tracing.types import Attribute, Span, SpanKind

__all__ = ("MARKERS", "NAME", "PAYLOADS", "PREFIXES", "read")

NAME: Final = "mlflow"
MARKERS: Final = frozenset({"mlflow"})

KINDS: Final = {
    **{kind.value: kind for kind in SpanKind},
    "CHAT_MODEL": SpanKind.LLM,
    "WORKFLOW": SpanKind.CHAIN,
    "TASK": SpanKind.CHAIN,
}


def _plain(value: Attribute) -> str | None:
    found = unwrapped(value)
    return text(found) if isinstance(found, str | int | float) else None


def _provider(value: Attribute) -> str | None:
    return provider(_plain(value))


RULES: Final = (
    Rule("provider", _provider, ("mlflow.llm.provider",)),
    Rule("request_model", _plain, ("mlflow.llm.model",)),
    Rule("session_id", _plain, ("mlflow.trace.session",)),
    Rule("user_id", _plain, ("mlflow.trace.user",)),
    Rule("run_id", _plain, ("mlflow.sourceRun",)),
    Rule("model_id", _plain, ("mlflow.modelId",)),
)
USAGE: Final = (
    Rule("input_tokens", integer, ("input_tokens",)),
    Rule("output_tokens", integer, ("output_tokens",)),
    Rule("cache_read_tokens", integer, ("cache_read_input_tokens",)),
    Rule("cache_write_tokens", integer, ("cache_creation_input_tokens",)),
)
COST: Final = (
    Rule("cost_input", money, ("input_cost",)),
    Rule("cost_output", money, ("output_cost",)),
    Rule("cost_total", money, ("total_cost",)),
)

PAYLOADS: Final = frozenset({"mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.chat.tools"})
PREFIXES: Final = ()
_TAG: Final = "mlflow.traceTag."


def read(span: Span) -> Reading:
    """Inputs and outputs stay in the shape of the library that was traced: ``mlflow.message.format`` names it."""
    given = span.attributes
    fields = read_rules(given, RULES)
    fields |= read_rules(json_object(given.get("mlflow.chat.tokenUsage")), USAGE)
    fields |= read_rules(json_object(given.get("mlflow.llm.cost")), COST)
    kind = unwrapped(given.get("mlflow.spanType"))
    if isinstance(kind, str) and kind in KINDS and kind != "UNKNOWN":
        fields["kind"] = KINDS[kind]
    fields |= _said(given) | _prompt(given)
    if tags := _tags(given):
        fields["tags"] = tags
    return Reading(**fields)  # type: ignore[arg-type]  # each rule reads its field's type: tests/tracing/test_conventions.py


def _said(given: Mapping[str, Attribute]) -> Fields:
    keys = {"input": "mlflow.spanInputs", "output": "mlflow.spanOutputs", "tools": "mlflow.chat.tools"}
    return {field: encode(unwrapped(given[key])) for field, key in keys.items() if given.get(key) not in (None, "null")}


def _prompt(given: Mapping[str, Attribute]) -> Fields:
    linked = json_list(given.get("mlflow.linkedPrompts"))
    first = linked[0] if linked else None
    return (
        {"prompt_name": str(first["name"]), "prompt_version": str(first.get("version", ""))}
        if isinstance(first, dict) and "name" in first
        else {}
    )


def _tags(given: Mapping[str, Attribute]) -> tuple[str, ...]:
    return tuple(f"{key.removeprefix(_TAG)}={_plain(value) or ''}" for key, value in given.items() if key.startswith(_TAG))
