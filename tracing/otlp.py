"""OTLP trace requests, protobuf or JSON, into spans. Pure.

https://opentelemetry.io/docs/specs/otlp/. JSON differs from protobuf's own mapping: identifiers are hexadecimal there.
"""

import base64
import gzip
import io
import math
import re
import zlib
from collections.abc import Iterable
from typing import Any, Final

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from msgspec import MsgspecError, json
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from tracing.errors import BodyTooLarge, OtlpError, UnsupportedEncoding
from tracing.types import Attribute, Scope, Span, SpanEvent, SpanLink, Status

__all__ = ("JSON", "PROTOBUF", "decode", "inflate")

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
MAX_INFLATED: Final = 256 * 1024 * 1024
_KINDS: Final = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUS: Final = (Status.UNSET, Status.OK, Status.ERROR)
_HEX_IDS: Final = frozenset({"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"})
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*")


def inflate(body: bytes, encoding: str, limit: int = MAX_INFLATED) -> bytes:
    """Undo ``content-encoding``: identity, gzip or deflate. Raises ``UnsupportedEncoding``, ``BodyTooLarge`` and ``OtlpError``."""
    try:
        match encoding.strip().lower():
            case "" | "identity":
                return body
            case "gzip":
                inflated = gzip.GzipFile(fileobj=io.BytesIO(body)).read(limit + 1)
            case "deflate":
                inflated = zlib.decompressobj().decompress(body, limit + 1)
            case other:
                raise UnsupportedEncoding(f"content-encoding {other!r} is not read", hint="use gzip, deflate or none")
    except (OSError, EOFError, zlib.error) as error:
        raise OtlpError(f"the body is not valid {encoding}: {error}") from error
    if len(inflated) > limit:
        raise BodyTooLarge(f"the body has more than {limit} bytes when it is decompressed")
    return inflated


def decode(body: bytes, content_type: str) -> list[Span]:
    """The spans of a request, in its order. Raises ``UnsupportedEncoding`` and ``OtlpError``."""
    match content_type.partition(";")[0].strip().lower():
        case "application/x-protobuf" | "application/protobuf":
            return list(_spans(_from_protobuf(body)))
        case "application/json":
            return list(_spans(_from_json(body)))
        case other:
            raise UnsupportedEncoding(f"content-type {other!r} is not read", hint=f"send {PROTOBUF} or {JSON}")


def _from_protobuf(body: bytes) -> ExportTraceServiceRequest:
    try:
        return ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise OtlpError(f"the body is no ExportTraceServiceRequest: {error}") from error


def _from_json(body: bytes) -> ExportTraceServiceRequest:
    try:
        return ParseDict(_with_base64_ids(json.decode(body)), ExportTraceServiceRequest(), ignore_unknown_fields=True)
    # For JSON of another shape protobuf's parser raises whatever its first wrong access does.
    except (MsgspecError, ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise OtlpError(f"the body is no ExportTraceServiceRequest in JSON: {error}") from error


def _with_base64_ids(value: Any) -> Any:
    """Identifiers are hexadecimal in OTLP's JSON, but base64 to protobuf's parser. Attribute values are left alone."""
    if isinstance(value, list):
        return [_with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _base64_id(key, item) if key in _HEX_IDS else item if key == "value" else _with_base64_ids(item) for key, item in value.items()
    }


def _base64_id(key: str, value: Any) -> str:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError(f"{key} must be hexadecimal text, not {value!r}")
    return base64.b64encode(bytes.fromhex(value)).decode()


def _spans(request: ExportTraceServiceRequest) -> Iterable[Span]:
    for of_resource in request.resource_spans:
        resource = _attributes(of_resource.resource.attributes)
        yield from _of_resource(of_resource, resource)


def _of_resource(group: ResourceSpans, resource: dict[str, Attribute]) -> Iterable[Span]:
    for of_scope in group.scope_spans:
        yield from _of_scope(of_scope, resource)


def _of_scope(group: ScopeSpans, resource: dict[str, Attribute]) -> Iterable[Span]:
    scope = Scope(group.scope.name, group.scope.version)
    for span in group.spans:
        yield _span(span, resource, scope)


def _span(span: WireSpan, resource: dict[str, Attribute], scope: Scope) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex() if span.parent_span_id.strip(b"\0") else None,
        name=span.name,
        otel_kind=_KINDS[span.kind] if 0 < span.kind < len(_KINDS) else "INTERNAL",
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        status=_STATUS[span.status.code] if 0 <= span.status.code < len(_STATUS) else Status.UNSET,
        status_message=span.status.message,
        attributes=_attributes(span.attributes),
        events=tuple(SpanEvent(event.time_unix_nano, event.name, _attributes(event.attributes)) for event in span.events),
        links=tuple(SpanLink(link.trace_id.hex(), link.span_id.hex(), _attributes(link.attributes)) for link in span.links),
        resource=resource,
        scope=scope,
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Attribute]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            # JSON has no words for these: as text they stay readable.
            return value.double_value if math.isfinite(value.double_value) else str(value.double_value)
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
    return None
