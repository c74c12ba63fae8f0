"""The statements of ``store``, and nothing else.

``spans`` holds a row a span. A trace is stood for by its head: its root, the first of them if there are several, or its earliest span
while no root was seen. Spans are read without FINAL; ``LIMIT 1 BY`` leaves one row where a span was stored twice.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from tracing.properties import SESSION
from tracing.statements import Condition, Statement

__all__ = (
    "HEAD",
    "ORDERS",
    "Order",
    "Position",
    "among",
    "any_span",
    "content_of",
    "contents",
    "count",
    "facet",
    "heads_of",
    "page",
    "quiet_since",
    "revisions",
    "rollups",
    "sealed",
    "session",
    "spans",
    "time_range",
    "usage",
    "usage_of_spans",
    "usage_range",
)

_BEFORE_ALL: Final = "toDateTime64('1900-01-01 00:00:00', 9, 'UTC')"
"""A time at which no span began: spans count from 1970."""

_TRACES: Final = "SELECT trace_id FROM traces WHERE project_id = 'default'"


def _head(traces: str) -> str:
    """The condition that a span stands for its trace, among ``traces``: a statement of identifiers, or ``""`` for all there are."""
    among = f" AND trace_id IN ({traces})" if traces else ""
    irregular = f"FROM traces FINAL WHERE project_id = 'default'{among} AND roots != 1"
    # One set answers both questions, as the same statement is worked out once: whether a trace is in it, and which of its spans it begins with.
    exceptions = f"SELECT trace_id, arrayJoin([{_BEFORE_ALL}, start_time]) {irregular}"
    return f"(is_root AND (trace_id, {_BEFORE_ALL}) NOT IN ({exceptions}) OR (trace_id, start_time) IN ({exceptions}))"


HEAD: Final = _head("")
"""One span of each trace. Of a trace with no root, or with several, it is the earliest span: a root as well, unless clocks disagree."""

_HEAD_COLUMNS: Final = """
    trace_id, name, toUnixTimestamp64Nano(start_time) AS start_ns, toUnixTimestamp64Nano(end_time) AS end_ns, status, is_root,
    input_preview, output_preview, ttft_ns, session_id, user_id, tags, prompt_name, prompt_version, route, judge_name, source"""

_ROLLUP: Final = """(
    SELECT trace_id, toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time)) AS r_duration,
           sum(cost_total) AS r_cost, ifNull(sum(input_tokens), 0) + ifNull(sum(output_tokens), 0) AS r_tokens
    FROM traces WHERE project_id = 'default' GROUP BY trace_id
)"""


class Order(msgspec.Struct, frozen=True):
    """What the table is ordered by: a 64-bit integer; what is unknown comes after what is known, from the largest down."""

    key: str
    joined: bool = True


ORDERS: Final = {
    "start_time": Order("toUnixTimestamp64Nano(start_time)", joined=False),
    "duration": Order("if(is_root, toInt64(duration_ns), r_duration)"),
    "cost": Order("ifNull(toInt64(r_cost * 1000000000000), -1)"),
    "tokens": Order("toInt64(r_tokens)"),
}


class Position(msgspec.Struct, frozen=True):
    """The last row of a page: where the next one begins."""

    key: int
    trace_id: str


def page(order: Order, *, descending: bool, where: Condition, after: Position | None, limit: int) -> Statement:
    """Heads in order, at most ``limit``; for an order that is ``joined``, of each only its trace and its place.

    What else is known of them is most of the work, where it is read of all there are to be sorted.
    """
    direction, sign = ("DESC", "<") if descending else ("ASC", ">")
    parameters = dict(where.parameters)
    begin = "1"
    if after is not None:
        begin = f"(sort_key, trace_id) {sign} ({{after_key:Int64}}, {{after_id:String}})"
        parameters |= {"after_key": after.key, "after_id": after.trace_id}
        if not order.joined:  # said once more in the terms of the primary key, which skips what lies before
            begin += f" AND start_time {sign}= fromUnixTimestamp64Nano({{after_key:Int64}}, 'UTC')"
    source = f"spans LEFT JOIN {_ROLLUP} AS rolled USING (trace_id)" if order.joined else "spans"
    first = "" if order.joined else f"toStartOfMinute(start_time) {direction}, "
    return Statement(
        f"""SELECT {"trace_id" if order.joined else _HEAD_COLUMNS}, {order.key} AS sort_key FROM {source}
        WHERE project_id = 'default' AND is_deleted = 0 AND {HEAD} AND {where.sql} AND {begin}
        ORDER BY {first}sort_key {direction}, trace_id {direction} LIMIT 1 BY trace_id LIMIT {limit:d}""",
        parameters,
    )


def count(where: Condition) -> Statement:
    """The number of traces."""
    sql = f"SELECT uniqExact(trace_id) AS traces FROM spans WHERE project_id = 'default' AND is_deleted = 0 AND {HEAD} AND {where.sql}"
    return Statement(sql, dict(where.parameters))


def any_span(where: Condition) -> Statement:
    """One row, which tells whether anything is stored."""
    sql = f"SELECT count() AS traces FROM (SELECT 1 FROM spans WHERE project_id = 'default' AND {where.sql} LIMIT 1)"
    return Statement(sql, dict(where.parameters))


def among(trace_ids: Sequence[str], where: Condition) -> Statement:
    """The traces among these whose ids fulfil a condition, also those that have no span."""
    sql = f"SELECT trace_id FROM (SELECT DISTINCT arrayJoin({{trace_ids:Array(String)}}) AS trace_id) WHERE {where.sql}"
    return Statement(sql, {**where.parameters, "trace_ids": list(trace_ids)})


def time_range(since_ns: int | None, until_ns: int | None) -> Condition:
    """Traces that began at ``since_ns`` or later, and before ``until_ns``."""
    parts, parameters = ["1"], {}
    if since_ns is not None:
        parts.append("start_time >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')")
        parameters["since_ns"] = since_ns
    if until_ns is not None:
        parts.append("start_time < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')")
        parameters["until_ns"] = until_ns
    return Condition(" AND ".join(parts), parameters)


def usage_range(since_ns: int | None, until_ns: int | None) -> Condition:
    """Minutes that began at ``since_ns`` or later, and before ``until_ns``."""
    within = time_range(since_ns, until_ns)
    return Condition(within.sql.replace("start_time", "time"), within.parameters)


_OF_TRACES: Final = """
    project_id = 'default' AND is_deleted = 0 AND trace_id IN {trace_ids:Array(String)}
    AND start_time >= (SELECT min(start_time) FROM traces WHERE project_id = 'default' AND trace_id IN {trace_ids:Array(String)})
    AND start_time <= (SELECT max(end_time) FROM traces WHERE project_id = 'default' AND trace_id IN {trace_ids:Array(String)})"""
"""The spans of some traces: their rolled-up times let all other partitions be skipped."""

_MODEL_KINDS: Final = "kind IN ('LLM', 'EMBEDDING', 'RERANKER')"


def heads_of(trace_ids: Sequence[str]) -> Statement:
    """The head of each of these traces."""
    sql = f"""SELECT {_HEAD_COLUMNS} FROM spans WHERE {_OF_TRACES}
        ORDER BY trace_id, is_root DESC, start_time, version DESC LIMIT 1 BY trace_id"""
    return Statement(sql, {"trace_ids": list(trace_ids)})


def rollups(trace_ids: Sequence[str]) -> Statement:
    """Exact figures of these traces, each span counted once, and each model call.

    A client that is traced itself and asks the gateway leaves two spans of one call, one within the other: the outer one counts, and where
    it does not know the cost, the inner one's is taken. An attempt of the gateway's that was thrown away lies within a call, and is another one.
    """
    once = f"{_MODEL_KINDS} AND (thrown_away OR NOT has(counted, one.parent))"
    paid = f"{_MODEL_KINDS} AND (thrown_away OR NOT has(priced, one.parent))"
    sql = f"""SELECT trace_id, min(toUnixTimestamp64Nano(start_time)) AS start_ns, max(toUnixTimestamp64Nano(end_time)) AS end_ns,
        count() AS spans, countIf(status = 'ERROR') AS errors, countIf(status = 'INTERRUPTED') AS interrupted,
        countIf(kind = 'LLM' AND NOT has(called, one.parent)) AS llm_calls,
        sumIf(toUInt64(one.input_tokens), {once}) AS input_tokens, sumIf(toUInt64(one.output_tokens), {once}) AS output_tokens,
        max(one.usage_estimated) AS usage_estimated, sumIf(one.cost_total, {paid}) AS cost_total,
        sumIf(one.cost_input, {paid}) AS cost_input, sumIf(one.cost_output, {paid}) AS cost_output,
        countIf({_MODEL_KINDS} AND one.cost_total IS NULL AND NOT has(called, one.parent) AND NOT has(priced_within, one.span)) AS unpriced_calls,
        arrayFilter(x -> x != '', groupUniqArray(toString(if(response_model != '', response_model, request_model)))) AS models,
        arrayFilter(x -> x != '', groupUniqArray(toString(service_name))) AS services,
        anyIf(one.session_id, one.session_id != '') AS session_id, anyIf(one.user_id, one.user_id != '') AS user_id,
        arrayDistinct(arrayFlatten(groupUniqArray(one.tags))) AS tags,
        toString(anyIf(one.prompt_name, one.prompt_name != '')) AS prompt_name,
        toString(anyIf(one.prompt_version, one.prompt_name != '')) AS prompt_version,
        argMinIf(one.input_preview, one.start_time, kind = 'LLM') AS first_input,
        argMaxIf(one.output_preview, one.end_time, kind = 'LLM') AS last_output
    FROM (
        SELECT *, groupArrayIf(span, {_MODEL_KINDS}) OVER whole AS called,
            groupArrayIf(span, {_MODEL_KINDS} AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)) OVER whole AS counted,
            groupArrayIf(span, {_MODEL_KINDS} AND cost_total IS NOT NULL) OVER whole AS priced,
            groupArrayIf(parent, {_MODEL_KINDS} AND cost_total IS NOT NULL) OVER whole AS priced_within
        FROM (
            SELECT trace_id, toString(span_id) AS span, parent_span_id AS parent, start_time, end_time, status, kind, input_tokens,
                output_tokens, usage_estimated, cost_total, cost_input, cost_output, response_model, request_model, service_name,
                input_preview, output_preview, scope_name = 'tidegate.gateway' AND startsWith(name, 'attempt ') AS thrown_away,
                session_id, user_id, tags, prompt_name, prompt_version
            FROM spans WHERE {_OF_TRACES} ORDER BY version DESC, status LIMIT 1 BY trace_id, span_id
        ) WINDOW whole AS (PARTITION BY trace_id)
    ) AS one GROUP BY trace_id"""
    return Statement(sql, {"trace_ids": list(trace_ids)})


def spans(trace_ids: Sequence[str]) -> Statement:
    """All spans of these traces, in order of time."""
    sql = f"""SELECT * FROM (SELECT trace_id, span_id, parent_span_id, name, kind, otel_kind, status, status_message, error_type,
        toUnixTimestamp64Nano(start_time) AS start_ns, toUnixTimestamp64Nano(end_time) AS end_ns, ttft_ns, service_name, scope_name, source,
        convention, operation, provider, request_model, response_model, response_id, finish_reasons, is_streaming, input_tokens,
        output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, usage_estimated, cost_input, cost_output, cost_total,
        cost_source, session_id, user_id, tags, agent_name, tool_name, tool_call_id, prompt_name, prompt_version, run_id, route,
        judge_name, input_preview, output_preview, attributes, resource,
        arrayMap(x -> toUnixTimestamp64Nano(x), events.time) AS event_times, events.name AS event_names,
        events.attributes AS event_attributes, links.trace_id AS link_traces, links.span_id AS link_spans,
        links.attributes AS link_attributes
    FROM spans WHERE {_OF_TRACES} ORDER BY version DESC, status LIMIT 1 BY trace_id, span_id) ORDER BY start_ns, span_id"""
    return Statement(sql, {"trace_ids": list(trace_ids)})


def contents(trace_ids: Sequence[str]) -> Statement:
    """What was said in all spans of these traces."""
    return Statement(_contents("1"), {"trace_ids": list(trace_ids)})


def content_of(trace_id: str, span_id: str) -> Statement:
    """The content of one span."""
    return Statement(_contents("span_id = {span_id:String}"), {"trace_ids": [trace_id], "span_id": span_id})


def _contents(which: str) -> str:
    within = _OF_TRACES.replace("AND is_deleted = 0", "")
    return f"""SELECT trace_id, span_id, system, input, output, tools, truncated FROM span_content
        WHERE {within} AND {which} ORDER BY version DESC LIMIT 1 BY trace_id, span_id"""


def session(session_id: str, where: Condition, limit: int) -> Statement:
    """The traces of a session, in order of time: a span says it, or their metadata do."""
    sql = f"""SELECT trace_id, min(start_time) AS began FROM spans
        WHERE project_id = 'default' AND is_deleted = 0 AND (session_id = {{session_id:String}} OR trace_id IN (
            SELECT trace_id FROM trace_properties FINAL
            WHERE project_id = 'default' AND kind = 'METADATA' AND key = {{session_key:String}} AND value = {{session_id:String}}
        )) AND {where.sql}
        GROUP BY trace_id ORDER BY began, trace_id LIMIT {limit:d}"""
    return Statement(sql, {**where.parameters, "session_id": session_id, "session_key": SESSION})


def facet(column: str, where: Condition, limit: int) -> Statement:
    """The most frequent values of a column of ``spans``."""
    sql = f"""SELECT toString({column}) AS value, count() AS spans FROM spans WHERE project_id = 'default' AND {where.sql}
        GROUP BY value HAVING value != '' ORDER BY spans DESC, value LIMIT {limit:d}"""
    return Statement(sql, dict(where.parameters))


def quiet_since(after: Position | None, longest_quiet: float) -> Statement | None:
    """The traces that can have come to rest after this position: their last span came at most ``longest_quiet`` seconds before it.

    They are found among spans, which lie in order of time; ``traces`` lies in order of identifiers, and would be read whole.
    """
    if after is None:
        return None
    sql = "SELECT trace_id FROM spans WHERE project_id = 'default' AND ingested_at >= fromUnixTimestamp64Milli({came_after:Int64})"
    return Statement(sql, {"came_after": after.key - round(longest_quiet * 1000)})


def sealed(
    where: Condition, after: Position | None, among: Statement | None, seal_after: float, seal_orphans_after: float, limit: int
) -> Statement:
    """Traces that no judge made and that have been quiet long enough, in the order in which they were sealed.

    ``sort_key`` is that moment in milliseconds: when the last span came, and the quiet time after it. ``among`` bounds what is read.
    """
    begin, traces = "1", _TRACES
    parameters = {**where.parameters, "seal_after": round(seal_after * 1000), "seal_orphans_after": round(seal_orphans_after * 1000)}
    if after is not None:
        begin = "(sort_key, trace_id) > ({after_key:Int64}, {after_id:String})"
        parameters |= {"after_key": after.key, "after_id": after.trace_id}
    if among is not None:
        traces = among.sql
        parameters |= among.parameters
    sql = f"""SELECT trace_id, sort_key FROM (
        SELECT trace_id, sum(judge_spans) AS judged, toUnixTimestamp64Milli(max(ingested_at))
            + if(sum(roots) > 0, {{seal_after:Int64}}, {{seal_orphans_after:Int64}}) AS sort_key
        FROM traces WHERE project_id = 'default' AND trace_id IN ({traces}) GROUP BY trace_id
    ) WHERE judged = 0 AND sort_key <= toUnixTimestamp64Milli(now64(3)) AND {begin}
        AND trace_id IN (SELECT trace_id FROM spans
            WHERE project_id = 'default' AND is_deleted = 0 AND trace_id IN ({traces}) AND {_head(traces)} AND {where.sql})
    ORDER BY sort_key, trace_id LIMIT {limit:d}"""
    return Statement(sql, parameters)


def revisions(trace_ids: Sequence[str]) -> Statement:
    """A digest of the spans of each of these traces, and of how they ended: equal as long as the trace is."""
    sql = f"""SELECT trace_id, lower(hex(sipHash128(arraySort(groupUniqArray(concat(span_id, toString(status))))))) AS revision
        FROM (SELECT trace_id, span_id, status FROM spans WHERE {_OF_TRACES} ORDER BY version DESC, status LIMIT 1 BY trace_id, span_id)
        GROUP BY trace_id"""
    return Statement(sql, {"trace_ids": list(trace_ids)})


_USAGE_BY: Final = {
    "minute": "formatDateTime(time, '%Y-%m-%dT%H:%i:00Z')",
    "hour": "formatDateTime(toStartOfHour(time), '%Y-%m-%dT%H:%i:00Z')",
    "model": "model",
    "provider": "provider",
    "provider_model": "concat(provider, '/', model)",
    "route": "route",
    "service": "service_name",
    "prompt": "prompt_name",
}


def usage(by: str, where: Condition, limit: int) -> Statement:
    """Figures of model calls, grouped. ``by`` is a key of ``_USAGE_BY``; unknown names are the caller's to refuse."""
    order = "value" if by in ("minute", "hour") else "calls DESC, value"
    sql = f"""SELECT toString({_USAGE_BY[by]}) AS value, sum(usage_1m.calls) AS calls, sum(usage_1m.errors) AS errors,
        sum(usage_1m.input_tokens) AS input_tokens, sum(usage_1m.output_tokens) AS output_tokens, sum(usage_1m.cost) AS cost,
        arrayMap(x -> if(isFinite(x), x / 1e6, NULL), quantilesTDigestMerge(0.5, 0.9, 0.95, 0.99)(latency)) AS latency_ms,
        arrayMap(x -> if(isFinite(x), x / 1e6, NULL), quantilesTDigestMerge(0.5, 0.9, 0.95, 0.99)(ttft)) AS ttft_ms
    FROM usage_1m WHERE project_id = 'default' AND {_MODEL_KINDS} AND {where.sql}
    GROUP BY value ORDER BY {order} LIMIT {limit:d}"""
    return Statement(sql, dict(where.parameters))


