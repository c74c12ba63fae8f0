"""What an import reads from, whatever it is: everything of it, in an order in which it can be stored."""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from registry.imports.genai_types import DatasetRecord, EvaluationDataset, Scorer
from registry.imports.traces import Trace
from registry.imports.types import Experiment, History, LoggedModel, RegisteredModel, Run, Webhook

__all__ = ("Source", "SourceRefused", "Totals")


class SourceRefused(Exception):
    """What is to be imported cannot be read. The message says what was found and what to do."""


class Totals(msgspec.Struct, frozen=True):
    """How much there is to import; ``None`` where the source does not say beforehand."""

    experiments: int
    runs: int | None
    logged_models: int | None
    registered_models: int | None


class Source(Protocol):
    """Identifiers are those of the source. Methods raise ``SourceRefused``."""

    def totals(self) -> Totals:
        """How much there is of each kind, for a progress bar."""
        ...

    def experiments(self) -> Iterator[Experiment]:
        """All experiments, deleted ones included."""
        ...

    def runs(self, experiment_id: str) -> Iterator[list[Run]]:
        """The runs of an experiment in pages, deleted ones included."""
        ...

    def point_counts(self, run_ids: list[str]) -> dict[str, int] | None:
        """How many points each run has; ``None`` where only reading them tells."""
        ...

    def histories(self, run: Run) -> Iterator[History]:
        """The points of a run in pages."""
        ...

    def logged_models(self, experiment_id: str) -> Iterator[LoggedModel]:
        """The logged models of an experiment."""
        ...

    def traces(self, experiment_id: str) -> Iterator[list[Trace]]:
        """The traces of an experiment in pages."""
        ...

    def registered_models(self) -> Iterator[RegisteredModel]:
        """Registered models and prompts."""
        ...

    def scorers(self, experiment_id: str) -> Iterator[Scorer]:
        """The scorers of an experiment; a source that cannot say has none."""
        yield from ()

    def evaluation_datasets(self) -> Iterator[EvaluationDataset]:
        """Evaluation datasets without their records; a source that cannot say has none."""
        yield from ()

    def dataset_records(self, dataset_id: str) -> Iterator[list[DatasetRecord]]:
        """The records of a dataset in pages."""
        yield from ()

    def webhooks(self) -> Iterator[Webhook]:
        """Webhooks that were not deleted; a source that cannot say has none."""
        yield from ()
