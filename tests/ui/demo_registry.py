"""Experiments, runs and models in memory: what the pages of the registry are looked at with. Names are hostile where they can be."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from registry.artifacts.messages import FileInfo, ListArtifacts, ListLoggedModelArtifacts
from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.lineage.types import Graph, GraphEdge, Node
from registry.logged_models.messages import (
    GetLoggedModel,
    LoggedModel,
    LoggedModelData,
    LoggedModelInfo,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
)
from registry.models.types import ModelVersion, Move, MovePage, Page, RegisteredModel
from registry.runs.experiment_messages import Experiment, GetExperiment, SearchExperiments
from registry.runs.messages import (
    Dataset,
    DatasetInput,
    GetMetricHistoryBulkInterval,
    GetRun,
    Metric,
    MetricWithRunId,
    ModelOutput,
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunOutputs,
    RunStatus,
    RunTag,
    SearchRuns,
)
from server.ui.registry import RegistryServices
from tests.ui.demo_catalog import MemoryCatalog
from tests.ui.demo_reviews import MemoryReviews

MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)
MILLIS = 1_793_534_400_000
HOSTILE = '<img src=x onerror=alert(1)> "quoted" & more'


def _run(number: int, status: RunStatus) -> Run:
    run_id = f"{number:032x}"
    tags = [RunTag(key="team", value=HOSTILE), RunTag(key="mlflow.note.content", value="Second try"), RunTag(key="mlflow.user", value="x")]
    return Run(
        info=RunInfo(
            run_id=run_id,
            run_uuid=run_id,
            run_name=HOSTILE if number == 1 else f"run-{number}",
            experiment_id="1",
            user_id="ada",
            status=status,
            start_time=MILLIS,
            end_time=MILLIS + 61_000 if status is RunStatus.FINISHED else None,
            artifact_uri=f"mlflow-artifacts:/1/{run_id}/artifacts",
            lifecycle_stage="active",
        ),
        data=RunData(
            metrics=[
                Metric(key="loss", value=0.25 * number, timestamp=MILLIS, step=9),
                Metric(key="auc", value=float("nan"), timestamp=MILLIS),
            ],
            params=[Param(key="depth", value=str(number)), Param(key="seed", value="7"), Param(key=HOSTILE, value=HOSTILE)],
            tags=[*tags, RunTag(key="mlflow.linkedPrompts", value='[{"name": "support", "version": "1"}]')],
        ),
        inputs=RunInputs(dataset_inputs=[DatasetInput(dataset=Dataset(name="clicks", digest="ab12", source_type="local", source="{}"))]),
        outputs=RunOutputs(model_outputs=[ModelOutput(model_id="m-1", step=0)]),
    )


class MemoryRuns:
    """Three runs of one experiment."""

    all = [_run(1, RunStatus.FINISHED), _run(2, RunStatus.FAILED), _run(3, RunStatus.RUNNING)]

    async def get(self, request: GetRun) -> GetRun.Response:
        for run in self.all:
            if run.info.run_id == request.run_id:
                return GetRun.Response(run=run)
        raise ResourceDoesNotExist(f"Run with id={request.run_id} not found")

    async def search(self, request: SearchRuns) -> SearchRuns.Response:
        if request.filter == "nonsense":
            raise InvalidParameterValue("Invalid clause(s) in filter string: 'nonsense'")
        return SearchRuns.Response(runs=[] if request.filter else self.all)


class MemoryExperiments:
    """One experiment."""

    one = Experiment(
        experiment_id="1",
        name=HOSTILE,
        artifact_location="mlflow-artifacts:/1",
        lifecycle_stage="active",
        last_update_time=MILLIS,
        creation_time=MILLIS,
    )

    async def get(self, request: GetExperiment) -> GetExperiment.Response:
        if request.experiment_id != "1":
            raise ResourceDoesNotExist(f"No Experiment with id={request.experiment_id} exists")
        return GetExperiment.Response(experiment=self.one)

    async def search(self, request: SearchExperiments) -> SearchExperiments.Response:
        return SearchExperiments.Response(experiments=[self.one])


class MemoryHistories:
    """Ten points, one of them no number."""

    async def get_bulk_interval(self, request: GetMetricHistoryBulkInterval) -> GetMetricHistoryBulkInterval.Response:
        points = [(step, float("nan") if step == 4 else 1 / (step + 1)) for step in range(10)] if request.metric_key == "loss" else []
        if request.metric_key == "final":
            points = [(7, 0.25)]
        return GetMetricHistoryBulkInterval.Response(
            metrics=[
                MetricWithRunId(key=request.metric_key, value=value, timestamp=MILLIS + step, step=step, run_id=run_id)
                for run_id in request.run_ids
                for step, value in points
            ]
        )


class MemoryArtifacts:
    """A folder and a file."""

    async def list_run(self, request: ListArtifacts) -> ListArtifacts.Response:
        if request.path == "../..":
            raise InvalidParameterValue("Invalid path")
        inside = f"{request.path}/" if request.path else ""
        files = [FileInfo(path=f"{inside}model", is_dir=True), FileInfo(path=f"{inside}{HOSTILE}.txt", is_dir=False, file_size=1234)]
        return ListArtifacts.Response(root_uri="mlflow-artifacts:/1", files=files)

    async def list_logged_model(self, request: ListLoggedModelArtifacts) -> ListLoggedModelArtifacts.Response:
        return ListLoggedModelArtifacts.Response(root_uri="mlflow-artifacts:/1", files=[FileInfo(path=HOSTILE, is_dir=True)])


class MemoryLoggedModels:
    """One."""

    async def get(self, request: GetLoggedModel) -> GetLoggedModel.Response:
        if request.model_id != "m-1":
            raise ResourceDoesNotExist(f"Logged model with ID '{request.model_id}' not found.")
        info = LoggedModelInfo(
            model_id="m-1",
            experiment_id="1",
            name=HOSTILE,
            creation_timestamp_ms=MILLIS,
            last_updated_timestamp_ms=MILLIS,
            artifact_uri="mlflow-artifacts:/1/models/m-1/artifacts",
            status=LoggedModelStatus.LOGGED_MODEL_READY,
            source_run_id=f"{1:032x}",
            tags=[LoggedModelTag(key="team", value=HOSTILE)],
        )
        metrics = [Metric(key="auc", value=0.9, timestamp=MILLIS, dataset_name=HOSTILE)]
        data = LoggedModelData(params=[LoggedModelParameter(key=HOSTILE, value=HOSTILE)], metrics=metrics)
        return GetLoggedModel.Response(model=LoggedModel(info=info, data=data))


class MemoryModels:
    """One model of two versions, and one without any."""

    versions_of = [
        ModelVersion(name="ranker", version=number, kind="model", stage=stage, description=HOSTILE, source="models:/m-1", run_id=f"{1:032x}", model_id="m-1", created_by="ada", created_at=MOMENT, updated_at=MOMENT, tags={"q": HOSTILE}, aliases=aliases)
        for number, stage, aliases in ((2, "Production", ["champion"]), (1, "Archived", []))
    ]  # fmt: skip
    all = [
        RegisteredModel(name="ranker", kind="model", description=HOSTILE, created_at=MOMENT, updated_at=MOMENT, aliases={"champion": 2}, latest_versions=versions_of),
        RegisteredModel(name="empty", kind="model", created_at=MOMENT, updated_at=MOMENT),
    ]  # fmt: skip

    async def search(self, filter: str | None = None, *, offset: int = 0, limit: int = 100) -> Page:
        if filter == "nonsense":
            raise InvalidParameterValue("Invalid clause(s) in filter string: 'nonsense'")
        return Page(models=[] if filter else self.all)

    async def model(self, name: str) -> RegisteredModel:
        for model in self.all:
            if model.name == name:
                return model
        raise ResourceDoesNotExist(f"Registered Model with name={name} not found")

    async def versions(self, name: str, limit: int = 100) -> list[ModelVersion]:
        return self.versions_of if name == "ranker" else []


class MemoryMoves:
    """A move that was made, and one that was refused."""

    async def log(self, name: str | None = None, cursor: int | None = None, limit: int = 100) -> MovePage:
        made = Move(
            kind="model",
            name="ranker",
            field="alias",
            alias="champion",
            version=2,
            before="1",
            after="2",
            actor="ada",
            reason=HOSTILE,
            at=MOMENT,
        )
        refused = Move(
            kind="model", name="ranker", field="stage", version=1, before="None", after="Production", refusal="gate: too weak", at=MOMENT
        )
        return MovePage(moves=[refused, made])


class MemoryLineage:
    """A run that made a model that became a version, and a trace that is not here."""

    async def graph(self, of, direction="both", *, depth=6, limit=300) -> Graph:
        nodes = [
            Node(str(of), "model_version", of.id, "ranker v2", found=True),
            Node(f"run:{1:032x}", "run", f"{1:032x}", HOSTILE, found=True),
            Node("logged_model:m-1", "logged_model", "m-1", "m-1", found=True),
            Node("trace:aa", "trace", "aa", "aa", found=False),
        ]
        edges = [
            GraphEdge(f"run:{1:032x}", "logged_model:m-1", "produced"),
            GraphEdge("logged_model:m-1", str(of), "registered"),
            GraphEdge("logged_model:m-1", "trace:aa", "recorded"),
        ]
        return Graph(str(of), nodes, edges, truncated=True)


def _ask(reviews: MemoryReviews, catalog: MemoryCatalog) -> Callable[[Any], Awaitable[Any]]:
    """Each message to whom it is for."""

    async def ask(message: Any) -> Any:
        of_catalog = type(message).__module__.startswith(("registry.mcp_servers", "registry.skills"))
        return await (catalog if of_catalog else reviews).ask(message)

    return ask


def make_registry(trace_ids: list[str] | None = None) -> RegistryServices:
    experiments = MemoryExperiments()
    return RegistryServices(
        experiments=experiments,
        runs=MemoryRuns(),
        histories=MemoryHistories(),
        artifacts=MemoryArtifacts(),
        logged_models=MemoryLoggedModels(),
        models=MemoryModels(),
        moves=MemoryMoves(),
        lineage=MemoryLineage(),
        ask=_ask(MemoryReviews(experiments, trace_ids or []), MemoryCatalog()),
    )
