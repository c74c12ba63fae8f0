"""Implements what the pages ask for (``server.ui.services``) with the services of the server."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec

from evals.agreement import Agreement
from evals.service import JudgeService
from gateway.types import Origin
from registry.access.types import CALLER
from registry.artifacts.messages import FileInfo, ListArtifacts
from registry.artifacts.paths import artifact_path, folder_path, joined
from registry.artifacts.service import ArtifactService
from registry.artifacts.tree import ArtifactTree
from registry.evaluation_datasets.messages import Dataset, GetDataset, GetDatasetRecords, SearchEvaluationDatasets
from registry.runs.messages import GetRun
from registry.skills.content import SCHEME
from server.fleet import Targets
from server.services import Services
from server.ui.administration import Administration
from server.ui.datasets import DatasetExample, DatasetLine, DatasetRecords
from server.ui.playground import Played
from server.ui.registry import RegistryServices
from server.ui.services import (
    Facets,
    FacetValue,
    Judged,
    JudgeReport,
    TargetState,
    UiServices,
    UsageBy,
    UsageRow,
)
from server.ui.usage_chart import UsagePoint, UsageStep
from server.version import VERSION
from server.visible.calls import Calls
from tracing import results
from tracing.assessments import AssessmentStore
from tracing.prompt_scores_store import PromptScoreStore, VersionScores
from tracing.store import TraceStore
from tracing.times import milliseconds_text

__all__ = ("page_services",)

DATASETS: Final = 100
EXAMPLES: Final = 50
MOST_STEPS: Final = 1000
"""Thirty days have 720 hours."""

USER_HEADER: Final = b"x-tidegate-user-id"


class PageFigures:
    """Implements ``server.ui.services.Figures``."""

    def __init__(self, store: TraceStore, scores: PromptScoreStore) -> None:
        self._store = store
        self._scores = scores

    async def facets(self, since_ns: int | None = None, *, judges: bool = True) -> Facets:
        """Values to filter by."""
        return Facets(
            models=_values(await self._store.facet("model", since_ns, judges=judges)),
            prompts=_values(await self._store.facet("prompt", since_ns, judges=judges)),
            services=_values(await self._store.facet("service", since_ns, judges=judges)),
        )

    async def usage(self, since_ns: int, by: UsageBy = "model") -> Sequence[UsageRow]:
        """Figures by model, provider or route, the busiest first. Calls that went by no route are in no row of the routes."""
        rows = await self._store.usage("provider_model" if by == "model" else by, since_ns)
        return [_usage(row, by) for row in rows if by != "route" or row.value]

    async def over_time(self, since_ns: int, step: UsageStep) -> Sequence[UsagePoint]:
        """Figures of all models, step by step."""
        rows = await self._store.usage(step, since_ns, limit=MOST_STEPS)
        return [
            UsagePoint(at=_seconds(row.value), calls=row.calls, errors=row.errors, cost=row.cost, p95_ms=row.latency_ms[2]) for row in rows
        ]

    async def prompt_scores(self, name: str) -> VersionScores:
        """How the traces that used each version of a prompt were scored."""
        return await self._scores.of(name)


class PageJudges:
    """Implements ``server.ui.services.Judges``."""

    def __init__(self, judges: JudgeService, assessments: AssessmentStore) -> None:
        self._judges = judges
        self._assessments = assessments

    async def reports(self) -> Sequence[JudgeReport]:
        """Every judge, by name."""
        return [JudgeReport(judge=report.judge, stats=report.stats, trouble=report.trouble) for report in await self._judges.reports()]

    async def agreement(self, name: str) -> Agreement:
        """How far people agree with a judge."""
        return await self._judges.agreement(name)

    async def recent(self, name: str, limit: int) -> Sequence[Judged]:
        """What a judge did last, newest first, each with its verdict."""
        lines = await self._judges.recent(name, limit)
        found = await self._assessments.by_id([line.assessment_id for line in lines if line.assessment_id])
        return [Judged(judgement=line, assessment=found.get(line.assessment_id)) for line in lines]


class PageFiles:
    """Implements ``server.ui.services.RunFiles``."""

    def __init__(self, artifacts: ArtifactService, calls: Calls) -> None:
        self._artifacts = artifacts
        self._calls = calls

    async def list(self, run_id: str, folder: str) -> Sequence[FileInfo]:
        """A folder, by name."""
        found: ListArtifacts.Response = await self._calls.ask(ListArtifacts(run_id=run_id, path=folder))
        return found.files

    async def head(self, run_id: str, path: str, limit: int) -> tuple[int, bytes]:
        """The size of a file, and its first bytes."""
        await self._calls.ask(GetRun(run_id=run_id))  # who may read the run may read its files
        tree, place = await self._artifacts.file_of_run(run_id, path)
        return await _head(tree, place, limit)


class PageSkillFiles:
    """Implements ``server.ui.skill_files.SkillFiles``."""

    def __init__(self, artifacts: ArtifactService) -> None:
        self._tree = artifacts.own

    async def list(self, source: str, folder: str) -> Sequence[FileInfo]:
        """A folder, by name."""
        found = await self._tree.list(_place(source, folder_path(folder)))
        return [FileInfo(path=joined(folder, entry.name), is_dir=entry.is_folder, file_size=entry.size) for entry in found]

    async def head(self, source: str, path: str, limit: int) -> tuple[int, bytes]:
        """The size of a file, and its first bytes."""
        return await _head(self._tree, _place(source, artifact_path(path)), limit)

    def saved_at(self, source: str, path: str) -> str:
        """The address that a file is saved from."""
        return f"/api/2.0/mlflow-artifacts/artifacts/{quote(_place(source, path))}"


class PageDatasets:
    """Implements ``server.ui.services.Datasets``."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def list(self, page: str) -> tuple[Sequence[DatasetLine], str]:
        """A page of datasets, newest first, and the token of the next page."""
        asked = SearchEvaluationDatasets(max_results=DATASETS, page_token=page or None)
        found: SearchEvaluationDatasets.Response = await self._calls.ask(asked)
        return [_dataset(each) for each in found.datasets], found.next_page_token or ""

    async def show(self, dataset_id: str, page: str) -> DatasetRecords:
        """One dataset."""
        found: GetDataset.Response = await self._calls.ask(GetDataset(dataset_id=dataset_id))
        asked = GetDatasetRecords(dataset_id=dataset_id, max_results=EXAMPLES, page_token=page or None)
        records: GetDatasetRecords.Response = await self._calls.ask(asked)
        examples = [_example(each) for each in msgspec.json.decode(records.records, type=list[dict[str, Any]])]
        return DatasetRecords(dataset=_dataset(found.dataset), examples=examples, next_page=records.next_page_token or "")


