"""Experiments, runs and logged models behind their endpoints, over real databases: what a client sends, and what it gets."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from litestar import Litestar

import storage
from config.schema import StorageSettings
from registry.graphql import routes as graphql
from registry.logged_models.endpoints import endpoints as logged_model_endpoints
from registry.logged_models.service import LoggedModelService
from registry.models.alias_service import AliasService
from registry.models.endpoints import endpoints as model_endpoints
from registry.models.model_service import RegisteredModelService
from registry.models.moves import Moves
from registry.models.registrar import Registrar
from registry.models.version_service import ModelVersionService
from registry.runs.endpoints import endpoints as run_endpoints
from registry.runs.experiments import ExperimentService
from registry.runs.history import MetricHistory
from registry.runs.logging import RunLog
from registry.runs.points import PointLog
from registry.runs.service import RunService
from registry.wire import Endpoint
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints
from server.registry_adapters import TrackedLineage
from server.visible.calls import Calls
from storage.metadata import Metadata
from storage.telemetry import Telemetry
from tests.tracing.conftest import DirectLog

__all__ = ("Api", "Refused", "open_api", "points")

_numbers = count(1)


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status, self.code, self.message = status, body["error_code"], body["message"]


class Api:
    """Sends requests; answers are decoded, refusals raised. ``log`` is where points of metrics go."""

    def __init__(self, portal: BlockingPortal, client: httpx.AsyncClient, log: DirectLog, telemetry: Telemetry) -> None:
        self._portal, self._client, self.log, self.telemetry = portal, client, log, telemetry

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The answer to a query in GraphQL."""
        body = {"query": query, "variables": variables}
        return self._portal.call(lambda: self._client.post("/graphql", json=body)).json()

    def __call__(self, method: str, path: str, /, **fields: Any) -> dict[str, Any]:
        how = {"params": fields} if method == "GET" else {"json": fields}
        answer = self._portal.call(lambda: self._client.request(method, f"/api/2.0/mlflow/{path}", **how))
        if answer.status_code != 200:
            raise Refused(answer.status_code, answer.json())
        return answer.json()

    def get(self, path: str, /, **fields: Any) -> dict[str, Any]:
        return self("GET", path, **fields)

    def post(self, path: str, /, **fields: Any) -> dict[str, Any]:
        return self("POST", path, **fields)

    def experiment(self, **fields: Any) -> str:
        """The identifier of a new experiment."""
        return self.post("experiments/create", **{"name": f"experiment {next(_numbers)}", **fields})["experiment_id"]

    def run(self, experiment: str, **fields: Any) -> str:
        """The identifier of a new run; one starts a millisecond after the other."""
        fields = {"experiment_id": experiment, "start_time": next(_numbers), **fields}
        return self.post("runs/create", **fields)["run"]["info"]["run_id"]

    def read(self, run_id: str) -> dict[str, Any]:
        return self.get("runs/get", run_id=run_id)["run"]

    def found(self, experiment: str, filter: str = "", order: list[str] | None = None, **fields: Any) -> list[str]:
        """The names of runs that a search finds."""
        asked = {"experiment_ids": [experiment], "filter": filter, "order_by": order or [], **fields}
        return [run["info"]["run_name"] for run in self.post("runs/search", **asked).get("runs", [])]

    def history(self, run_id: str, key: str, **fields: Any) -> list[tuple[int, int, Any]]:
        """Points as (step, timestamp, value)."""
        return points(self.get("metrics/get-history", run_id=run_id, metric_key=key, **fields))

    def flush(self) -> None:
        self._portal.call(lambda: self.log.store(self.telemetry))


def _models(tables: Metadata) -> list[Endpoint[Any]]:
    def forget(name: str) -> None:
        """Nothing is remembered here."""

    registrar = Registrar()
    models = RegisteredModelService(tables, registrar, forget)
    versions = ModelVersionService(tables, registrar, TrackedLineage(), forget)
    return model_endpoints(models, versions, AliasService(tables, registrar, Moves(tables), forget))


def points(answer: dict[str, Any]) -> list[tuple[int, int, Any]]:
    return [(each["step"], each["timestamp"], each["value"]) for each in answer.get("metrics", [])]


@contextmanager
def open_api(metadata: StorageSettings, telemetry: StorageSettings) -> Iterator[Api]:
    """The endpoints over these databases, on an event loop of their own."""
    with start_blocking_portal() as portal:
        tables = portal.call(storage.open_metadata, metadata)
        points_store = portal.call(storage.open_telemetry, telemetry)
        log = DirectLog()
        points = PointLog(log, log)

        async def flush() -> None:
            await log.store(points_store)

        runs = run_endpoints(
            ExperimentService(tables), RunService(tables), RunLog(tables, points), MetricHistory(points_store, points, flush)
        )
        table = Table([*runs, *logged_model_endpoints(LoggedModelService(tables)), *_models(tables)])
        app = Litestar([graphql.router(Calls(table).ask)], openapi_config=None)
        transport = httpx.ASGITransport(with_endpoints(app, table, 2**20))
        client = httpx.AsyncClient(transport=transport, base_url="http://tidegate")
        yield Api(portal, client, log, points_store)
        portal.call(client.aclose)
        portal.call(points_store.close)
        portal.call(tables.close)
