"""Traces of MLflow's database, as its client sends them: what is known of a trace, and its spans as OTLP. Pure."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from sqlalchemy import RowMapping

__all__ = ("Trace", "export_request", "trace_of", "trace_of_file")

Row = RowMapping | Mapping[str, Any]
STATES: Final = frozenset({"OK", "ERROR", "IN_PROGRESS"})
PLACES: Final = frozenset({"mlflow.artifactLocation", "mlflow.trace.spansLocation", "mlflow.trace.archiveLocation"})
"""Tags that say where the other server kept things."""

COUNTED: Final[Mapping[str, Sequence[str]]] = {
    "mlflow.trace.tokenUsage": ("input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
    "mlflow.trace.cost": ("input_cost", "output_cost", "total_cost"),
}
"""Columns of what MLflow 3.18 counted, by the metadata that they are for clients."""


class Trace(msgspec.Struct, frozen=True):
    """A trace: ``info`` is the JSON of a ``TraceInfoV3`` without its place, ``spans`` are as the database holds them."""

    trace_id: str
    info: dict[str, Any]
    spans: list[dict[str, Any]]
    runs: list[str] = []
    """Runs that it was linked to."""

    prompts: list[str] = []
    """``name/version`` of the prompts that it was linked to."""


def trace_of(row: Row, tags: Sequence[Row], metadata: Sequence[Row], spans: Sequence[Row], assessments: Sequence[Row]) -> Trace:
    """A trace from its rows."""
    status, took = row["status"], row["execution_time_ms"]
    info = {
        "trace_id": row["request_id"],
        "client_request_id": row.get("client_request_id"),
        "request_preview": row.get("request_preview"),
        "response_preview": row.get("response_preview"),
        "request_time": _time(row["timestamp_ms"]),
        "execution_duration": None if took is None else f"{took / 1000:.3f}s",
        "state": status if status in STATES else "STATE_UNSPECIFIED",
        "trace_metadata": {**_counted(row), **{each["key"]: each["value"] or "" for each in metadata}},
        "tags": {**_named(row), **{each["key"]: each["value"] or "" for each in tags if each["key"] not in PLACES}},
        "assessments": [found for each in assessments if (found := _assessment(each))],
    }
    return Trace(row["request_id"], info, [json.loads(each["content"]) for each in spans])


def trace_of_file(
    given: Mapping[str, Any],
    tags: Mapping[str, str],
    metadata: Mapping[str, str],
    spans: Sequence[dict[str, Any]],
    assessments: Sequence[Mapping[str, Any]],
) -> Trace:
    """A trace from the files of one; those of MLflow 2 name and spell some facts in another way."""
    trace_id = given.get("trace_id") or given["request_id"]
    took = given.get("execution_duration_ms", given.get("execution_time_ms"))
    state = given.get("state") or given.get("status")
    info = {
        "trace_id": trace_id,
        "client_request_id": given.get("client_request_id"),
        "request_preview": given.get("request_preview"),
        "response_preview": given.get("response_preview"),
        "request_time": given.get("request_time") or _time(given["timestamp_ms"]),
        "execution_duration": None if took is None else f"{took / 1000:.3f}s",
        "state": state if state in STATES else "STATE_UNSPECIFIED",
        "trace_metadata": dict(metadata),
        "tags": {key: value for key, value in tags.items() if key not in PLACES},
        "assessments": [{key: value for key, value in each.items() if key != "trace_id"} for each in assessments],
    }
    return Trace(trace_id, info, [span for span in spans if "start_time_unix_nano" in span])


def _named(row: Row) -> dict[str, str]:
    """The name, which MLflow 3.18 keeps in a column of its own."""
    return {"mlflow.traceName": row["trace_name"]} if row.get("trace_name") else {}


def _counted(row: Row) -> dict[str, str]:
    """Metadata that MLflow 3.18 keeps in columns of their own."""
    found = {"mlflow.trace.session": row["session_id"]} if row.get("session_id") else {}
    for key, columns in COUNTED.items():
        if values := {column: row[column] for column in columns if row.get(column) is not None}:
            found[key] = json.dumps(values)
    return found


def export_request(traces: Sequence[Trace]) -> bytes:
    """The spans of traces as one request of OTLP."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    scope.spans.extend(_span(each) for trace in traces for each in trace.spans)
    return request.SerializeToString()


def _assessment(row: Row) -> dict[str, Any] | None:
    """Feedback or an expectation; of an issue, which is kept elsewhere there, there is nothing to say here."""
    if row["assessment_type"] not in {"feedback", "expectation"}:
        return None
    said: dict[str, Any] = {"value": json.loads(row["value"])} if row["value"] else {}
    if row["error"]:
        said["error"] = json.loads(row["error"])
    return {
        "assessment_id": row["assessment_id"],
        "assessment_name": row["name"],
        "span_id": row["span_id"],
        "source": {"source_type": row["source_type"], "source_id": row["source_id"] or "default"},
        "create_time": _time(row["created_timestamp"]),
        "last_update_time": _time(row["last_updated_timestamp"]),
        row["assessment_type"]: said,
        "rationale": row["rationale"],
        "metadata": json.loads(row["assessment_metadata"]) if row["assessment_metadata"] else {},
        "overrides": row["overrides"],
        "valid": bool(row["valid"]),
    }


def _span(given: Mapping[str, Any]) -> Span:
    status = given.get("status") or {}
    return Span(
        trace_id=_bytes(given["trace_id"]),
        span_id=_bytes(given["span_id"]),
        parent_span_id=_bytes(given.get("parent_span_id")),
        name=given["name"],
        kind=Span.SpanKind.Value(given.get("kind") or "SPAN_KIND_INTERNAL"),
        start_time_unix_nano=given["start_time_unix_nano"],
        end_time_unix_nano=given.get("end_time_unix_nano") or 0,
        status=Status(code=Status.StatusCode.Value(status.get("code") or "STATUS_CODE_UNSET"), message=status.get("message") or ""),
        # The database holds the JSON of each value.
        attributes=_attributes({key: _decoded(value) for key, value in (given.get("attributes") or {}).items()}),
        events=[
            Span.Event(name=each["name"], time_unix_nano=each["time_unix_nano"], attributes=_attributes(each.get("attributes") or {}))
            for each in given.get("events") or []
        ],
    )


def _attributes(given: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in given.items() if value is not None]


def _value(value: Any) -> AnyValue:
    found = AnyValue()
    match value:
        case bool():
            found.bool_value = value
        case int() if -(2**63) <= value < 2**63:
            found.int_value = value
        case float():
            found.double_value = value
        case list():
            found.array_value.values.extend(_value(each) for each in value)
        case dict():
            found.kvlist_value.values.extend(KeyValue(key=key, value=_value(each)) for key, each in value.items())
        case None:
            pass
        case _:
            found.string_value = str(value)
    return found


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text) if text else b""


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
