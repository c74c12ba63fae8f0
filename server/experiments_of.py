"""The experiment of a run, a logged model or a trace. Each is looked up once, since it never changes."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection
from typing_extensions import override

from registry.access.requirements import Lookup
from registry.errors import ResourceDoesNotExist
from registry.evaluation_datasets import store as datasets
from registry.issues import store as issues
from registry.logged_models import store as logged_models
from registry.reviews import store as reviews
from registry.runs import store as runs
from registry.runs.types import Metadata
from registry.scorers import store as scorers
from registry.traces.messages import GetTraceInfoV3
from registry.traces.service import TraceService
from tracing.scope import DEFAULT_EXPERIMENT

__all__ = ("ExperimentsOf",)

REMEMBERED: Final = 10_000


class _InExperiment(Protocol):
    @property
    def experiment_id(self) -> int: ...


class ExperimentsOf(Lookup):
    """Implements ``Lookup``. Only what was found is remembered, since what is missing may come."""

    def __init__(self, metadata: Metadata, traces: TraceService) -> None:
        self._metadata = metadata
        self._traces = traces
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    @override
    async def of_run(self, run_id: str) -> str | None:
        """The experiment of a run."""

        def read(connection: Connection) -> str | None:
            run = runs.read_run(connection, run_id)
            return None if run is None else str(run.experiment_id)

        return await self._find("run", run_id, lambda: self._metadata.read(read))

    @override
    async def of_logged_model(self, model_id: str) -> str | None:
        """The experiment of a logged model."""

        def read(connection: Connection) -> str | None:
            model = logged_models.read_model(connection, model_id)
            return None if model is None else str(model.experiment_id)

        return await self._find("logged_model", model_id, lambda: self._metadata.read(read))

    @override
    async def of_trace(self, trace_id: str) -> str | None:
        """The experiment of a trace."""
        return await self._find("trace", trace_id, lambda: self._read_trace(trace_id))

    @override
    async def of_label_schema(self, schema_id: str) -> str | None:
        """The experiment of a question for reviewers."""
        return await self._find("label_schema", schema_id, lambda: self._row(lambda connection: reviews.read_schema(connection, schema_id)))

    @override
    async def of_review_queue(self, queue_id: str) -> str | None:
        """The experiment of a review queue."""
        return await self._find("review_queue", queue_id, lambda: self._row(lambda connection: reviews.read_queue(connection, queue_id)))

    @override
    async def of_issue(self, issue_id: str) -> str | None:
        """The experiment of an issue."""
        return await self._find("issue", issue_id, lambda: self._row(lambda connection: issues.read_issue(connection, issue_id)))

    @override
    async def of_scorer(self, scorer_id: str) -> str | None:
        """The experiment of a scorer."""
        return await self._find(
            "scorer", scorer_id, lambda: self._row(lambda connection: scorers.read_version_by_id(connection, scorer_id, None))
        )

    @override
    async def of_dataset(self, dataset_id: str) -> Sequence[str]:
        """All experiments of a dataset. Looked up every time, since a dataset may be added to more experiments later."""
        found = await self._metadata.read(lambda connection: datasets.read_experiments(connection, [dataset_id]))
        return found.get(dataset_id, [])

    async def _row(self, read: Callable[[Connection], _InExperiment | None]) -> str | None:
        row = await self._metadata.read(read)
        return None if row is None else str(row.experiment_id)

    async def _read_trace(self, trace_id: str) -> str | None:
        try:
            found = await self._traces.get_info(GetTraceInfoV3(trace_id=trace_id))
        except ResourceDoesNotExist:
            return None
        info = found.trace.trace_info
        place = info.trace_location.mlflow_experiment if info.trace_location else None
        return place.experiment_id if place else None

    async def _find(self, kind: str, name: str, read: Callable[[], Awaitable[str | None]]) -> str | None:
        if (known := self._known.get((kind, name))) is not None:
            return known
        found = await read()
        if found is not None and not (kind == "trace" and found == DEFAULT_EXPERIMENT):  # spans come before it is said where they belong
            self._known[kind, name] = found
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found