def usage_of_spans(by: str, where: Condition, limit: int) -> Statement:
    """As ``usage``, computed from the spans themselves: the rolled-up figures no longer know which trace they are of."""
    order = "value" if by in ("minute", "hour") else "calls DESC, value"
    sql = f"""SELECT toString({_USAGE_BY[by]}) AS value, count() AS calls, countIf(failed) AS errors,
        sum(tokens_in) AS input_tokens, sum(tokens_out) AS output_tokens, sum(paid) AS cost,
        arrayMap(x -> if(isFinite(x), x / 1e6, NULL), quantilesTDigest(0.5, 0.9, 0.95, 0.99)(took)) AS latency_ms,
        arrayMap(x -> if(isFinite(x), x / 1e6, NULL), quantilesTDigestIf(0.5, 0.9, 0.95, 0.99)(assumeNotNull(first), first IS NOT NULL)) AS ttft_ms
    FROM (
        SELECT toDateTime(start_time, 'UTC') AS time, if(response_model != '', response_model, request_model) AS model, provider, route,
            service_name, prompt_name, status = 'ERROR' AS failed, toUInt64(spans.input_tokens) AS tokens_in,
            toUInt64(spans.output_tokens) AS tokens_out, cost_total AS paid, duration_ns AS took, ttft_ns AS first
        FROM spans WHERE project_id = 'default' AND is_deleted = 0 AND {_MODEL_KINDS} AND {where.sql}
    ) GROUP BY value ORDER BY {order} LIMIT {limit:d}"""
    return Statement(sql, dict(where.parameters))


USAGE_BY: Final = tuple(_USAGE_BY)
