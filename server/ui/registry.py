"""What the pages of runs and models ask for. ``server.pages`` passes the services in; tests pass whatever answers the same."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import msgspec

from registry.artifacts.messages import ListArtifacts, ListLoggedModelArtifacts
from registry.lineage.types import Direction, Graph, Ref
from registry.logged_models.messages import GetLoggedModel
from registry.models.types import ModelVersion, MovePage, Page, RegisteredModel
from registry.runs.experiment_messages import GetExperiment, SearchExperiments
from registry.runs.messages import GetMetricHistoryBulkInterval, GetRun, SearchRuns

__all__ = ("Artifacts", "Experiments", "Histories", "LineageSource", "LoggedModels", "Models", "Moves", "RegistryServices", "Runs")


class Experiments(Protocol):
    """``registry.runs.experiments.ExperimentService``."""

    async def get(self, request: GetExperiment) -> GetExperiment.Response:
        """One experiment."""
        ...

    async def search(self, request: SearchExperiments) -> SearchExperiments.Response:
        """A page of experiments."""
        ...


class Runs(Protocol):
    """``registry.runs.service.RunService``."""

    async def get(self, request: GetRun) -> GetRun.Response:
        """One run."""
        ...

    async def search(self, request: SearchRuns) -> SearchRuns.Response:
        """A page of runs."""
        ...


class Histories(Protocol):
    """``registry.runs.history.MetricHistory``."""

    async def get_bulk_interval(self, request: GetMetricHistoryBulkInterval) -> GetMetricHistoryBulkInterval.Response:
        """As many points of a metric as fit a chart."""
        ...


class Artifacts(Protocol):
    """``registry.artifacts.service.ArtifactService``."""

    async def list_run(self, request: ListArtifacts) -> ListArtifacts.Response:
        """A folder of a run."""
        ...

    async def list_logged_model(self, request: ListLoggedModelArtifacts) -> ListLoggedModelArtifacts.Response:
        """A folder of a logged model."""
        ...


class LoggedModels(Protocol):
    """``registry.logged_models.service.LoggedModelService``."""

    async def get(self, request: GetLoggedModel) -> GetLoggedModel.Response:
        """One logged model."""
        ...


class Models(Protocol):
    """``registry.models.reader.ModelReader``."""

    async def search(self, filter: str | None = None, *, offset: int = 0, limit: int = 100) -> Page:
        """A page of models."""
        ...

    async def model(self, name: str) -> RegisteredModel:
        """One model."""
        ...

    async def versions(self, name: str, limit: int = 100) -> Sequence[ModelVersion]:
        """Its newest versions, newest first."""
        ...


class Moves(Protocol):
    """``registry.models.moves.Moves``."""

    async def log(self, name: str | None = None, cursor: int | None = None, limit: int = 100) -> MovePage:
        """What moved, newest first."""
        ...


class LineageSource(Protocol):
    """``registry.lineage.service.LineageService``."""

    async def graph(self, of: Ref, direction: Direction = "both", *, depth: int = 6, limit: int = 300) -> Graph:
        """What something came from and what came of it."""
        ...


class RegistryServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of the registry, as pages ask them. They raise the tree of ``registry.errors``."""

    experiments: Experiments
    runs: Runs
    histories: Histories
    artifacts: Artifacts
    logged_models: LoggedModels
    models: Models
    moves: Moves
    lineage: LineageSource
    ask: Callable[[Any], Awaitable[Any]]
    """Gives the answer of MLflow's endpoints to one of their messages, in the name of whoever asks."""
