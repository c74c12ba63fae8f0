"""Lineage over both databases: what MLflow's client writes, asked for from each end."""

import json

import httpx
import pytest
from litestar import Litestar

from registry.actor import Actor
from registry.lineage.routes import router
from registry.lineage.service import LineageService
from registry.logged_models.messages import CreateLoggedModel, LoggedModelTag, SetLoggedModelTags
from registry.logged_models.service import LoggedModelService
from registry.models.clock import now
from registry.models.registrar import Registrar
from registry.models.types import NewVersion, RegisteredModel
from registry.prompts.service import PromptService
from registry.runs.experiment_messages import CreateExperiment
from registry.runs.experiments import ExperimentService
from registry.runs.messages import CreateRun, RunTag
from registry.runs.service import RunService
from tracing.lineage_store import TraceLinks

TRACE, EVALUATED = "a" * 32, "b" * 32
AT = f"{now():%Y-%m-%d %H:%M:%S}"  # what is old is forgotten


async def _flush():
    pass


class Story:
    """A prompt, a run that used it and made a model, its version, a trace of the model, and an evaluation of another."""

    def __init__(self, metadata, telemetry):
        self.metadata = metadata
        self.telemetry = telemetry

    async def _run(self, experiment, **tags):
        given = [RunTag(key=key, value=value) for key, value in tags.items()]
        return (await self.runs.create(CreateRun(experiment_id=experiment, tags=given))).run.info.run_id

    async def tell(self):
        self.runs = RunService(self.metadata)
        experiment = (await ExperimentService(self.metadata).create(CreateExperiment(name="e"))).experiment_id
        await PromptService(self.metadata).create_version("greet_x", template="Hi")
        await PromptService(self.metadata).create_version("greetyx", template="Hi")
        linked = json.dumps([{"name": "greet_x", "version": "1"}])
        self.run = await self._run(experiment, **{"mlflow.linkedPrompts": linked})
        await self._run(experiment, **{"mlflow.linkedPrompts": json.dumps([{"name": "greetyx", "version": "1"}])})
        self.evaluation = await self._run(experiment, **{"mlflow.runType": "genai_evaluate"})
        models = LoggedModelService(self.metadata)
        self.model = (await models.create(CreateLoggedModel(experiment_id=experiment, source_run_id=self.run))).model.info.model_id
        tag = LoggedModelTag(key="mlflow.linkedPrompts", value="not JSON")
        await models.set_tags(SetLoggedModelTags(model_id=self.model, tags=[tag]))
        await self.metadata.run(self._register)
        await self._trace()

    def _register(self, connection):
        registrar, at = Registrar(), now()
        for name, source in (("ranker", f"models:/{self.model}"), ("copy", "models:/ranker/1")):
            registrar.create(connection, RegisteredModel(name=name, kind="model", created_at=at, updated_at=at))
            registrar.add_version(connection, NewVersion(name=name, source=source, run_id=self.run, model_id=self.model), at, Actor())

    async def _trace(self):
        span = {
            "span_id": "c" * 16,
            "start_time": AT,
            "end_time": AT,
            "is_root": True,
            "name": "answer",
        }
        spans = [
            {**span, "trace_id": TRACE, "model_id": self.model, "prompt_name": "greet_x", "prompt_version": "1"},
            {**span, "trace_id": EVALUATED, "run_id": self.evaluation},
        ]
        judged = {
            "name": "good",
            "kind": "FEEDBACK",
            "source_type": "HUMAN",
            "created_at": AT,
            "updated_at": AT,
        }
        judgements = [
            {**judged, "assessment_id": "a-1", "trace_id": TRACE},
            {**judged, "assessment_id": "a-2", "trace_id": EVALUATED, "metadata": {"mlflow.assessment.sourceRunId": self.evaluation}},
        ]
        said = [{"kind": "METADATA", "key": "mlflow.modelId", "trace_id": EVALUATED, "value": self.model, "version": 1}]
        for table, rows in (("spans", spans), ("assessments", judgements), ("trace_properties", said)):
            await self.telemetry.insert(table, "\n".join(map(json.dumps, rows)).encode(), token=table)


@pytest.fixture
async def story(metadata_any, telemetry):
    told = Story(metadata_any, telemetry)
    await told.tell()
    return told


@pytest.fixture
async def client(story):
    app = Litestar([router(LineageService(story.metadata, TraceLinks(story.telemetry, _flush)))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def _asked(client, of, **parameters):
    answer = await client.get("/api/v1/lineage", params={"of": of, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_each_end_leads_to_the_other(client, story):
    whole = {
        f"run:{story.run}",
        f"logged_model:{story.model}",
        "model_version:ranker/1",
        "model_version:copy/1",
        "prompt:greet_x/1",
        f"trace:{TRACE}",
        f"trace:{EVALUATED}",
        "judgement:a-1",
        "judgement:a-2",
        f"evaluation:{story.evaluation}",
    }
    down = await _asked(client, "prompt:greet_x/1", direction="down")
    assert {node["ref"] for node in down["nodes"]} == whole
    assert all(node["found"] for node in down["nodes"])
    assert {(node["kind"], node["label"]) for node in down["nodes"]} >= {
        ("trace", "answer"),
        ("judgement", "good"),
        ("prompt", "greet_x v1"),
    }
    up = await _asked(client, f"run:{story.evaluation}", direction="up")
    assert up["root"] == f"evaluation:{story.evaluation}"
    assert {node["ref"] for node in up["nodes"]} == whole - {f"trace:{TRACE}", "judgement:a-1"}
    edges = {(edge["source"], edge["relation"], edge["target"]) for edge in down["edges"]}
    assert edges >= {
        ("prompt:greet_x/1", "used", f"run:{story.run}"),
        (f"run:{story.run}", "produced", f"logged_model:{story.model}"),
        (f"logged_model:{story.model}", "registered", "model_version:ranker/1"),
        ("model_version:ranker/1", "copied", "model_version:copy/1"),
        (f"logged_model:{story.model}", "recorded", f"trace:{EVALUATED}"),
        (f"trace:{EVALUATED}", "evaluated", f"evaluation:{story.evaluation}"),
        ("judgement:a-2", "evaluated", f"evaluation:{story.evaluation}"),
    }
    judged = await _asked(client, f"trace:tr-{TRACE}", depth=1)
    assert {node["ref"] for node in judged["nodes"]} == {
        f"trace:{TRACE}",
        "judgement:a-1",
        "prompt:greet_x/1",
        f"logged_model:{story.model}",
    }
    assert judged["truncated"]
    for of, status, message in (
        ("cake:1", 400, "kinds are run"),
        ("prompt:greet_x", 400, "NAME/VERSION"),
        ("run:nothing", 404, "nothing that refers to it"),
    ):
        answer = await client.get("/api/v1/lineage", params={"of": of})
        assert answer.status_code == status
        assert message in answer.json()["error"]["message"]
    for wrong in ({"direction": "left"}, {"depth": 13}, {"limit": 0}, {"depth": "x"}):
        assert (await client.get("/api/v1/lineage", params={"of": "run:a", **wrong})).status_code == 400
