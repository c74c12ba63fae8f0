"""Spans that come by OTLP with MLflow's headers go into the experiment that these name."""

import itertools
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from registry.access.checks import may
from registry.access.gatekeeper import DENIED
from registry.access.types import CALLER
from registry.errors import PermissionDenied, RegistryError
from registry.runs.checks import experiment_number
from registry.runs.experiments import active_experiment
from registry.runs.store import read_run
from registry.runs.types import Metadata
from registry.traces.identifiers import PREFIX
from registry.traces.saying import placed
from tracing.placement import EXPERIMENT_HEADER, Place, PlacementRefused
from tracing.properties import PropertyKind, TraceProperty
from tracing.properties_store import PropertyStore
from tracing.types import Span

__all__ = ("ExperimentPlacement",)

logger = logging.getLogger(__name__)
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
        return Place(str(number), await self._run(run_id) if run_id else None)

    def keep(self, place: Place, spans: Sequence[Span]) -> None:
        """See ``Placement.keep``."""
        fresh = {each: told for each, told in _told(place, spans).items() if _is_new(told, self._placed.get(each))}
        self._properties.put([each for trace_id, told in fresh.items() for each in _properties(trace_id, told)])
        self._placed.update(fresh)
        for trace_id in list(itertools.islice(self._placed, max(0, len(self._placed) - REMEMBERED))):
            del self._placed[trace_id]

    def saw(self, trace_id: str) -> bool:
        """Whether spans of a trace came in here lately."""
        return trace_id in self._placed

    async def check_unplaced(self, spans: Sequence[Span]) -> None:
        """See ``Placement.check_unplaced``."""
        caller = CALLER.get()
        if caller is None or caller.is_administrator:
            return
        for experiment in set((await self._places(spans)).values()):
            _check_allowed("trace", experiment)

    def refuse_unplaced(self, spans: Sequence[Span]) -> None:
        """See ``Placement.refuse_unplaced``."""
        if spans and all(span.trace_id in self._placed for span in spans):
            raise PlacementRefused(422, UNNAMED)

    async def _run(self, run_id: str) -> str | None:
        """A run that traces are linked to. As with MLflow's server, spans of one that is not there are stored without it."""
        run = await self._metadata.read(lambda connection: read_run(connection, run_id))
        if run is None:
            logger.warning("spans name a run that is not there: they are linked to none")
            return None
        _check_allowed("run", str(run.experiment_id))
        return run_id

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


def _check_allowed(kind: str, experiment_id: str) -> None:
    if not may("update", kind, experiment_id):
        raise PlacementRefused(PermissionDenied.status, {"error_code": PermissionDenied.error_code, "message": DENIED})


def _told(place: Place, spans: Sequence[Span]) -> dict[str, Place]:
    """Where traces belong; the run is that of those whose root is here, as MLflow has it."""
    rooted = {span.trace_id for span in spans if not span.parent_span_id}
    without = msgspec.structs.replace(place, run_id=None)
    return {span.trace_id: place if span.trace_id in rooted else without for span in spans}


def _is_new(told: Place, known: Place | None) -> bool:
    return known is None or told.experiment_id != known.experiment_id or told.run_id not in {None, known.run_id}


def _properties(trace_id: str, place: Place) -> list[TraceProperty]:
    run = [TraceProperty(trace_id, PropertyKind.RUN, place.run_id)] if place.run_id else []
    return [*placed(PREFIX + trace_id, place.experiment_id), *run]
