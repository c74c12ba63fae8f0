import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.trace import StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from config.schema import OtlpExportSettings, TelemetrySettings
from config.secrets import Secret
from storage.records import Opening, Row
from tracing.ingest import SpanSink
from tracing.openings import TICK_SECONDS
from tracing.provider import build_tracer_provider

NOT_SAMPLED = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-00"}


@pytest.fixture
def provider(log):
    settings = TelemetrySettings()
    built = build_tracer_provider(settings, SpanSink(log, settings), "1.2")
    yield built
    built.shutdown()


def test_a_span_of_the_gateway_is_written_down_as_it_begins_and_as_it_ends(provider, log):
    span = provider.get_tracer("tidegate.gateway").start_span(
        "chat gpt", attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt"}
    )
    (begun,) = log.records
    assert isinstance(begun, Opening)
    row = json.loads(log.openings[0].data)
    assert (row["status"], row["kind"], row["request_model"], row["start_time"]) == ("INTERRUPTED", "LLM", "gpt", row["end_time"])

    span.add_event("note", {"k": "v"})
    span.set_status(StatusCode.ERROR, "upstream died")
    span.end()
    ended = log.records[1]
    assert isinstance(ended, Row)
    assert ended.key == begun.key
    row = json.loads(log.rows[0].data)
    assert (row["status"], row["status_message"], row["service_name"], row["release"]) == ("ERROR", "upstream died", "tidegate", "1.2")
    assert row["events.name"] == ["note"]


async def test_that_a_span_began_is_written_when_it_lasts_for_two_ticks(provider, log):
    tracer = provider.get_tracer("tidegate.gateway")
    first, second = tracer.start_span("first"), tracer.start_span("second")
    await asyncio.sleep(10 * TICK_SECONDS)
    assert [type(record) for record in log.records] == [Opening, Opening]
    assert log.appends == 1
    assert [record.key[16:] for record in log.records] == [bytes.fromhex(each.raw.span_id) for each in (first, second)]


async def test_a_span_that_ends_before_leaves_no_opening(provider, log):
    tracer = provider.get_tracer("tidegate.gateway")
    tracer.start_span("cached").end()
    quick = tracer.start_span("quick")
    await asyncio.sleep(TICK_SECONDS)
    quick.end()
    await asyncio.sleep(10 * TICK_SECONDS)
    assert [type(record) for record in log.records] == [Row, Row]


async def test_spans_go_on_being_written_down_after_a_rest(provider, log):
    tracer = provider.get_tracer("tidegate.gateway")
    for _ in range(2):
        tracer.start_span("chat")
        await asyncio.sleep(10 * TICK_SECONDS)
    assert [type(record) for record in log.records] == [Opening, Opening]


async def test_one_span_that_ends_does_not_hold_back_that_another_began(provider, log):
    tracer = provider.get_tracer("tidegate.gateway")
    stays = tracer.start_span("stays")
    for _ in range(10):
        span = tracer.start_span("goes")
        await asyncio.sleep(TICK_SECONDS)
        span.end()
    assert stays.raw.span_id in {record.key[16:].hex() for record in log.records if isinstance(record, Opening)}


async def test_a_span_of_which_somebody_is_about_to_hear_is_written_down_first(provider, log):
    tracer = provider.get_tracer("tidegate.gateway")
    tracer.start_span("streams")
    tracer.settle()
    assert [type(record) for record in log.records] == [Opening]


def test_other_spans_are_written_down_as_they_end(provider, log):
    with provider.get_tracer("tidegate.judges").start_as_current_span("judge"):
        assert log.records == []
    assert len(log.records) == 1


def test_a_caller_that_does_not_sample_its_trace_still_gets_one_here(provider, log):
    context = TraceContextTextMapPropagator().extract(NOT_SAMPLED)
    provider.get_tracer("tidegate.gateway").start_span("chat", context=context).end()
    row = json.loads(log.rows[0].data)
    assert (row["trace_id"], row["parent_span_id"]) == ("a" * 32, "b" * 16)


def test_settings_of_another_program_cost_no_trace_and_no_text(monkeypatch, log):
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1")
    settings = TelemetrySettings()
    provider = build_tracer_provider(settings, SpanSink(log, settings), "1")
    provider.get_tracer("tidegate.gateway").start_span("chat", attributes={"a": "whole text", "b": "too"}).end()
    assert json.loads(log.rows[0].data)["attributes"] == {"a": "whole text", "b": "too"}


class Collector(BaseHTTPRequestHandler):
    received: ClassVar[list[tuple[str | None, bytes]]] = []

    def do_POST(self):
        self.received.append((self.headers["x-key"], self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format, *args):
        pass


def test_the_second_endpoint_gets_the_same_span_with_its_header(log):
    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        otlp = OtlpExportSettings(endpoint=f"http://127.0.0.1:{server.server_port}/v1/traces", headers={"x-key": Secret("k-1")})
        settings = TelemetrySettings(otlp=otlp)
        provider = build_tracer_provider(settings, SpanSink(log, settings), "1")
        provider.get_tracer("tidegate.gateway").start_span("chat").end()
        provider.shutdown()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    ((key, body),) = Collector.received
    (span,) = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans
    assert (key, span.name, span.span_id) == ("k-1", "chat", log.rows[0].key[16:])
