"""From a span and its facts to the rows that are stored: JSON objects, encoded once, that travel as bytes until the table reads them.

A field that holds its column's default is left out. Times are written as seconds and nanoseconds, which ``DateTime64(9)`` reads exactly.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from storage.records import Opening, Row
from tracing.conventions import PAYLOADS, PREFIXES, genai
from tracing.payload import TEXTS, encode, reads_as_another
from tracing.types import Attribute, Content, Facts, Span, SpanEvent, SpanKind, Status

__all__ = ("ContentRow", "SpanRow", "opening", "rows", "span_key")

_SPANS: Final = "spans"
_CONTENT: Final = "span_content"
_MAX_ATTRIBUTE: Final = 64 * 1024
_MAX_ATTRIBUTES: Final = 512
_MAX_EVENTS: Final = 256
_LATEST: Final = 2**63 - 1
_encoder = msgspec.json.Encoder()


class SpanRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of ``spans``, by the names of its columns."""

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    start_time: str
    end_time: str
    ttft_ns: int | None = None
    name: str
    kind: str
    otel_kind: str = ""
    status: str
    status_message: str = ""
    error_type: str = ""
    is_root: bool = False
    service_name: str = ""
    environment: str = ""
    release: str = ""
    scope_name: str = ""
    scope_version: str = ""
    source: str = ""
    convention: str = ""
    session_id: str = ""
    user_id: str = ""
    tags: tuple[str, ...] = ()
    agent_name: str = ""
    provider: str = ""
    request_model: str = ""
    response_model: str = ""
    operation: str = ""
    response_id: str = ""
    finish_reasons: tuple[str, ...] = ()
    is_streaming: bool = False
    tool_name: str = ""
    tool_call_id: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    usage_estimated: bool = False
    cost_input: Decimal | None = None
    cost_output: Decimal | None = None
    cost_total: Decimal | None = None
    cost_source: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    run_id: str = ""
    model_id: str = ""
    route: str = ""
    judge_name: str = ""
    input_preview: str = ""
    output_preview: str = ""
    input_bytes: int = 0
    output_bytes: int = 0
    attributes: dict[str, str] = {}
    resource: dict[str, str] = {}
    link_traces: list[str] = msgspec.field(default_factory=list, name="links.trace_id")
    link_spans: list[str] = msgspec.field(default_factory=list, name="links.span_id")
    link_attributes: list[dict[str, str]] = msgspec.field(default_factory=list, name="links.attributes")
    event_times: list[str] = msgspec.field(default_factory=list, name="events.time")
    event_names: list[str] = msgspec.field(default_factory=list, name="events.name")
    event_attributes: list[dict[str, str]] = msgspec.field(default_factory=list, name="events.attributes")
    retention_days: int


class ContentRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of ``span_content``."""

    trace_id: str
    span_id: str
    start_time: str
    system: str = ""
    input: str = ""
    output: str = ""
    tools: str = ""
    input_text: str = ""
    output_text: str = ""
    truncated: bool = False
    retention_days: int


def rows(span: Span, facts: Facts, *, retention_days: int, content: bool = True) -> list[Row]:
    """The rows of a finished span: its facts, and its content when there is some and it is to be kept."""
    key = span_key(span)
    found = [Row(_SPANS, _encoder.encode(_span_row(span, facts, retention_days, content=content)), key)]
    if content and (facts.content.input or facts.content.output or facts.content.system or facts.content.tools):
        found.append(Row(_CONTENT, _encoder.encode(_content_row(span, facts.content, retention_days))))
    return found


def opening(span: Span, *, retention_days: int) -> Opening:
    """What is stored of a span that began, should its end never come. ``span.end_ns`` is not looked at.

    Nothing was said yet, so only the few columns are written by which the table finds and shows it: this is on the way of every request.
    """
    time, attributes = _time(span.start_ns), span.attributes
    row = SpanRow(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id or "",
        start_time=time,
        end_time=time,
        name=span.name,
        kind=genai.KINDS.get(str(attributes.get("gen_ai.operation.name")), SpanKind.UNKNOWN).value,
        otel_kind=span.otel_kind,
        status=Status.INTERRUPTED.value,
        is_root=not span.parent_span_id,
        service_name=_plain(span.resource.get("service.name")),
        scope_name=span.scope.name,
        source=span.source,
        convention=genai.NAME,
        operation=_plain(attributes.get("gen_ai.operation.name")),
        request_model=_plain(attributes.get("gen_ai.request.model")),
        judge_name=_plain(attributes.get("tidegate.judge.name")),
        attributes=_attributes(attributes),
        retention_days=retention_days,
    )
    return Opening(_SPANS, _encoder.encode(row), span_key(span))


def span_key(span: Span) -> bytes:
    """The 24 bytes that name a span: trace id and span id."""
    return bytes.fromhex(span.trace_id + span.span_id)


def _span_row(span: Span, facts: Facts, retention_days: int, *, content: bool) -> SpanRow:
    usage, cost, said, resource = facts.usage, facts.cost, facts.content, span.resource
    return SpanRow(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id or "",
        start_time=_time(span.start_ns),
        end_time=_time(max(span.start_ns, span.end_ns)),
        ttft_ns=facts.ttft_ns,
        name=span.name,
        kind=facts.kind.value,
        otel_kind=span.otel_kind,
        status=span.status.value,
        status_message=span.status_message,
        error_type=facts.error_type,
        is_root=not span.parent_span_id,
        service_name=_plain(resource.get("service.name")),
        environment=_plain(resource.get("deployment.environment.name") or resource.get("deployment.environment")),
        release=_plain(resource.get("service.version")),
        scope_name=span.scope.name,
        scope_version=span.scope.version,
        source=span.source,
        convention=facts.convention,
        session_id=facts.session_id,
        user_id=facts.user_id,
        tags=facts.tags,
        agent_name=facts.agent_name,
        provider=facts.provider,
        request_model=facts.request_model,
        response_model=facts.response_model,
        operation=facts.operation,
        response_id=facts.response_id,
        finish_reasons=facts.finish_reasons,
        is_streaming=facts.streaming,
        tool_name=facts.tool_name,
        tool_call_id=facts.tool_call_id,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        usage_estimated=usage.estimated,
        cost_input=cost.input,
        cost_output=cost.output,
        cost_total=cost.total,
        cost_source=cost.source,
        prompt_name=facts.prompt_name,
        prompt_version=facts.prompt_version,
        run_id=facts.run_id,
        model_id=facts.model_id,
        route=facts.route,
        judge_name=facts.judge_name,
        input_preview=said.input_preview if content else "",
        output_preview=said.output_preview if content else "",
        input_bytes=len(said.input),
        output_bytes=len(said.output),
        attributes=_attributes(span.attributes),
        resource=_texts(resource),
        **_nested(span, content=content),
        retention_days=retention_days,
    )


def _content_row(span: Span, content: Content, retention_days: int) -> ContentRow:
    return ContentRow(
        trace_id=span.trace_id,
        span_id=span.span_id,
        start_time=_time(span.start_ns),
        system=content.system,
        input=content.input,
        output=content.output,
        tools=content.tools,
        input_text=content.input_text,
        output_text=content.output_text,
        truncated=content.truncated,
        retention_days=retention_days,
    )


def _nested(span: Span, *, content: bool) -> dict[str, list[Any]]:
    """Links and events as parallel arrays. Without content an event keeps its name: libraries put messages into its attributes."""
    if not span.links and not span.events:
        return {}
    events = span.events[:_MAX_EVENTS]
    return {
        "link_traces": [link.trace_id for link in span.links],
        "link_spans": [link.span_id for link in span.links],
        "link_attributes": [_texts(link.attributes) for link in span.links],
        "event_times": [_time(event.time_ns) for event in events],
        "event_names": [event.name for event in events],
        "event_attributes": [_event_attributes(event) if content else {} for event in events],
    }


def _event_attributes(event: SpanEvent) -> dict[str, str]:
    return _texts(event.attributes) if event.attributes else {}


def _attributes(attributes: Mapping[str, Attribute]) -> dict[str, str]:
    """All attributes but those whose value is stored as content."""
    found = _texts({key: value for key, value in attributes.items() if key not in PAYLOADS and not key.startswith(PREFIXES)}, "null")
    if texts := [key for key, text in found.items() if isinstance(attributes[key], str) and reads_as_another(text)]:
        found[TEXTS] = encode(texts)
    return found


def _texts(attributes: Mapping[str, Attribute], nothing: str = "") -> dict[str, str]:
    found = {}
    for key, value in attributes.items():
        text = value if isinstance(value, str) else _plain(value, nothing)
        found[key] = text if len(text) <= _MAX_ATTRIBUTE else text[:_MAX_ATTRIBUTE] + "…"
        if len(found) == _MAX_ATTRIBUTES:
            break
    return found


def _plain(value: Attribute, nothing: str = "") -> str:
    if isinstance(value, str):
        return value
    return nothing if value is None else encode(value)


def _time(nanoseconds: int) -> str:
    """A time as the column reads it: seconds in ten digits, since fewer would be read as a year or a day.

    A time that the column cannot hold becomes its first or last moment.
    """
    seconds, rest = divmod(min(max(nanoseconds, 0), _LATEST), 1_000_000_000)
    return f"{seconds:010d}.{rest:09d}"
