"""Stored spans as OTLP's messages in JSON, with the attributes that MLflow's client reads.

A span of MLflow's has them of its own; those of others and of the gateway get them from the facts that were read from them.
"""

import base64
from collections.abc import Mapping
from typing import Any, Final

from registry.traces.identifiers import PREFIX
from registry.traces.messages import FileEvent, FileLink, FileSpan, KeyValue, OtlpEvent, OtlpLink, OtlpSpan, OtlpStatus
from tracing.payload import decode, encode, values
from tracing.times import nanoseconds
from tracing.types import SpanEvent, SpanLink, SpanView, Status

__all__ = ("file_span", "otlp_span", "span_type")

_CODES: Final = {
    Status.UNSET: "STATUS_CODE_UNSET",
    Status.OK: "STATUS_CODE_OK",
    Status.ERROR: "STATUS_CODE_ERROR",
    Status.INTERRUPTED: "STATUS_CODE_ERROR",
}


def otlp_span(span: SpanView) -> OtlpSpan:
    """One span."""
    return OtlpSpan(
        trace_id=_base64(span.trace_id),
        span_id=_base64(span.span_id),
        parent_span_id=_base64(span.parent_span_id) if span.parent_span_id else None,
        name=span.name,
        kind=f"SPAN_KIND_{span.otel_kind or 'INTERNAL'}",
        start_time_unix_nano=nanoseconds(span.start_time),
        end_time_unix_nano=nanoseconds(span.end_time),
        attributes=_pairs(_attributes(span)),
        events=[_event(event) for event in span.events],
        links=[_link(link) for link in span.links],
        status=OtlpStatus(code=_CODES[span.status], message=_status_message(span) or None),
    )


def file_span(span: SpanView) -> FileSpan:
    """One span as MLflow keeps it in files."""
    return FileSpan(
        trace_id=_base64(span.trace_id),
        span_id=_base64(span.span_id),
        parent_span_id=_base64(span.parent_span_id) if span.parent_span_id else None,
        name=span.name,
        kind=f"SPAN_KIND_{span.otel_kind or 'INTERNAL'}",
        start_time_unix_nano=nanoseconds(span.start_time),
        end_time_unix_nano=nanoseconds(span.end_time),
        events=[FileEvent(name=event.name, time_unix_nano=event.time_ns, attributes=dict(event.attributes)) for event in span.events],
        status=OtlpStatus(code=_CODES[span.status], message=_status_message(span)),
        attributes={key: encode(value) for key, value in _attributes(span).items()},
        links=[FileLink(trace_id=PREFIX + link.trace_id, span_id=link.span_id, attributes=dict(link.attributes)) for link in span.links],
    )


def _status_message(span: SpanView) -> str:
    return span.status_message or ("interrupted" if span.status is Status.INTERRUPTED else "")


def span_type(span: SpanView) -> str:
    """MLflow's word for what a span did."""
    return "CHAT_MODEL" if span.kind == "LLM" and span.operation == "chat" else span.kind


def _attributes(span: SpanView) -> dict[str, Any]:
    """What the client finds in a span: the attributes as they came, and what is known beside them."""
    facts = {key: value for key, value in _facts(span).items() if value not in (None, "", {})}
    content = {key: value for key, value in _content(span).items() if value is not None}
    return {**facts, **values(span.attributes), **content, "mlflow.traceRequestId": PREFIX + span.trace_id}


def _facts(span: SpanView) -> dict[str, Any]:
    return {
        "mlflow.spanType": span_type(span),
        "mlflow.llm.model": span.response_model or span.request_model,
        "mlflow.llm.provider": span.provider,
        "mlflow.chat.tokenUsage": _usage(span),
        "mlflow.llm.cost": _cost(span),
    }


def _usage(span: SpanView) -> dict[str, int]:
    usage = span.usage
    if usage.input_tokens is None and usage.output_tokens is None:
        return {}
    counted = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": (usage.input_tokens or 0) + (usage.output_tokens or 0),
        "cache_read_input_tokens": usage.cache_read_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
    }
    return {name: count for name, count in counted.items() if count is not None}


def _cost(span: SpanView) -> dict[str, float]:
    cost = span.cost
    named = {"input_cost": cost.input, "output_cost": cost.output, "total_cost": cost.total}
    return {name: float(amount) for name, amount in named.items() if amount is not None}


def _content(span: SpanView) -> dict[str, Any]:
    if span.content is None:
        return {}
    said = {"mlflow.spanInputs": span.content.input, "mlflow.spanOutputs": span.content.output, "mlflow.chat.tools": span.content.tools}
    found = {key: decode(text) for key, text in said.items() if text}
    if span.content.system:
        found["gen_ai.system_instructions"] = decode(span.content.system)
    return found


def _event(event: SpanEvent) -> OtlpEvent:
    return OtlpEvent(time_unix_nano=event.time_ns, name=event.name, attributes=_pairs(event.attributes))


def _link(link: SpanLink) -> OtlpLink:
    return OtlpLink(trace_id=_base64(link.trace_id), span_id=_base64(link.span_id), attributes=_pairs(link.attributes))


def _pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any_value(value)) for key, value in attributes.items()]


def _any_value(value: Any) -> dict[str, Any]:
    """OTLP's ``AnyValue``; an empty one is nothing."""
    match value:
        case None:
            return {}
        case bool():
            return {"bool_value": value}
        case int() if -(2**63) <= value < 2**63:
            return {"int_value": value}
        case float():
            return {"double_value": value}
        case list():
            return {"array_value": {"values": [_any_value(item) for item in value]}}
        case dict():
            return {"kvlist_value": {"values": [{"key": key, "value": _any_value(item)} for key, item in value.items()]}}
    return {"string_value": str(value)}  # of an integer beyond 64 bits, which OTLP has not, all digits stay


def _base64(digits: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(digits)).decode()
    except ValueError:  # a link to a trace that another system named in its own way
        return base64.b64encode(digits.encode()).decode()
