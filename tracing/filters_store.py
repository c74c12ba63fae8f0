"""Filters as conditions on heads of traces. Every value is bound; the text is made of pieces that stand here."""

from collections.abc import Callable
from typing import Final

from tracing.filters import And, Comparison, Expression, Not, Or
from tracing.properties import SESSION, USER
from tracing.statements import Condition

__all__ = ("condition",)

_HEAD: Final = {"name": "name", "status": "status", "source": "source"}
"""Fields of the trace's head."""

_ANY_SPAN: Final = {
    "model": "if(response_model != '', response_model, request_model)",
    "provider": "provider",
    "route": "route",
    "service": "service_name",
    "session": "session_id",
    "user": "user_id",
    "prompt": "prompt_name",
    "prompt_version": "prompt_version",
    "judge": "judge_name",
    "kind": "kind",
    "error_type": "error_type",
}
"""Fields that hold when one span of the trace has them."""

_METADATA: Final = {"session": SESSION, "user": USER}
"""Fields that hold also when the trace's metadata have them."""

_FACTS: Final = {"answered": "output_bytes > 0", "judging": "judge_name != ''"}
"""Fields that are true when this holds for one span of the trace."""

_ROLLED: Final = {
    "cost": "toFloat64(sum(cost_total))",
    "tokens": "sum(input_tokens) + sum(output_tokens)",
    "spans": "sum(spans)",
    "latency_ms": "(toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time))) / 1e6",
}

_OF_ROOT: Final = {"latency_ms": "duration_ns / 1e6"}
"""Those of them that a root tells itself, as it is shown and sorted: what others sent later does not make it longer."""


class _Values:
    """Values on their way into parameters, and the traces that are looked at."""

    def __init__(self, traces: str) -> None:
        self.parameters: dict[str, object] = {}
        self._among = f" AND trace_id IN ({traces})" if traces else ""

    def of_spans(self, holds: str) -> str:
        """The condition that it holds for some span of the trace."""
        return f"trace_id IN (SELECT trace_id FROM spans WHERE project_id = 'default'{self._among} AND {holds})"

    def bind(self, value: object) -> str:
        name = f"filter_{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{'Float64' if isinstance(value, float) else 'String'}}}"


def condition(expression: Expression, traces: str = "") -> Condition:
    """The condition that heads of matching traces fulfil. ``traces``, a statement of identifiers, bounds what is read to find them."""
    values = _Values(traces)
    return Condition(f"({_sql(expression, values)})", values.parameters)


def _sql(expression: Expression, values: _Values) -> str:
    match expression:
        case And(parts):
            return " AND ".join(f"({_sql(part, values)})" for part in parts)
        case Or(parts):
            return " OR ".join(f"({_sql(part, values)})" for part in parts)
        case Not(inner):
            return f"NOT ({_sql(inner, values)})"
        case Comparison():
            return _comparison(expression, values)


def _comparison(found: Comparison, values: _Values) -> str:
    if found.operator == "!=" and found.field not in _HEAD and found.field not in _ROLLED:
        # Unlike every span of the trace: one span that differs is not enough.
        return f"NOT ({_comparison(Comparison(found.field, '=', found.value, found.key), values)})"
    if found.field in _ROLLED:
        return _of_trace(found.field, f"{found.operator} {values.bind(float(found.value))}")
    if found.field == "score":
        return _score(found, values)
    if found.field in _FACTS:
        return f"{'' if found.value else 'NOT '}{values.of_spans(_FACTS[found.field])}"
    if found.field == "text":
        return _text(str(found.value), values)
    return _of_text(found, values)


def _of_trace(field: str, compares: str) -> str:
    holds = f"HAVING ifNull({_ROLLED[field]} {compares}, 0)"
    rolled = f"trace_id IN (SELECT trace_id FROM traces WHERE project_id = 'default' GROUP BY trace_id {holds})"
    return f"if(is_root, {_OF_ROOT[field]} {compares}, {rolled})" if field in _OF_ROOT else rolled


def _of_text(found: Comparison, values: _Values) -> str:
    value = str(found.value)
    if found.field == "status":
        return f"toString(status) {found.operator} {values.bind(value.upper())}"
    if found.field in _HEAD:
        return _like(_HEAD[found.field], found.operator, value, values)
    if found.field in _SAID:
        return _SAID[found.field](values.bind(value), values)
    if found.field == "attributes":
        if found.operator == "=":
            return values.of_spans(f"has(attr_items, {values.bind(f'{found.key}={value}')})")
        return values.of_spans(_like(f"attributes[{values.bind(found.key)}]", found.operator, value, values))
    of_spans = values.of_spans(_like(_ANY_SPAN[found.field], found.operator, value, values))
    if found.field in _METADATA:
        said = _like("value", found.operator, value, values)
        return f"({of_spans} OR {_properties('METADATA', f'key = {values.bind(_METADATA[found.field])} AND {said}')})"
    return of_spans


def _tagged(value: str, values: _Values) -> str:
    said = f"concat(key, '=', value) = {value}"
    return f"({values.of_spans(f'has(tags, {value})')} OR {_properties('TAG', said)})"


def _in_experiment(value: str, values: _Values) -> str:
    """Traces that nobody put into an experiment are in the default one."""
    placed = "kind = 'INFO' AND key = 'experiment_id'"
    elsewhere = f"trace_id NOT IN (SELECT trace_id FROM trace_properties FINAL WHERE project_id = 'default' AND {placed})"
    here = _properties("INFO", f"key = 'experiment_id' AND value = {value}")
    return f"({here} OR ({value} = '0' AND {elsewhere}))"


def _of_run(value: str, values: _Values) -> str:
    linked, said = _properties("RUN", f"key = {value}"), _properties("METADATA", f"key = 'mlflow.sourceRun' AND value = {value}")
    return f"({linked} OR {said} OR {values.of_spans(f'run_id = {value}')})"


def _properties(kind: str, holds: str) -> str:
    return f"trace_id IN (SELECT trace_id FROM trace_properties FINAL WHERE project_id = 'default' AND kind = '{kind}' AND {holds})"


_SAID: Final[dict[str, Callable[[str, _Values], str]]] = {"tag": _tagged, "experiment": _in_experiment, "run": _of_run}
"""Fields that clients say of a trace, beside what its spans say."""


def _like(column: str, operator: str, value: str, values: _Values) -> str:
    if operator == "~":
        return f"positionCaseInsensitiveUTF8(toString({column}), {values.bind(value)}) > 0"
    return f"{column} {operator} {values.bind(value)}"


def _text(words: str, values: _Values) -> str:
    bound = values.bind(words.lower())
    said = f"hasAllTokens(input_text, {bound}) OR hasAllTokens(output_text, {bound})"
    return f"trace_id IN (SELECT trace_id FROM span_content WHERE project_id = 'default' AND ({said}))"


def _score(found: Comparison, values: _Values) -> str:
    name = values.bind(found.key)
    if isinstance(found.value, str):
        compared = f"value_text = {values.bind(found.value)}"
    else:
        compared = f"value_number {found.operator} {values.bind(float(found.value))}"
    return (
        "trace_id IN (SELECT trace_id FROM assessments FINAL "
        f"WHERE project_id = 'default' AND valid AND error_code = '' AND name = {name} AND {compared})"
    )
