"""Removes what was deleted, a part at a time: files and points first, rows last, so that what a kill leaves is found again."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection

from registry.artifacts.service import ArtifactService
from registry.garbage import store
from registry.garbage.points_store import delete_points
from registry.garbage.types import Collected, Doomed
from registry.imports.points_store import count_points
from registry.runs.types import Metadata, now_ms
from storage.telemetry import Telemetry
from tracing.barrier import settled

__all__ = ("GarbageService", "TracesOfExperiments")

PART: Final = 200
"""Runs or logged models that are removed for one request."""

TRACES: Final = 1000
COUNTED: Final = 1000


class TracesOfExperiments(Protocol):
    """Traces, by the experiment they are in."""

    async def older(self, experiment_id: str, milliseconds: int, limit: int | None) -> list[str]:
        """Traces that began by then, the oldest first."""
        ...

    async def erase(self, trace_ids: Sequence[str]) -> None:
        """Remove traces with all that is known of them."""
        ...


class GarbageService:
    """Methods raise the tree of ``registry.errors``, ``BlobsUnavailable`` and ``TelemetryUnavailable``: what was removed by then stays so."""

    def __init__(
        self,
        metadata: Metadata,
        telemetry: Telemetry,
        artifacts: ArtifactService,
        traces: TracesOfExperiments,
        flush: Callable[[], Awaitable[None]],
    ) -> None:
        self._metadata = metadata
        self._telemetry = telemetry
        self._artifacts = artifacts
        self._traces = traces
        self._flush = flush

    async def count(self, before: int) -> Collected:
        """How much was deleted by then, in milliseconds since the epoch."""

        def read(connection: Connection) -> tuple[list[Doomed], list[Doomed], list[Doomed]]:
            doomed = (store.doomed_runs, store.doomed_logged_models, store.doomed_experiments)
            runs, models, experiments = (find(connection, before) for find in doomed)
            return runs, models, experiments

        runs, models, experiments = await self._metadata.read(read)
        ids = [run.id for run in runs]
        parts = [ids[at : at + COUNTED] for at in range(0, len(ids), COUNTED)]
        points = [sum((await count_points(self._telemetry, part)).values()) for part in parts]
        traces = [len(await self._traces.older(each.id, now_ms(), None)) for each in experiments]
        return Collected(runs=len(runs), logged_models=len(models), experiments=len(experiments), points=sum(points), traces=sum(traces))

    async def collect(self, before: int) -> Collected:
        """Remove a part of what was deleted by then, milliseconds since the epoch."""
        await settled(self._flush)
        if runs := await self._metadata.read(lambda connection: store.doomed_runs(connection, before, PART)):
            return await self._remove_runs(runs)
        if models := await self._metadata.read(lambda connection: store.doomed_logged_models(connection, before, PART)):
            left = [each for each in models if not await self._artifacts.remove_of(each.location, each.id)]
            await self._metadata.run(lambda connection: store.delete_logged_models(connection, [each.id for each in models]))
            return Collected(logged_models=len(models), files_left=len(left), more=True)
        for experiment in await self._metadata.read(lambda connection: store.doomed_experiments(connection, before, 1)):
            return await self._remove_experiment(experiment)
        return Collected()

    async def _remove_runs(self, runs: Sequence[Doomed]) -> Collected:
        ids = [run.id for run in runs]
        points = await count_points(self._telemetry, ids)
        if points:
            await delete_points(self._telemetry, ids)
        left = [run for run in runs if not await self._artifacts.remove_of(run.location, run.id)]
        await self._metadata.run(lambda connection: store.delete_runs(connection, ids))
        return Collected(runs=len(runs), points=sum(points.values()), files_left=len(left), more=True)

    async def _remove_experiment(self, experiment: Doomed) -> Collected:
        """Remove an experiment's traces, a part at a time, and then the experiment."""
        if traces := await self._traces.older(experiment.id, now_ms(), TRACES):
            await self._traces.erase(traces)
            return Collected(traces=len(traces), more=True)
        removed = await self._artifacts.remove_of(experiment.location, experiment.id)
        await self._metadata.run(lambda connection: store.delete_experiment(connection, int(experiment.id)))
        return Collected(experiments=1, files_left=0 if removed else 1, more=True)