class PagePlayground:
    """Implements ``server.ui.playground.Playground``, with the limits, guardrails, permissions and traces of any request."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def models(self) -> Sequence[str]:
        """Names that are known to be answered, routes first."""
        return self._services.gateway.models()

    async def send(self, body: bytes) -> Played:
        """Send a chat completion; its span names who is signed in."""
        caller, began = CALLER.get(), time.perf_counter()
        headers = [(USER_HEADER, caller.user.username.encode())] if caller and caller.user.username.isascii() else []
        answer = await self._services.gateway.complete(body, Origin(), headers=headers)
        return Played(
            status=answer.status,
            body=answer.body,
            trace_id=answer.trace_id,
            target=answer.target,
            took_ms=(time.perf_counter() - began) * 1000,
            input_tokens=answer.usage.input_tokens if answer.usage else None,
            output_tokens=answer.usage.output_tokens if answer.usage else None,
        )


def page_services(services: Services, calls: Calls) -> UiServices:
    """The services, as the pages see them."""
    return UiServices(
        traces=services.visible_traces,
        figures=PageFigures(
            services.visible_traces, PromptScoreStore(services.telemetry, services.telemetry.flush, services.scope_of_traces)
        ),
        assessments=services.assessments,
        prompts=services.visible_prompts,
        judges=PageJudges(services.judges, services.assessments),
        registry=RegistryServices(
            experiments=calls,
            runs=calls,
            histories=calls,
            artifacts=calls,
            logged_models=calls,
            models=services.visible_models,
            moves=services.visible_moves,
            lineage=services.lineage,
            ask=calls.ask,
        ),
        run_files=PageFiles(services.artifacts, calls),
        skill_files=PageSkillFiles(services.artifacts),
        datasets=PageDatasets(calls),
        administration=Administration(keys=services.keys, limits=services.limits, users=services.users, webhooks=services.webhooks),
        playground=PagePlayground(services),
        targets=lambda: target_states(services.targets()),
        people=services.sign_in,
        settings=lambda: services.settings,
        condition=services.condition,
        version=VERSION,
    )


def target_states(processes: Sequence[Targets | None]) -> list[TargetState]:
    """Each target of a route once. Where processes disagree, the worst state, and how many processes have it."""
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for targets in processes:
        for route, model, state, pending in targets or ():
            found.setdefault((route, model), []).append((state, pending))
    return [_target_state(*key, states) for key, states in found.items()]


def _target_state(route: str, model: str, found: Sequence[tuple[str, int]]) -> TargetState:
    states = [state for state, _ in found]
    worst = next((state for state in ("open", "half_open") if state in states), "closed")
    where = f" by {states.count(worst)} of {len(states)} processes" if len(states) > 1 and worst != "closed" else ""
    return TargetState(route, model, worst, sum(pending for _, pending in found), where)


async def _head(tree: ArtifactTree, path: str, limit: int) -> tuple[int, bytes]:
    size = (await tree.find(path)).size
    length = min(size, limit)
    return size, b"".join([piece async for piece in await tree.read(path, 0, length)]) if length else b""


def _place(source: str, path: str) -> str:
    """A path below the place of an upload, within the tree."""
    return joined(source.removeprefix(SCHEME), path)


def _values(found: Sequence[results.FacetValue]) -> list[FacetValue]:
    return [FacetValue(each.value, each.spans) for each in found]


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def _usage(row: results.UsageRow, by: UsageBy) -> UsageRow:
    provider, _, model = row.value.partition("/") if by == "model" else (row.value if by == "provider" else "", "", "")
    return UsageRow(
        provider=provider,
        model=model,
        route=row.value if by == "route" else "",
        calls=row.calls,
        errors=row.errors,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost=row.cost,
        latency_p50_ms=row.latency_ms[0],
        latency_p95_ms=row.latency_ms[2],
        ttft_p50_ms=row.ttft_ms[0],
    )


def _dataset(found: Dataset) -> DatasetLine:
    schema = msgspec.json.decode(found.schema or "{}", type=dict[str, Any])
    parts = ("inputs", "outputs", "expectations")
    return DatasetLine(
        dataset_id=found.dataset_id,
        name=found.name,
        records=msgspec.json.decode(found.profile or "{}", type=dict[str, int]).get("num_records", 0),
        experiments=found.experiment_ids,
        tags=msgspec.json.decode(found.tags or "{}", type=dict[str, str]),
        fields={part: list(schema[part]) for part in parts if isinstance(schema.get(part), dict) and schema[part]},
        created_by=found.created_by or "",
        updated_at=milliseconds_text(found.last_update_time * 1_000_000),
    )


def _example(record: Mapping[str, Any]) -> DatasetExample:
    return DatasetExample(
        inputs=_indented(record["inputs"]),
        expectations=_indented(record.get("expectations")),
        outputs=_indented(record.get("outputs")),
        trace_id=str(record.get("source_id", "")).removeprefix("tr-") if record.get("source_type") == "TRACE" else "",
        updated_at=milliseconds_text(record["last_update_time"] * 1_000_000),
    )


def _indented(value: Any) -> str:
    return "" if value in (None, {}) else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
