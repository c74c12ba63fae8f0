"""What MLflow's client speaks to, over real stores: its endpoints of traces, and OTLP."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from config.schema import TelemetrySettings
from registry.artifacts.roots import ArtifactRoots
from registry.artifacts.routes import with_artifacts
from registry.artifacts.service import ArtifactService
from registry.artifacts.tree import ArtifactTree
from registry.artifacts.trees import Trees
from registry.runs.experiment_messages import CreateExperiment
from registry.runs.experiments import ExperimentService
from registry.traces.assessments import AssessmentService
from registry.traces.correlation import FilterCorrelation
from registry.traces.endpoints import endpoints
from registry.traces.files import SpanFiles
from registry.traces.metrics import TraceMetrics
from registry.traces.metrics_store import TraceFigures
from registry.traces.placement import ExperimentPlacement
from registry.traces.reading import TraceReader
from registry.traces.search_store import TraceFinder
from registry.traces.second_version import TraceServiceV2
from registry.traces.service import TraceService
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints
from storage.blobs import Blobs
from storage.metadata import Metadata
from storage.telemetry import Telemetry
from tests.tracing.conftest import DirectLog
from tracing import otlp_routes, routes
from tracing.assessments import AssessmentStore
from tracing.ingest import SpanSink
from tracing.properties_store import PropertyStore
from tracing.store import TraceStore

_numbers = count(1)
SECOND = 1_000_000_000
C = "c" * 32
BEGAN = 1_790_000_000 * SECOND


@dataclass
class Client:
    """Asks as MLflow's client does."""

    http: AsyncClient
    experiment: str
    sink: SpanSink
    assessments: AssessmentStore

    async def call(self, method: str, path: str, body: Any = None, *, status: int = 200, version: str = "3.0", **query: Any) -> Any:
        answer = await self.http.request(method, f"/api/{version}/mlflow/{path}", json=body, params=query or None)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def start(self, trace_id: str, **info: Any) -> dict[str, Any]:
        """Announce a trace."""
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": info.pop("experiment", self.experiment)}}
        known = {"trace_id": trace_id, "trace_location": place, "request_time": "2026-09-21T12:00:00Z", "state": "OK", **info}
        return (await self.call("POST", "traces", {"trace": {"trace_info": known}}))["trace"]["trace_info"]

    async def send(self, *spans: dict[str, Any], status: int = 200, **headers: str) -> Any:
        """Export spans."""
        named = headers or {"x-mlflow-experiment-id": self.experiment}
        answer = await self.http.post("/v1/traces", json={"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}, headers=named)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def find(self, filter: str | None = None, *order: str, **more: Any) -> list[str]:
        """Names of the traces that a search finds, in order."""
        found = await self.call("POST", "traces/search", {"locations": [self.place()], "filter": filter, "order_by": order, **more})
        return [trace["tags"]["mlflow.traceName"] for trace in found.get("traces", [])]

    async def upload(self, trace_id: str, *spans: dict[str, Any], experiment: str | None = None) -> None:
        """Store spans as a file beside a trace, as MLflow writes them."""
        path = f"{experiment or self.experiment}/traces/{trace_id}/artifacts/traces.json"
        answer = await self.http.put(f"/api/2.0/mlflow-artifacts/artifacts/{path}", json={"spans": list(spans)})
        assert answer.status_code == 200, answer.text

    def place(self) -> dict[str, Any]:
        return {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": self.experiment}}


def span(trace: str, name: str = "root", *, parent: str = "", milliseconds: int = 250, code: int = 1, **attributes: str) -> dict[str, Any]:
    """A span as MLflow's exporter writes it: each attribute is JSON text."""
    number = next(_numbers)
    return {
        "traceId": trace,
        "spanId": f"{number:016x}",
        "parentSpanId": parent,
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(BEGAN + number * SECOND),
        "endTimeUnixNano": str(BEGAN + number * SECOND + milliseconds * 1_000_000),
        "status": {"code": code},
        "attributes": [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in attributes.items()],
    }


def filed(trace: str, name: str = "root", *, parent: str | None = None, **attributes: Any) -> dict[str, Any]:
    """The same span as MLflow writes it to a file."""
    sent = span(trace, name)
    return {
        "trace_id": b64encode(bytes.fromhex(trace)).decode(),
        "span_id": b64encode(bytes.fromhex(sent["spanId"])).decode(),
        "parent_span_id": parent,
        "name": name,
        "start_time_unix_nano": int(sent["startTimeUnixNano"]),
        "end_time_unix_nano": int(sent["endTimeUnixNano"]),
        "events": [{"name": "exception", "time_unix_nano": BEGAN, "attributes": {"exception.type": "E"}}],
        "status": {"code": "STATUS_CODE_ERROR", "message": "no"},
        "attributes": {key.replace("__", "."): value for key, value in attributes.items()},
        "links": [{"trace_id": f"tr-{C}", "span_id": "1" * 16, "attributes": None}],
    }


@pytest.fixture
async def client(telemetry: Telemetry, metadata: Metadata, tmp_path: Path) -> AsyncIterator[Client]:
    log, one_at_a_time = DirectLog(), asyncio.Lock()

    async def flush() -> None:
        async with one_at_a_time:  # readers that come together wait for one another, as they do for the journal's writer
            await log.store(telemetry)

    settings = TelemetrySettings()
    sink, store, assessments = SpanSink(log, settings), TraceStore(telemetry, flush, settings), AssessmentStore(telemetry, log, flush)
    properties = PropertyStore(telemetry, log, flush)
    reader = TraceReader(store, properties, assessments, metadata)
    placement = ExperimentPlacement(metadata, properties)
    service = TraceService(metadata, reader, TraceFinder(telemetry, flush), properties, assessments, settings, placement.saw)
    older = TraceServiceV2(metadata, reader, service, properties)
    made = await ExperimentService(metadata).create(CreateExperiment(name="shop"))
    app = Litestar([otlp_routes.router(sink, placement), routes.router(store, assessments)], logging_config=None)
    whole = with_endpoints(
        app,
        Table(
            endpoints(
                service,
                older,
                FilterCorrelation(TraceFinder(telemetry, flush)),
                TraceMetrics(TraceFigures(telemetry, flush)),
                AssessmentService(reader, assessments),
            )
        ),
        1_000_000,
    )
    tree = ArtifactTree(Blobs.in_directory(tmp_path / "blobs"))
    files = SpanFiles(tree, reader, sink, placement)
    artifacts = ArtifactService(Trees(tree, {}), ArtifactRoots(metadata))
    async with AsyncClient(transport=ASGITransport(with_artifacts(whole, artifacts, files.stored)), base_url="http://test") as opened:
        yield Client(opened, made.experiment_id, sink, assessments)
