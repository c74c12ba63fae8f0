"""OTLP requests, as the real exporter and the specification write them."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tracing.errors import BodyTooLarge, OtlpError, UnsupportedEncoding
from tracing.otlp import JSON, PROTOBUF, decode, inflate
from tracing.types import Status


def exported() -> bytes:
    memory = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("app", "1.2")
    with (
        tracer.start_as_current_span("outer", attributes={"n": 7, "list": ["a", "b"], "on": True}),
        tracer.start_as_current_span("inner") as inner,
    ):
        inner.add_event("said", {"k": "v"})
    return encode_spans(memory.get_finished_spans()).SerializeToString()


def test_what_the_sdk_exports_comes_back_with_its_ids_and_types():
    inner, outer = decode(exported(), PROTOBUF)
    assert (inner.name, inner.parent_span_id, inner.trace_id) == ("inner", outer.span_id, outer.trace_id)
    assert outer.attributes == {"n": 7, "list": ["a", "b"], "on": True}
    assert (outer.scope.name, outer.scope.version, inner.events[0].name) == ("app", "1.2", "said")


def test_json_has_hexadecimal_ids_and_integers_as_text():
    span = {
        "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174", "name": "x", "kind": 3, "status": {"code": 2, "message": "no"},
        "startTimeUnixNano": "1795478400000000001", "endTimeUnixNano": "1795478400000000002",
        "attributes": [{"key": "n", "value": {"intValue": "7"}}, {"key": "traceId", "value": {"stringValue": "not hex"}}],
    }  # fmt: skip
    (found,) = decode(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode(), JSON)
    assert (found.trace_id, found.span_id) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")
    assert (found.otel_kind, found.status, found.start_ns) == ("CLIENT", Status.ERROR, 1795478400000000001)
    assert found.attributes == {"n": 7, "traceId": "not hex"}


@given(st.binary(max_size=200), st.sampled_from([PROTOBUF, JSON, "text/plain", ""]))
def test_any_bytes_are_spans_or_an_otlp_error(body: bytes, content_type: str):
    try:
        assert isinstance(decode(body, content_type), list)
    except OtlpError as error:
        assert error.status in {400, 415}


def test_a_small_body_that_grows_without_end_is_refused():
    with pytest.raises(BodyTooLarge):
        inflate(gzip.compress(b"\0" * 1_000_000), "gzip", limit=1000)
    assert inflate(gzip.compress(b"tide"), "gzip") == b"tide"
    with pytest.raises(UnsupportedEncoding):
        inflate(b"", "br")
