"""Rows as the store's queries return them, by the names of their columns, and what is made of them for answers."""

from decimal import Decimal
from itertools import starmap

import msgspec

from tracing.times import rfc3339
from tracing.types import Cost, ScoreSummary, SpanContent, SpanEvent, SpanLink, SpanView, Status, TraceSummary, Usage

__all__ = ("ContentRecord", "HeadRecord", "RollupRecord", "SpanRecord", "span_view", "trace_summary")


class HeadRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The span that stands for its trace: its root, or the earliest one while no root was seen."""

    trace_id: str
    name: str
    start_ns: int
    end_ns: int
    status: Status
    is_root: bool
    input_preview: str
    output_preview: str
    ttft_ns: int | None
    session_id: str
    user_id: str
    tags: list[str]
    prompt_name: str
    prompt_version: str
    route: str
    judge_name: str
    source: str
    sort_key: int = 0


class RollupRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Additive figures of a trace; what the first of its model calls was asked and the last of them answered."""

    trace_id: str
    start_ns: int
    end_ns: int
    spans: int
    errors: int
    interrupted: int
    llm_calls: int
    input_tokens: int | None
    output_tokens: int | None
    usage_estimated: bool
    cost_total: Decimal | None
    cost_input: Decimal | None
    cost_output: Decimal | None
    unpriced_calls: int
    models: list[str]
    services: list[str]
    session_id: str
    user_id: str
    tags: list[str]
    prompt_name: str
    prompt_version: str
    first_input: str
    last_output: str


class SpanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``spans``."""

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: str
    otel_kind: str
    status: Status
    status_message: str
    error_type: str
    start_ns: int
    end_ns: int
    ttft_ns: int | None
    service_name: str
    scope_name: str
    source: str
    convention: str
    operation: str
    provider: str
    request_model: str
    response_model: str
    response_id: str
    finish_reasons: list[str]
    is_streaming: bool
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    usage_estimated: bool
    cost_input: Decimal | None
    cost_output: Decimal | None
    cost_total: Decimal | None
    cost_source: str
    session_id: str
    user_id: str
    tags: list[str]
    agent_name: str
    tool_name: str
    tool_call_id: str
    prompt_name: str
    prompt_version: str
    run_id: str
    route: str
    judge_name: str
    input_preview: str
    output_preview: str
    attributes: dict[str, str]
    resource: dict[str, str]
    event_times: list[int]
    event_names: list[str]
    event_attributes: list[dict[str, str]]
    link_traces: list[str]
    link_spans: list[str]
    link_attributes: list[dict[str, str]]


class ContentRecord(SpanContent, frozen=True, kw_only=True):
    """A row of ``span_content``."""

    trace_id: str
    span_id: str


def span_view(record: SpanRecord, trace_start_ns: int, content: SpanContent | None) -> SpanView:
    """A stored span, for reading."""
    return SpanView(
        trace_id=record.trace_id,
        span_id=record.span_id,
        parent_span_id=record.parent_span_id or None,
        name=record.name,
        kind=record.kind,
        otel_kind=record.otel_kind,
        status=record.status,
        status_message=record.status_message,
        error_type=record.error_type,
        start_time=rfc3339(record.start_ns),
        end_time=rfc3339(record.end_ns),
        offset_ms=(record.start_ns - trace_start_ns) / 1e6,
        duration_ms=(record.end_ns - record.start_ns) / 1e6,
        ttft_ms=_milliseconds(record.ttft_ns),
        service_name=record.service_name,
        scope_name=record.scope_name,
        source=record.source,
        convention=record.convention,
        operation=record.operation,
        provider=record.provider,
        request_model=record.request_model,
        response_model=record.response_model,
        response_id=record.response_id,
        finish_reasons=record.finish_reasons,
        is_streaming=record.is_streaming,
        usage=_usage(record),
        cost=Cost(input=record.cost_input, output=record.cost_output, total=record.cost_total, source=record.cost_source),
        session_id=record.session_id,
        user_id=record.user_id,
        tags=record.tags,
        agent_name=record.agent_name,
        tool_name=record.tool_name,
        tool_call_id=record.tool_call_id,
        prompt_name=record.prompt_name,
        prompt_version=record.prompt_version,
        run_id=record.run_id,
        route=record.route,
        judge_name=record.judge_name,
        input_preview=record.input_preview,
        output_preview=record.output_preview,
        attributes=record.attributes,
        resource=record.resource,
        events=list(starmap(SpanEvent, zip(record.event_times, record.event_names, record.event_attributes, strict=True))),
        links=list(starmap(SpanLink, zip(record.link_traces, record.link_spans, record.link_attributes, strict=True))),
        content=content,
    )


def _usage(record: SpanRecord) -> Usage:
    return Usage(
        input_tokens=record.input_tokens,
        output_tokens=record.output_tokens,
        cache_read_tokens=record.cache_read_tokens,
        cache_write_tokens=record.cache_write_tokens,
        reasoning_tokens=record.reasoning_tokens,
        estimated=record.usage_estimated,
    )


def trace_summary(head: HeadRecord, rollup: RollupRecord, scores: list[ScoreSummary]) -> TraceSummary:
    """A row of the traces table. Session, user, tags, prompt, input and output may stand on other spans; the head's own come first."""
    start_ns, end_ns = (head.start_ns, head.end_ns) if head.is_root else (rollup.start_ns, rollup.end_ns)
    return TraceSummary(
        trace_id=head.trace_id,
        name=head.name,
        start_time=rfc3339(start_ns),
        end_time=rfc3339(end_ns),
        duration_ms=(end_ns - start_ns) / 1e6,
        status=_status(head, rollup),
        root_seen=head.is_root,
        span_count=rollup.spans,
        error_count=rollup.errors,
        llm_calls=rollup.llm_calls,
        models=sorted(rollup.models),
        services=sorted(rollup.services),
        input_preview=head.input_preview or rollup.first_input,
        output_preview=head.output_preview or rollup.last_output,
        input_tokens=rollup.input_tokens,
        output_tokens=rollup.output_tokens,
        usage_estimated=rollup.usage_estimated,
        cost=rollup.cost_total,
        input_cost=rollup.cost_input,
        output_cost=rollup.cost_output,
        unpriced_calls=rollup.unpriced_calls,
        ttft_ms=_milliseconds(head.ttft_ns),
        session_id=head.session_id or rollup.session_id,
        user_id=head.user_id or rollup.user_id,
        tags=head.tags or sorted(rollup.tags),
        prompt_name=head.prompt_name or rollup.prompt_name,
        prompt_version=head.prompt_version or rollup.prompt_version,
        route=head.route,
        judge_name=head.judge_name,
        source=head.source,
        scores=scores,
    )


def _status(head: HeadRecord, rollup: RollupRecord) -> Status:
    """The status of a trace: that of its root; without a root, an error if any span failed."""
    if head.is_root:
        return head.status
    if rollup.errors:
        return Status.ERROR
    return Status.INTERRUPTED if rollup.interrupted else head.status


def _milliseconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e6
