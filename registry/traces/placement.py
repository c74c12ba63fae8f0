"""Spans that come by OTLP with MLflow's headers go into the experiment that these name."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from registry.access.types import CALLER
from registry.errors import RegistryError
from registry.runs.checks import experiment_number
from registry.runs.experiments import active_experiment
from registry.runs.types import Metadata
from registry.traces.identifiers import PREFIX
from registry.traces.saying import placed
from tracing.placement import EXPERIMENT_HEADER, Place, PlacementRefused
from tracing.properties import PropertyKind, TraceProperty
from tracing.properties_store import PropertyStore
from tracing.types import Span

__all__ = ("ExperimentPlacement",)

REMEMBERED: Final = 100_000
UNNAMED: Final[Mapping[str, Any]] = {
    "detail": [
        {
            "type": "missing",
            "loc": ["header", EXPERIMENT_HEADER],
            "msg": f"Field required: these spans are stored in an experiment, so {EXPERIMENT_HEADER} must name it again",
        }
    ]
}


class ExperimentPlacement:
    """Implements ``tracing.placement.Placement``."""

    def __init__(self, metadata: Metadata, properties: PropertyStore) -> None:
        self._metadata = metadata
        self._properties = properties
        self._placed: dict[str, Place] = {}

    async def find(self, experiment_id: str, run_id: str | None, spans: Sequence[Span]) -> Place:
        """See ``Placement.find``."""
        if not spans:
            raise PlacementRefused(400, {"detail": "Invalid OpenTelemetry format - no spans found"})
        try:
            number = experiment_number(experiment_id)
            await self._metadata.read(lambda connection: active_experiment(connection, number))
        except RegistryError as error:
            raise PlacementRefused(error.status, {"error_code": error.error_code, "message": error.message}) from error
        _refuse_strangers(str(number), await self._places(spans))
        return Place(str(number), run_id)

    def keep(self, place: Place, spans: Sequence[Span]) -> None:
        """See ``Placement.keep``."""
        fresh = [trace_id for trace_id in dict.fromkeys(span.trace_id for span in spans) if self._placed.get(trace_id) != place]
        self._properties.put([each for trace_id in fresh for each in _properties(trace_id, place)])
        self._placed.update(dict.fromkeys(fresh, place))
        for trace_id in list(itertools.islice(self._placed, max(0, len(self._placed) - REMEMBERED))):
            del self._placed[trace_id]

    def refuse_unplaced(self, spans: Sequence[Span]) -> None:
        """See ``Placement.refuse_unplaced``."""
        if spans and all(span.trace_id in self._placed for span in spans):
            raise PlacementRefused(422, UNNAMED)

    async def _places(self, spans: Sequence[Span]) -> Mapping[str, str]:
        """Where traces are already. Whoever may not do everything must not take one from others, so for them what is stored is asked, too."""
        traces = {span.trace_id for span in spans}
        known = {each: self._placed[each].experiment_id for each in traces if each in self._placed}
        caller = CALLER.get()
        if caller is None or caller.is_administrator or len(known) == len(traces):
            return known
        return known | await self._properties.places(sorted(traces - known.keys()))


def _refuse_strangers(experiment_id: str, places: Mapping[str, str]) -> None:
    for trace_id, place in places.items():
        if place != experiment_id:
            message = f"Trace with ID '{PREFIX}{trace_id}' already exists in another experiment."
            raise PlacementRefused(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": message})


def _properties(trace_id: str, place: Place) -> list[TraceProperty]:
    run = [TraceProperty(trace_id, PropertyKind.RUN, place.run_id)] if place.run_id else []
    return [*placed(PREFIX + trace_id, place.experiment_id), *run]
