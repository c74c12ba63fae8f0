"""Storing what an import sends: each thing once, under the identifier that it has where it comes from."""

from collections.abc import Awaitable, Callable

from sqlalchemy import Connection

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.evaluation_datasets.store import read_dataset
from registry.imports import genai_store, store
from registry.imports.genai_types import DatasetRecord, EvaluationDataset, GenaiCounts, GenaiScope, Scorer
from registry.imports.moves import is_kept
from registry.imports.points_store import count_points
from registry.imports.types import Counts, Experiment, History, LoggedModel, Placed, RegisteredModel, Run, Scope, Version
from registry.models.types import STAGES
from registry.prompts.texts import PROMPT_TAG, PromptText, is_prompt, is_reserved, text_of
from registry.runs import inputs_store
from registry.runs.messages import Dataset, DatasetInput, InputTag, RunStatus
from registry.runs.points import PointLog
from registry.runs.reading import find_run
from registry.runs.types import Metadata
from registry.workspaces.scope import DEFAULT
from registry.workspaces.store import read_workspace
from storage.telemetry import Telemetry

__all__ = ("ImportService",)

LOGGED_MODEL = "models:/m-"


class ImportService:
    """Methods raise the tree of ``registry.errors``; of a request that fails nothing is stored, and the same request again changes nothing.

    ``placed`` is called when experiments were put into other workspaces than the default one.
    """

    def __init__(
        self,
        metadata: Metadata,
        telemetry: Telemetry,
        points: PointLog,
        flush: Callable[[], Awaitable[None]],
        placed: Callable[[], Awaitable[None]],
    ) -> None:
        self._metadata = metadata
        self._telemetry = telemetry
        self._points = points
        self._flush = flush
        self._placed = placed

    async def experiments(self, experiments: list[Experiment]) -> Placed:
        """Store experiments. Returns the numbers that they have here."""

        def write(connection: Connection) -> dict[str, str]:
            return {each.experiment_id: str(_put_experiment(connection, each)) for each in experiments}

        numbers = await self._metadata.run(write)
        if any(each.workspace != DEFAULT for each in experiments):
            await self._placed()
        return Placed(numbers)

    async def runs(self, runs: list[Run]) -> None:
        """Store runs."""
        for run in runs:
            _check_one_of("status", run.status, tuple(RunStatus.__members__))

        def write(connection: Connection) -> None:
            for run in runs:
                store.put_run(connection, run)
                inputs_store.put_datasets(connection, int(run.experiment_id), run.run_id, _inputs(run))

        await self._metadata.run(write)

    async def histories(self, histories: list[History]) -> None:
        """Store points of runs that are here."""

        def check(connection: Connection) -> None:
            for history in histories:
                find_run(connection, history.run_id)

        await self._metadata.read(check)
        for history in histories:
            self._points.append(history.run_id, history.points)

    async def logged_models(self, models: list[LoggedModel]) -> None:
        """Store logged models."""

        def write(connection: Connection) -> None:
            for model in models:
                store.put_logged_model(connection, model)

        await self._metadata.run(write)

    async def registered_models(self, models: list[RegisteredModel]) -> None:
        """Store registered models and prompts with their versions."""

        def write(connection: Connection) -> None:
            for model in models:
                _put_registered_model(connection, model)

        await self._metadata.run(write)

    async def scorers(self, scorers: list[Scorer]) -> None:
        """Store scorers with their versions."""

        def write(connection: Connection) -> None:
            for scorer in scorers:
                genai_store.put_scorer(connection, scorer)

        await self._metadata.run(write)

    async def datasets(self, datasets: list[EvaluationDataset]) -> None:
        """Store evaluation datasets."""

        def write(connection: Connection) -> None:
            for dataset in datasets:
                genai_store.put_dataset(connection, dataset)

        await self._metadata.run(write)

    async def dataset_records(self, dataset_id: str, records: list[DatasetRecord]) -> None:
        """Store records of a dataset that is here."""

        def write(connection: Connection) -> None:
            if read_dataset(connection, dataset_id) is None:
                raise ResourceDoesNotExist(f"There is no evaluation dataset '{dataset_id}' here: send it before its records.")
            genai_store.put_records(connection, dataset_id, records)

        await self._metadata.run(write)

    async def genai_counts(self, scope: GenaiScope) -> GenaiCounts:
        """How much of these scorers and datasets is here."""
        named = [(int(experiment), name) for experiment, name in scope.scorers]
        return await self._metadata.read(lambda connection: genai_store.count(connection, named, scope.dataset_ids))

    async def counts(self, scope: Scope) -> Counts:
        """How much of what was named is here."""
        found = await self._metadata.read(lambda connection: store.count(connection, scope.run_ids, scope.model_ids, scope.names))
        await self._flush()
        points = await count_points(self._telemetry, scope.run_ids) if scope.run_ids else {}
        return Counts(**found, points=sum(points.values()), points_of=points)


def _put_experiment(connection: Connection, experiment: Experiment) -> int:
    _check_one_of("lifecycle_stage", experiment.lifecycle_stage, ("active", "deleted"))
    _check_workspace(connection, experiment.workspace)
    number = store.experiment_named(connection, experiment.workspace, experiment.name)
    if number is None:
        location = experiment.artifact_location if is_kept(experiment.artifact_location) else None
        number = store.put_experiment(connection, experiment, location)
    store.put_experiment_tags(connection, number, experiment.tags)
    return number


def _inputs(run: Run) -> dict[tuple[str, str], DatasetInput]:
    return {
        (each.name, each.digest): DatasetInput(
            tags=[InputTag(key=key, value=value) for key, value in each.tags.items()],
            dataset=Dataset(**{field: getattr(each, field) for field in each.__struct_fields__ if field != "tags"}),
        )
        for each in run.datasets
    }


def _put_registered_model(connection: Connection, model: RegisteredModel) -> None:
    kind = "prompt" if is_prompt(model.tags) else "model"
    _check_workspace(connection, model.workspace)
    known = store.kind_of(connection, model.kept_name)
    if known is not None and known != kind:
        raise InvalidParameterValue(f"The name '{model.name}' is that of a {known} here, and of a {kind} where it comes from. Rename one.")
    store.put_registered_model(connection, model, kind, {key: value for key, value in model.tags.items() if key != PROMPT_TAG})
    for version in model.versions:
        _check_one_of("stage", version.stage, STAGES)
        model_id = version.source.removeprefix("models:/") if version.source.startswith(LOGGED_MODEL) else ""
        words, tags = _words(model.name, version) if kind == "prompt" else (None, version.tags)
        store.put_version(connection, model.kept_name, version, model_id, tags, words)
    if unknown := sorted(set(model.aliases.values()) - {each.version for each in model.versions}):
        raise ResourceDoesNotExist(f"Aliases of '{model.name}' point at versions that did not come with it: {unknown}.")
    store.put_aliases(connection, model)


def _words(name: str, version: Version) -> tuple[PromptText, dict[str, str]]:
    words = text_of(name, version.tags)
    return words, {key: value for key, value in version.tags.items() if not is_reserved(key)}


def _check_workspace(connection: Connection, name: str) -> None:
    if name != DEFAULT and read_workspace(connection, name) is None:
        raise ResourceDoesNotExist(f"There is no workspace '{name}' here: make it before what is in it is sent.")


def _check_one_of(field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidParameterValue(f"The {field} '{value}' is none; allowed are: {', '.join(allowed)}.")
