"""Conditions of a search as SQL over ``found``, the traces that are looked at. Every value is bound; the text is made of pieces that stand here."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from registry.traces.known import SESSION, USER
from registry.traces.search import Condition
from registry.workspaces.scope import scoped
from tracing.payload import decode, encode

__all__ = ("SPAN_TYPE", "Values", "condition_sql")

RUN: Final = "mlflow.sourceRun"
_ON_SPANS: Final = {SESSION: "session_id", USER: "user_id", RUN: "run_id"}
"""Metadata that spans say too."""

SPAN_TYPE: Final = """if(attributes['mlflow.spanType'] != '', trim(BOTH '"' FROM attributes['mlflow.spanType']),
    if(kind = 'LLM' AND operation = 'chat', 'CHAT_MODEL', toString(kind)))"""
_SPAN_COLUMNS: Final = {"name": "toString(name)", "type": SPAN_TYPE, "status": "toString(status)"}
_AMONG: Final = "trace_id IN (SELECT trace_id FROM candidates)"


class Values:
    """Values on their way into parameters."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}

    def bind(self, value: str | float | tuple[str, ...]) -> str:
        """The piece of SQL that stands for the value."""
        name = f"value_{len(self.parameters)}"
        self.parameters[name] = list(value) if isinstance(value, tuple) else value
        kind = "Array(String)" if isinstance(value, tuple) else "String" if isinstance(value, str) else "Float64"
        return f"{{{name}:{kind}}}"


def condition_sql(conditions: Sequence[Condition], values: Values) -> list[str]:
    """What must hold of a row of ``found``. All that is said of spans must hold of one span."""
    spans = [_span(each, values) for each in conditions if each.kind == "span"]
    of_spans = [
        f"trace_id IN (SELECT trace_id FROM spans WHERE project_id = 'default' AND is_deleted = 0 AND {_AMONG} AND {' AND '.join(spans)})"
    ]
    return [*(_KINDS[each.kind](each, values) for each in conditions if each.kind != "span"), *(of_spans if spans else [])]


def compared(column: str, condition: Condition, values: Values) -> str:
    """``column operator value`` for text."""
    value = condition.value
    assert value is not None  # noqa: S101 - the caller has answered IS NULL
    match condition.operator:
        case "IN":
            return f"{column} IN {values.bind(value)}"
        case "NOT IN":
            return f"{column} NOT IN {values.bind(value)}"
        case "LIKE" | "ILIKE":  # MLflow's patterns know no escape, and ClickHouse's do
            return f"{column} {condition.operator} {values.bind(str(value).replace(chr(92), chr(92) * 2))}"
        case "RLIKE":
            return f"match({column}, {values.bind(value)})"
    return f"{column} {condition.operator} {values.bind(value)}"


def _attribute(condition: Condition, values: Values) -> str:
    match condition.key:
        case "run_id":
            return _run(condition, values)
        case "prompt":
            return _prompt(condition, values)
        case "name":
            return _named(condition, values)
        case "timestamp_ms" | "execution_time_ms" | "end_time_ms":
            return f"ifNull(toFloat64({condition.key}) {condition.operator} {values.bind(_number(condition))}, 0)"
        case "client_request_id":
            said = compared("nullIf(client_request_id, '')", condition, values)
            return f"ifNull({said}, 0)"
    return compared(condition.key, condition, values)


def _named(condition: Condition, values: Values) -> str:
    if condition.value is None:
        return "name = ''" if condition.operator == "IS NULL" else "name != ''"
    return f"(name != '' AND {compared('name', condition, values)})"


def _run(condition: Condition, values: Values) -> str:
    """A run that was linked, or the one that was active."""
    return _has(_said("METADATA", RUN, values), condition, values)


def _prompt(condition: Condition, values: Values) -> str:
    key = values.bind(scoped(str(condition.value)))
    return (
        f"(trace_id IN (SELECT trace_id FROM trace_properties FINAL WHERE project_id = 'default' AND kind = 'PROMPT' AND key = {key}) "
        f"OR trace_id IN (SELECT trace_id FROM spans WHERE project_id = 'default' AND {_AMONG} AND prompt_name != '' "
        f"AND concat(prompt_name, '/', prompt_version) = {key}))"
    )


def _tag(condition: Condition, values: Values) -> str:
    return _has(_said("TAG", condition.key, values), condition, values)


def _metadata(condition: Condition, values: Values) -> str:
    return _has(_said("METADATA", condition.key, values), condition, values)


