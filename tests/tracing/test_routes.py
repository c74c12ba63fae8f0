"""The HTTP side, over real stores."""

import gzip
import json
import time
from collections.abc import AsyncIterator

import pytest
from google.rpc.status_pb2 import Status as RpcStatus
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tracing import otlp_routes, routes

PROTOBUF = {"content-type": "application/x-protobuf"}


class Nowhere:
    """Knows no experiment."""

    async def check_unplaced(self, spans) -> None:
        return

    def refuse_unplaced(self, spans) -> None:
        return None


@pytest.fixture
async def client(tracing) -> AsyncIterator[AsyncClient]:
    app = Litestar([otlp_routes.router(tracing.sink, Nowhere()), routes.router(tracing.store, tracing.assessments)], logging_config=None)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as opened:
        yield opened


@pytest.fixture
def exported() -> bytes:
    """One agent span with a model call inside, as the SDK's exporter sends it."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("my-agent")
    with tracer.start_as_current_span("agent"), tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}):
        pass
    return encode_spans(memory.get_finished_spans()).SerializeToString()


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_what_an_exporter_sends_is_read_back_under_either_name_of_the_trace(client, exported, encoding):
    body = gzip.compress(exported) if encoding == "gzip" else exported
    answer = await client.post("/v1/traces", content=body, headers=PROTOBUF | {"content-encoding": encoding})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-protobuf")
    assert not ExportTraceServiceResponse.FromString(answer.content).HasField("partial_success")

    (row,) = (await client.get("/api/v1/traces")).json()["traces"]
    for name in (row["trace_id"], "tr-" + row["trace_id"], row["trace_id"].upper()):
        trace = (await client.get(f"/api/v1/traces/{name}")).json()
        assert [span["name"] for span in trace["spans"]] == ["agent", "chat"]
    span_id = trace["spans"][1]["span_id"]
    content = await client.get(f"/api/v1/traces/{row['trace_id']}/spans/{span_id}")
    assert content.json() == {"system": "", "input": "", "output": "", "tools": "", "truncated": False}


async def test_a_refused_span_is_told_beside_those_that_were_taken(client):
    def span(trace_id):
        return {"traceId": trace_id, "spanId": "b" * 16, "name": "n", "startTimeUnixNano": str(time.time_ns())}

    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span("a" * 32), span("00" * 16), span("ab")]}]}]}
    answer = await client.post("/v1/traces", json=body)
    assert answer.status_code == 200
    partial = answer.json()["partialSuccess"]
    assert partial["rejectedSpans"] == "2"
    assert "trace_id" in partial["errorMessage"]


async def test_a_span_that_is_older_than_what_is_kept_is_refused_and_not_dropped_in_silence(client):
    old, new = time.time_ns() - 91 * 86_400 * 10**9, time.time_ns() - 89 * 86_400 * 10**9
    spans = [{"traceId": "a" * 32, "spanId": f"{n:016x}", "name": "n", "startTimeUnixNano": str(at)} for n, at in ((1, old), (2, new))]
    answer = await client.post("/v1/traces", json={"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
    partial = answer.json()["partialSuccess"]
    assert (partial["rejectedSpans"], partial["errorMessage"]) == ("1", "it began more than telemetry.retention_days (90) ago (1)")


@pytest.mark.parametrize(
    ("headers", "body", "status", "said"),
    [
        (PROTOBUF, b"\xff\xff", 400, "ExportTraceServiceRequest"),
        ({"content-type": "application/json"}, b"{", 400, "JSON"),
        ({"content-type": "text/plain"}, b"", 415, "application/x-protobuf"),
        (PROTOBUF | {"content-encoding": "br"}, b"", 415, "gzip"),
        (PROTOBUF | {"content-encoding": "gzip"}, b"no", 400, "gzip"),
    ],
)
async def test_a_bad_export_is_answered_in_its_own_encoding_with_what_was_wrong(client, headers, body, status, said):
    answer = await client.post("/v1/traces", content=body, headers=headers)
    assert answer.status_code == status
    message = RpcStatus.FromString(answer.content).message if "protobuf" in headers["content-type"] else answer.json()["message"]
    assert said in message


async def test_a_full_journal_is_a_503_that_says_when_to_come_again(client, exported, log):
    log.full = True
    answer = await client.post("/v1/traces", content=exported, headers=PROTOBUF)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "journal" in RpcStatus.FromString(answer.content).message
    log.full = False
    assert (await client.post("/v1/traces", content=exported, headers=PROTOBUF)).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/traces?filter=modle='x'", 400, "bad_filter"),
        ("/api/v1/traces?order=name", 400, "bad_order"),
        ("/api/v1/traces?cursor=x", 400, "bad_cursor"),
        ("/api/v1/traces?since=yesterday", 400, "bad_request"),
        ("/api/v1/traces/none", 404, "trace_not_found"),
        ("/api/v1/traces/" + "1" * 32, 404, "trace_not_found"),
        (f"/api/v1/traces/{'1' * 32}/spans/{'1' * 16}", 404, "span_not_found"),
        ("/api/v1/usage?by=colour", 400, "bad_request"),
    ],
)
async def test_an_error_has_a_code_a_message_and_a_way_out(client, path, status, code):
    answer = await client.get(path)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"]
    assert error["hint"]
    if code == "bad_filter":
        assert error["position"] == 0
        assert "did you mean 'model'" in error["hint"]


async def test_feedback_of_a_person_stands_on_the_trace(client, tracing, spans):
    span = spans.chat()
    tracing.sink.put([span])
    path = f"/api/v1/traces/{span.trace_id}/assessments"
    given = await client.post(path, json={"name": "helpful", "value": False, "rationale": "off by an hour"})
    assert given.status_code == 201
    (stored,) = (await client.get(f"/api/v1/traces/{span.trace_id}")).json()["assessments"]
    assert stored == given.json()
    assert (stored["value"], stored["source_type"]) == (False, "HUMAN")
    for bad in ({"name": "", "value": True}, {"name": "n", "value": None}, {"name": "n", "value": 1, "span_id": "f" * 16}):
        answer = await client.post(path, json=bad)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_assessment"), json.dumps(bad)


async def test_a_session_with_slashes_and_the_usage_are_served(client, tracing, spans):
    tracing.sink.put([spans.chat(attributes={"session.id": "web/7"})])
    assert len((await client.get("/api/v1/sessions/web/7")).json()["traces"]) == 1
    (row,) = (await client.get("/api/v1/usage")).json()["rows"]
    assert (row["calls"], row["cost"]) == (1, "0.00021")
