"""What may go wrong around a running server: its database, its disk, its collector, its configuration. Answers go on."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from server.errors import EXCEPTION_HANDLERS
from storage.errors import TelemetryUnavailable
from tests.fixtures.stores import SERVER as CLICKHOUSE
from tests.running import RunningServer, free_port, running_server

CONFIG = """
server: {{max_body_bytes: 5000000}}
storage: {{clickhouse: env:CLICKHOUSE, journal: {{max_bytes: 1048576, segment_bytes: 65536}}}}
telemetry: {{otlp: {{endpoint: "http://127.0.0.1:{collector}/v1/traces", headers: {{authorization: env:COLLECTOR}}}}}}
"""


class Collector:
    """Keeps what an exporter sends."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.trace_ids: set[str] = set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.keep({name.lower(): value for name, value in self.headers.items()}, body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def keep(self, headers: dict[str, str], body: bytes) -> None:
        self.headers.append(headers)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.trace_ids |= {span.trace_id.hex() for scope in resource.scope_spans for span in scope.spans}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Database:
    """A ClickHouse that can be taken away and brought back."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, str(CLICKHOUSE), str(self.folder), str(self.port)])

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """In its place, one that answers each statement with ClickHouse's own refusal."""
        self.kill()
        server = ThreadingHTTPServer(("127.0.0.1", self.port), Refusal)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            self.start()