def _said(kind: str, key: str, values: Values) -> str:
    """Traces and their values of a tag or a piece of metadata, said by the client or by spans."""
    said = f"""SELECT trace_id, value FROM trace_properties FINAL
        WHERE project_id = 'default' AND kind = '{kind}' AND key = {values.bind(key)} AND {_AMONG}"""
    if (column := _ON_SPANS.get(key)) and kind == "METADATA":
        said = (
            f"{said} UNION ALL SELECT trace_id, {column} AS value FROM spans WHERE project_id = 'default' AND {_AMONG} AND {column} != ''"
        )
    if key == RUN and kind == "METADATA":  # MLflow finds by it the traces that were linked to a run, too
        linked = f"SELECT trace_id, key AS value FROM trace_properties FINAL WHERE project_id = 'default' AND kind = 'RUN' AND {_AMONG}"
        said = f"{said} UNION ALL {linked}"
    if kind == "TAG" and key == "mlflow.traceName":
        return "SELECT trace_id, name AS value FROM found WHERE name != ''"
    return said


def _has(pairs: str, condition: Condition, values: Values) -> str:
    """The condition that some value among ``pairs`` compares so; ``!=`` is true of those alone that have one."""
    if condition.value is None:
        return f"trace_id {'NOT ' if condition.operator == 'IS NULL' else ''}IN (SELECT trace_id FROM ({pairs}))"
    return f"trace_id IN (SELECT trace_id FROM ({pairs}) WHERE {compared('value', condition, values)})"


def _span(condition: Condition, values: Values) -> str:
    """What must hold of a row of ``spans``."""
    if condition.key == "content":
        return _content(condition, values)
    if (column := _SPAN_COLUMNS.get(condition.key)) is not None:
        return compared(column, condition, values)
    key = values.bind(condition.key.removeprefix("attributes."))
    text = f"""trim(BOTH '"' FROM attributes[{key}])"""  # MLflow's client writes texts as JSON
    return f"(mapContains(attributes, {key}) AND {compared(text, condition, values)})"


def _content(condition: Condition, values: Values) -> str:
    """Names, attributes, and what was said."""
    columns = ("input", "output", "system", "tools")
    said = " OR ".join(compared(column, condition, values) for column in columns)
    return (
        f"({compared('toString(name)', condition, values)} "
        f"OR arrayExists(text -> {compared('text', condition, values)}, arrayConcat(mapKeys(attributes), mapValues(attributes))) "
        f"OR (trace_id, span_id) IN (SELECT trace_id, span_id FROM span_content WHERE project_id = 'default' AND {_AMONG} AND ({said})))"
    )


def _assessment(condition: Condition, values: Values) -> str:
    """Traces about which it is said, and those of the same session where it was said of the session."""
    said = f"""FROM assessments FINAL WHERE project_id = 'default' AND {_AMONG} AND valid
        AND kind = '{condition.kind.upper()}' AND name = {values.bind(condition.key)} AND {_judged(condition, values)}"""
    sessions = _said("METADATA", SESSION, values)
    of_sessions = f"SELECT trace_id {said} AND mapContains(metadata, '{SESSION}')"
    covered = f"""SELECT trace_id FROM ({sessions}) WHERE value != ''
        AND value IN (SELECT value FROM ({sessions}) WHERE trace_id IN ({of_sessions}))"""
    found = f"(trace_id IN (SELECT trace_id {said}) OR trace_id IN ({covered}))"
    return f"NOT {found}" if condition.operator == "IS NULL" else found


def _judged(condition: Condition, values: Values) -> str:
    """What must hold of the value of an assessment."""
    if condition.value is None:
        return "1"
    if isinstance(condition.value, float):
        return f"value_type = 'NUMERIC' AND value_number {condition.operator} {values.bind(condition.value)}"
    if condition.operator in {"=", "!="}:
        equal = _equal(str(condition.value), values)
        return f"value_type != 'NONE' AND {equal if condition.operator == '=' else f'NOT ({equal})'}"
    text = "if(value_type = 'NUMERIC', toString(value_number), value_text)"
    return f"value_type != 'NONE' AND {compared(text, condition, values)}"


def _equal(text: str, values: Values) -> str:
    """Equal to a text, or to the value whose JSON it is: MLflow finds ``1`` by ``'1.0'`` and ``yes`` by ``'"yes"'``."""
    meant = decode(text)
    texts = {text, meant if isinstance(meant, str) else encode(meant)}
    among = f"value_type != 'NUMERIC' AND value_text IN {values.bind(tuple(sorted(texts)))}"
    if not isinstance(meant, int | float) or isinstance(meant, bool) or abs(meant) > sys.float_info.max:
        return among
    return f"if(value_type = 'NUMERIC', value_number = {values.bind(float(meant))}, {among})"


def _issue(condition: Condition, values: Values) -> str:
    named = values.bind(str(condition.value))
    return f"""trace_id IN (SELECT trace_id FROM assessments FINAL WHERE project_id = 'default' AND {_AMONG} AND valid
        AND kind = 'ISSUE' AND name = {named})"""


def _number(condition: Condition) -> float:
    assert isinstance(condition.value, float)  # noqa: S101 - the parser lets nothing else through
    return condition.value


_KINDS: Final[dict[str, Callable[[Condition, Values], str]]] = {
    "attribute": _attribute,
    "tag": _tag,
    "metadata": _metadata,
    "feedback": _assessment,
    "expectation": _assessment,
    "issue": _issue,
}
