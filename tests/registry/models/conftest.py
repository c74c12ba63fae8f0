"""One registry of models for each kind of database, shared by all tests here: each takes names of its own."""

import asyncio
import itertools

import httpx
import pytest
from litestar import Litestar

import storage
from config.schema import StorageSettings
from registry.events import EventSink
from registry.logged_models.messages import CreateLoggedModel, GetLoggedModel
from registry.logged_models.service import LoggedModelService
from registry.models.alias_service import AliasService
from registry.models.endpoints import endpoints
from registry.models.model_service import RegisteredModelService
from registry.models.moves import Moves
from registry.models.registrar import Registrar
from registry.models.version_service import ModelVersionService
from registry.prompts.service import PromptService
from registry.runs.experiment_messages import CreateExperiment
from registry.runs.experiments import ExperimentService
from registry.runs.messages import CreateRun
from registry.runs.service import RunService
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints
from server.registry_adapters import TrackedLineage

_numbers = itertools.count(1)


class Told(EventSink):
    """What was published, in order."""

    def __init__(self):
        self.events = []
        self.whole = []

    def publish(self, connection, event):
        self.events.append((event.name, event.payload))
        self.whole.append(event)

    def of(self, name):
        return [(event, payload) for event, payload in self.events if payload.get("name") == name]


class World:
    """The registry behind MLflow's endpoints, and what a version can come from."""

    def __init__(self, metadata):
        self.metadata = metadata
        self.told = Told()
        self.moves = Moves(metadata)
        registrar = Registrar(self.told)
        self.prompts = PromptService(metadata, registrar=registrar, moves=self.moves)
        changed = self.prompts.forget
        self.app = with_endpoints(
            Litestar([]),
            Table(
                endpoints(
                    RegisteredModelService(metadata, registrar, changed),
                    ModelVersionService(metadata, registrar, TrackedLineage(), changed),
                    AliasService(metadata, registrar, self.moves, changed),
                )
            ),
            1_000_000,
        )
        self.experiments = ExperimentService(metadata)
        self.runs = RunService(metadata)
        self.logged_models = LoggedModelService(metadata)

    async def send(self, method, path, body):
        given = {"params": body} if method == "GET" else {"json": body}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://test") as client:
            return await client.request(method, f"/api/2.0/mlflow/{path}", **given)

    async def ask(self, method, path, **body):
        answer = await self.send(method, path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, method, path, **body):
        answer = await self.send(method, path, body)
        assert answer.status_code != 200, answer.text
        return answer.status_code, answer.json()["error_code"], answer.json()["message"]

    async def model(self, name, versions=0):
        await self.ask("POST", "registered-models/create", name=name)
        for _ in range(versions):
            await self.ask("POST", "model-versions/create", name=name, source="s3://bucket/m")
        return name

    async def run(self):
        experiment = await self.experiments.create(CreateExperiment(name=f"e{next(_numbers)}"))
        run = await self.runs.create(CreateRun(experiment_id=experiment.experiment_id))
        return run.run.info

    async def logged_model(self, run):
        made = await self.logged_models.create(CreateLoggedModel(experiment_id=run.experiment_id, source_run_id=run.run_id))
        return made.model.info

    async def tags_of(self, model_id):
        found = await self.logged_models.get(GetLoggedModel(model_id=model_id))
        return {tag.key: tag.value for tag in found.model.info.tags}


@pytest.fixture(scope="package", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def metadata_shared(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("models")
    url = request.getfixturevalue("postgresql_database") if request.param == "postgresql" else None
    opened = asyncio.run(storage.open_metadata(StorageSettings(path=str(home), metadata=url)))
    yield opened
    asyncio.run(opened.close())


@pytest.fixture
def world(metadata_shared):
    return World(metadata_shared)


@pytest.fixture
def name():
    return f"name{next(_numbers)}"
