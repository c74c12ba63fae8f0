"""Spans that are sent into an experiment: MLflow's client names one in a header, and reads the answers of its own server."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from tracing.types import Span

__all__ = ("EXPERIMENT_HEADER", "RUN_HEADER", "Place", "Placement", "PlacementRefused")

EXPERIMENT_HEADER: Final = "x-mlflow-experiment-id"
RUN_HEADER: Final = "x-mlflow-run-id"


class PlacementRefused(Exception):
    """The spans cannot go there. ``body`` is what the client reads."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


class Place(msgspec.Struct, frozen=True):
    """Where spans go: an experiment that is there, and perhaps a run."""

    experiment_id: str
    run_id: str | None


class Placement(Protocol):
    """Places spans in experiments."""

    async def find(self, experiment_id: str, run_id: str | None, spans: Sequence[Span]) -> Place:
        """The place of a request. Raises ``PlacementRefused``."""
        ...

    def keep(self, place: Place, spans: Sequence[Span]) -> None:
        """Write down that the traces of these spans belong there. Raises ``JournalFull``."""
        ...

    async def check_unplaced(self, spans: Sequence[Span]) -> None:
        """Raise ``PlacementRefused`` for spans that name no experiment, of traces in one that whoever sends them may not write to."""
        ...

    def refuse_unplaced(self, spans: Sequence[Span]) -> None:
        """Raise ``PlacementRefused`` for spans that were stored in an experiment before, and now come without naming one."""
        ...
