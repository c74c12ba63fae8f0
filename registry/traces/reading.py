"""Traces, read: from all stores at once, by their names."""

from collections.abc import Sequence
from typing import Final

from registry.errors import ResourceDoesNotExist
from registry.runs import experiment_store
from registry.runs.types import Metadata
from registry.traces.identifiers import stored_id
from registry.traces.known import KnownTrace, trace_info
from registry.traces.messages import Trace, TraceInfoV3
from registry.traces.spans import otlp_span
from tracing.assessments import AssessmentStore
from tracing.properties import NOTHING_SAID
from tracing.properties_store import PropertyStore
from tracing.store import TraceStore
from tracing.task_group import task_group
from tracing.types import SpanView

__all__ = ("TraceReader", "not_found")

DEFAULT_ROOT = "mlflow-artifacts:/{}"
REMEMBERED: Final = 100_000
"""Traces that were announced last; the others are asked for."""


class TraceReader:
    """Raises ``TracingError`` and ``StorageError`` where a store does not answer."""

    def __init__(self, traces: TraceStore, properties: PropertyStore, assessments: AssessmentStore, metadata: Metadata) -> None:
        self._traces = traces
        self._properties = properties
        self._assessments = assessments
        self._metadata = metadata
        self._announced: dict[str, None] = {}

    def announce(self, stored: str) -> None:
        """Remember that this trace is known, so that what is said of it next need not wait until it is stored."""
        self._announced[stored] = None
        if len(self._announced) > REMEMBERED:
            del self._announced[next(iter(self._announced))]

    def forget(self, stored: Sequence[str]) -> None:
        """Note that these traces are being removed."""
        for each in stored:
            self._announced.pop(each, None)

    async def stored(self, trace_id: str) -> str:
        """What a trace that somebody knows is stored under. Raises ``ResourceDoesNotExist``."""
        stored = stored_id(trace_id)
        if stored not in self._announced and not await self._properties.knows(stored):
            raise not_found(trace_id)
        return stored

    async def known(self, stored: Sequence[str]) -> list[KnownTrace]:
        """What is known of these, in their order; those of which nothing is known are left out."""
        async with task_group() as group:
            said = group.create_task(self._properties.of_traces(stored))
            summaries = group.create_task(self._traces.summaries(stored))
            assessed = group.create_task(self._assessments.of_traces(stored))
        return [
            KnownTrace(
                trace_id=each,
                said=said.result().get(each, NOTHING_SAID),
                summary=summaries.result().get(each),
                assessments=assessed.result().get(each, []),
            )
            for each in dict.fromkeys(stored)
            if each in summaries.result() or "experiment_id" in said.result().get(each, NOTHING_SAID).info
        ]

    async def one(self, trace_id: str) -> KnownTrace:
        """One trace. Raises ``ResourceDoesNotExist``."""
        found = await self.known([stored_id(trace_id)])
        if not found:
            raise not_found(trace_id)
        return found[0]

    async def infos(self, traces: Sequence[KnownTrace]) -> list[TraceInfoV3]:
        """The messages of these traces, without spans."""
        roots = await self.artifact_roots({trace.experiment_id for trace in traces})
        return [trace_info(trace, lambda experiment_id: roots.get(experiment_id, DEFAULT_ROOT.format(experiment_id))) for trace in traces]

    async def whole(self, traces: Sequence[KnownTrace]) -> list[Trace]:
        """The same with spans."""
        infos = await self.infos(traces)
        spans = await self._traces.spans([trace.trace_id for trace in traces])
        return [
            Trace(trace_info=info, spans=[otlp_span(span) for span in spans.get(trace.trace_id, [])])
            for trace, info in zip(traces, infos, strict=True)
        ]

    async def spans(self, trace: KnownTrace) -> Sequence[SpanView]:
        """The spans of one trace."""
        return (await self._traces.spans([trace.trace_id])).get(trace.trace_id, [])

    async def artifact_roots(self, experiment_ids: set[str]) -> dict[str, str]:
        """The places of experiments' artifacts. Experiments that do not exist are absent."""
        numbers = [int(each) for each in experiment_ids if each.isdecimal()]
        rows = await self._metadata.read(lambda connection: [experiment_store.read_experiment(connection, number) for number in numbers])
        return {str(row.experiment_id): row.artifact_location for row in rows if row is not None}

    def complete(self, trace: KnownTrace) -> bool:
        """Whether all spans that its client counted are stored."""
        return trace.summary is not None and trace.summary.span_count >= trace.spans_expected


def not_found(trace_id: str) -> ResourceDoesNotExist:
    """The sentence for a trace that nobody knows."""
    return ResourceDoesNotExist(f"Trace with ID '{trace_id}' not found.")