class Refusal(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b"Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)"
        self.send_response(500)
        self.send_header("X-ClickHouse-Exception-Code", "241")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@dataclass
class Rig:
    server: RunningServer
    database: Database
    collector: Collector
    config: Path

    def ask(self, text: str) -> str:
        """The id of the trace of one answered request."""
        body = {"model": "fake/echo", "messages": [{"role": "user", "content": text}]}
        answer = self.server.client.post("/v1/chat/completions", json=body).raise_for_status()
        assert answer.json()["choices"][0]["message"]["content"] == text
        return answer.headers["x-tidegate-trace-id"]

    def health(self) -> dict[str, Any]:
        return self.server.client.get("/health").json()

    def stored(self, trace_id: str) -> int:
        """How many spans of this trace are stored."""
        answer = self.server.client.get(f"/api/v1/traces/{trace_id}")
        return len(answer.json()["spans"]) if answer.status_code == 200 else 0

    def span_counts(self, trace_ids: Collection[str]) -> list[int]:
        """The same of several that are among the newest thousand."""
        traces = self.server.client.get("/api/v1/traces", params={"limit": 1000}).json()["traces"]
        counts = {trace["trace_id"]: trace["span_count"] for trace in traces}
        return [counts.get(trace_id, 0) for trace_id in trace_ids]

    def reload(self) -> None:
        os.kill(self.server.process.pid, signal.SIGHUP)

    def page(self) -> str:
        return self.server.client.get("/judges", headers={"accept": "text/html"}).text


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    home = tmp_path_factory.mktemp("troubles")
    database, collector = Database(home / "clickhouse"), Collector()
    database.start()
    config = home / "tidegate.yaml"
    config.write_text(CONFIG.format(collector=collector.port))
    env = {
        "CLICKHOUSE": f"clickhouse://tidegate:rye%20bread@127.0.0.1:{database.port}/troubles",
        "COLLECTOR": "Bearer canary-3f",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    with running_server(home / "data", config=config, env=env) as server:
        yield Rig(server, database, collector, config)
    database.kill()


def until(holds: Callable[[], object]) -> None:
    """Wait until it holds. It hangs, and fails by the limit of a test, if it never does."""
    while not holds():
        time.sleep(0.1)


def test_a_second_endpoint_gets_every_span_with_the_headers_that_were_set(rig: Rig):
    asked = {rig.ask(f"for the collector {number}") for number in range(3)}
    until(lambda: asked <= rig.collector.trace_ids)
    assert {headers["authorization"] for headers in rig.collector.headers} == {"Bearer canary-3f"}
    assert {headers["content-type"] for headers in rig.collector.headers} == {"application/x-protobuf"}
    assert "canary-3f" not in rig.server.log.read_text()


def test_a_collector_that_is_gone_costs_no_answer_and_no_trace(rig: Rig):
    rig.collector.close()
    asked = [rig.ask(f"without the collector {number}") for number in range(5)]
    assert rig.span_counts(asked) == [1] * 5


def test_a_database_that_is_gone_costs_no_answer_and_no_trace(rig: Rig):
    rig.database.kill()
    asked = [rig.ask(f"without the database {number}") for number in range(40)]
    until(lambda: rig.health()["journal"]["last_error"])
    said = rig.health()
    assert (said["status"], said["journal"]["dropped"]) == ("degraded", 0)
    assert said["journal"]["pending"] >= 40
    assert rig.server.client.get("/traces").status_code == 503
    assert "Storage does not answer" in rig.page()
    assert "tidegate_storage_up 0.0" in rig.server.client.get("/metrics").text
    rig.database.start()
    until(lambda: rig.health()["journal"]["pending"] == 0)
    assert rig.span_counts(asked) == [1] * 40
    assert rig.health()["status"] == "ok"


def test_a_database_that_refuses_loses_nothing_and_no_request_waits_for_it(rig: Rig):
    asked, took = [], []
    with rig.database.refusing():
        until(lambda: "241" in (rig.health()["journal"]["last_error"] or "") or not asked.append(rig.ask("is it away?")))
        # For six seconds, in place of a minute: the writer's pauses have reached their longest by then, and a minute only has more of those.
        ends = time.monotonic() + 6
        while time.monotonic() < ends:
            began = time.monotonic()
            asked.append(rig.ask(f"refused {len(asked)}"))
            took.append(time.monotonic() - began)
            time.sleep(0.04)  # the journal is small
        assert rig.health()["journal"]["pending"] >= len(took)
    assert sorted(took)[len(took) // 2] < 0.25, "requests waited for the database"
    until(lambda: rig.health()["journal"]["pending"] == 0)
    assert rig.span_counts(asked) == [1] * len(asked)


def test_a_full_journal_keeps_the_oldest_counts_what_it_drops_and_says_so_while_answers_go_on(rig: Rig):
    rig.database.kill()
    asked: list[str] = []
    while not rig.health()["journal"]["dropped"]:
        asked.append(rig.ask(f"{len(asked)} " + "deep water " * 8000))
    asked += [rig.ask(f"beyond the limit {number} " + "deep water " * 8000) for number in range(3)]
    said = rig.health()
    assert (said["status"], said["journal"]["bytes"] <= said["journal"]["limit_bytes"]) == ("degraded", True)
    dropped = int(said["journal"]["dropped"])
    assert f"tidegate_journal_dropped_records_total {dropped}.0" in rig.server.client.get("/metrics").text
    assert f"{dropped} records were dropped" in rig.page()
    rig.database.start()
    until(lambda: rig.health()["journal"]["pending"] == 0)
    kept = rig.span_counts(asked)
    assert kept == sorted(kept, reverse=True), "the oldest are kept, the newest are missing"
    assert 0 < sum(kept) <= len(asked) - 3
    assert rig.stored(rig.ask("there is room again")) == 1


def test_a_reload_swaps_what_it_can_refuses_what_is_wrong_and_names_what_waits_for_a_restart(rig: Rig):
    before = rig.config.read_text()
    rig.config.write_text(before + "routes: [{name: tide, targets: [{model: fake/echo}]}]\n")
    rig.reload()
    until(lambda: "tide" in rig.server.client.get("/v1/models").text)

    rig.config.write_text(before + "rotues: []\n")  # and no signal: a changed file is noticed
    until(lambda: rig.health()["config_error"])
    assert "did you mean" in rig.health()["config_error"]
    assert "rotues" in rig.page()
    assert "tide" in rig.server.client.get("/v1/models").text

    rig.config.write_text(before.replace("1048576", "2097152").replace("5000000", "6000000"))
    rig.reload()
    until(lambda: rig.health()["restart_needed"])
    said = rig.health()
    assert (said["restart_needed"], said["config_error"]) == (["server.max_body_bytes", "storage.journal.max_bytes"], None)
    assert "storage.journal.max_bytes" in rig.page()
    assert "need a restart: server.max_body_bytes, storage.journal.max_bytes" in rig.server.log.read_text()

    rig.config.write_text(before)
    rig.reload()
    until(lambda: not rig.health()["restart_needed"])
    assert rig.health()["status"] in ("ok", "degraded")


def test_an_unknown_address_is_a_page_for_people_and_text_for_programs(rig: Rig):
    page = rig.server.client.get("/nowhere", headers={"accept": "text/html,*/*"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no page at this address" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert rig.server.client.get("/nowhere").headers["content-type"].startswith("text/plain")
    assert rig.server.client.get("/api/v1/nowhere", headers={"accept": "text/html"}).headers["content-type"] == "application/json"


def test_it_stops_although_its_collector_is_gone(rig: Rig):
    rig.ask("last words")
    assert rig.server.stop() == 0


@pytest.mark.parametrize(
    ("path", "accept", "told"), [("/api/v1/traces", "*/*", "store_unavailable"), ("/runs", "text/html", "Storage does not answer")]
)
def test_a_database_that_goes_away_in_the_midst_of_a_request_is_told_as_that(path, accept, told):
    @get(["/api/v1/traces", "/runs"])
    async def gone() -> None:
        raise TelemetryUnavailable("the store process has ended and is being started again")

    with TestClient(Litestar([gone], exception_handlers=EXCEPTION_HANDLERS)) as client:
        answer = client.get(path, headers={"accept": accept})
    assert answer.status_code == 503
    assert told in answer.text
