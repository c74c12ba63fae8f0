"""Figures of traces, spans and assessments as one statement each. Values are bound; the text is made of pieces that stand here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec

from registry.traces.conditions_store import SPAN_TYPE, Values, condition_sql
from registry.traces.search import Condition
from registry.traces.search_store import with_traces
from storage.telemetry import Telemetry
from tracing.barrier import settled

__all__ = ("VIEWS", "Figure", "FigureRow", "TraceFigures", "View")

_CALLS: Final = "kind IN ('LLM', 'EMBEDDING', 'RERANKER')"

_TRACES: Final = f"""SELECT trace_id, name AS trace_name, status AS trace_status, timestamp_ms AS at_ms, toFloat64(execution_time_ms) AS latency,
        nullIf(session, '') AS session, input_tokens, output_tokens, input_tokens + output_tokens AS total_tokens,
        cache_read_input_tokens, cache_creation_input_tokens
    FROM found LEFT JOIN (
        SELECT trace_id, any(session_id) AS session, sum(given) AS input_tokens, sum(said) AS output_tokens, sum(cached) AS cache_read_input_tokens,
            sum(written) AS cache_creation_input_tokens
        FROM (SELECT trace_id, session_id, if({_CALLS}, toFloat64(spans.input_tokens), NULL) AS given,
                if({_CALLS}, toFloat64(spans.output_tokens), NULL) AS said, toFloat64(cache_read_tokens) AS cached,
                toFloat64(cache_write_tokens) AS written
            FROM spans WHERE project_id = 'default' AND is_deleted = 0 AND trace_id IN (SELECT trace_id FROM candidates)
            ORDER BY version DESC LIMIT 1 BY trace_id, span_id)
        GROUP BY trace_id) AS used USING (trace_id)"""

_SPANS: Final = f"""SELECT trace_id, toString(name) AS span_name, {SPAN_TYPE} AS span_type, toString(status) AS span_status,
        toString(if(response_model != '', response_model, request_model)) AS span_model_name, toString(provider) AS span_model_provider,
        toUnixTimestamp64Milli(start_time) AS at_ms, duration_ns / 1e6 AS latency, toFloat64(cost_input) AS input_cost,
        toFloat64(cost_output) AS output_cost, toFloat64(cost_total) AS total_cost
    FROM spans WHERE project_id = 'default' AND is_deleted = 0 AND trace_id IN (SELECT trace_id FROM candidates)
    ORDER BY version DESC LIMIT 1 BY trace_id, span_id"""

_ASSESSMENTS: Final = """SELECT trace_id, toString(name) AS assessment_name, lower(toString(kind)) AS assessment_type,
        if(value_type = 'NUMERIC', toString(value_number), value_text) AS assessment_value, toUnixTimestamp64Milli(created_at) AS at_ms,
        value_number AS number
    FROM assessments FINAL WHERE project_id = 'default' AND valid AND trace_id IN (SELECT trace_id FROM candidates)"""


class Figure(msgspec.Struct, frozen=True):
    """A column of a view. ``counts``: it is counted, and not aggregated in another way."""

    column: str
    counts: bool = False


class View(msgspec.Struct, frozen=True):
    """What is looked at, a row a thing."""

    sql: str
    metrics: Mapping[str, Figure]
    dimensions: tuple[str, ...]


_TOKENS: Final = ("input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
VIEWS: Final[Mapping[str, View]] = {
    "TRACES": View(
        _TRACES,
        {
            "trace_count": Figure("trace_id", counts=True),
            "session_count": Figure("session", counts=True),
            "latency": Figure("latency"),
            **{name: Figure(name) for name in _TOKENS},
        },
        ("trace_name", "trace_status"),
    ),
    "SPANS": View(
        _SPANS,
        {
            "span_count": Figure("1", counts=True),
            **{name: Figure(name) for name in ("latency", "input_cost", "output_cost", "total_cost")},
        },
        ("span_name", "span_type", "span_status", "span_model_name", "span_model_provider"),
    ),
    "ASSESSMENTS": View(
        _ASSESSMENTS,
        {"assessment_count": Figure("1", counts=True), "assessment_value": Figure("number")},
        ("assessment_name", "assessment_value", "assessment_type"),
    ),
}


class FigureRow(msgspec.Struct, frozen=True):
    """A group: its values of the dimensions, where its time begins, and its figures in the order asked for."""

    groups: list[str]
    bucket_ms: int
    figures: list[float | None]


class TraceFigures:
    """Asks ClickHouse. ``flush`` returns when everything journalled before is stored."""

    def __init__(self, telemetry: Telemetry, flush: Callable[[], Awaitable[None]]) -> None:
        self._telemetry = telemetry
        self._flush = flush

    async def query(
        self,
        experiments: Sequence[str],
        view: View,
        metric: str,
        aggregations: Sequence[tuple[str, float | None]],
        *,
        dimensions: Sequence[str],
        traces: Sequence[Condition],
        own: Sequence[tuple[str, str]],
        interval_ms: int,
        since_ms: int | None,
        until_ms: int | None,
        offset: int,
        limit: int,
    ) -> list[FigureRow]:
        """Groups, by time and then by their dimensions. All names are keys of ``view``; ``own`` holds dimensions and their values."""
        if not experiments:
            return []
        values = Values()
        having = with_traces(experiments, values)
        where = ["1", *(f"{column} = {values.bind(value)}" for column, value in own)]
        if conditions := condition_sql(traces, values):
            where.append(f"trace_id IN (SELECT trace_id FROM found WHERE {' AND '.join(conditions)})")
        where += [f"at_ms {sign} {values.bind(float(at))}" for sign, at in ((">=", since_ms), ("<=", until_ms)) if at is not None]
        bucket = f"intDiv(at_ms, {interval_ms:d}) * {interval_ms:d}" if interval_ms else "0"
        figures = ", ".join(f"toFloat64({_aggregate(name, share, view.metrics[metric])})" for name, share in aggregations)
        sql = f"""{having} SELECT [{", ".join(f"toString({each})" for each in dimensions)}] AS groups, toInt64({bucket}) AS bucket_ms,
            [{figures}] AS figures
            FROM ({view.sql}) AS seen WHERE {" AND ".join(where)} GROUP BY groups, bucket_ms HAVING count() > 0
            ORDER BY bucket_ms, groups LIMIT {limit:d} OFFSET {offset:d}"""
        await settled(self._flush)
        return await self._telemetry.query(sql, values.parameters, FigureRow)


def _aggregate(name: str, share: float | None, figure: Figure) -> str:
    column = figure.column
    if share is not None:
        return f"quantileExactInclusiveOrNull({share:f})({column})"
    if figure.counts:
        return "count()" if column == "1" else f"uniqExact({column})"
    return {"SUM": f"sum({column})", "AVG": f"avgOrNull({column})", "MIN": f"minOrNull({column})", "MAX": f"maxOrNull({column})"}[name]
