"""What judges and people work with, as MLflow's client asks for it, on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from registry.evaluation_datasets.endpoints import endpoints as dataset_endpoints
from registry.evaluation_datasets.service import DatasetService
from registry.issues.endpoints import endpoints as issue_endpoints
from registry.issues.service import IssueService
from registry.reviews.endpoints import endpoints as review_endpoints
from registry.reviews.queues import ReviewQueueService
from registry.reviews.schemas import LabelSchemaService
from registry.runs.experiment_messages import CreateExperiment
from registry.runs.experiments import ExperimentService
from registry.scorers.endpoints import endpoints as scorer_endpoints
from registry.scorers.service import ScorerService
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints
from server.registry_adapters import AdministeredEndpoints
from storage.metadata import Metadata


@dataclass
class Client:
    http: AsyncClient
    experiment: str

    async def call(self, method: str, path: str, body: Any = None, *, status: int | None = 200, **query: Any) -> Any:
        answer = await self.http.request(method, f"/api/3.0/mlflow/{path}", json=body, params=query or None)
        assert status is None or answer.status_code == status, answer.text
        return answer.json()


class Counts:
    """Each issue has as many traces as its id has characters."""

    async def by_issue(self, issue_ids):
        return {each: len(each) for each in issue_ids}


@pytest.fixture
async def client(metadata_any: Metadata) -> AsyncIterator[Client]:
    made = await ExperimentService(metadata_any).create(CreateExperiment(name="shop"))
    table = Table(
        [
            *scorer_endpoints(ScorerService(metadata_any, AdministeredEndpoints()), {"chat", "talk"}.__contains__),
            *dataset_endpoints(DatasetService(metadata_any)),
            *issue_endpoints(IssueService(metadata_any, Counts())),
            *review_endpoints(LabelSchemaService(metadata_any), ReviewQueueService(metadata_any)),
        ]
    )
    app = with_endpoints(Litestar([], logging_config=None), table, 1_000_000)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as opened:
        yield Client(opened, made.experiment_id)
