"""Traces as MLflow's clients see them."""

from registry.garbage.service import GarbageService
from registry.traces.assessments import AssessmentService
from registry.traces.correlation import FilterCorrelation
from registry.traces.files import SpanFiles
from registry.traces.metrics import TraceMetrics
from registry.traces.metrics_store import TraceFigures
from registry.traces.placement import ExperimentPlacement
from registry.traces.reading import TraceReader
from registry.traces.search_store import TraceFinder
from registry.traces.second_version import TraceServiceV2
from registry.traces.service import TraceService
from server.experiments_of import ExperimentsOf
from server.parts.files import Files
from server.parts.ground import Ground
from server.parts.tracing import Tracing

__all__ = ("MlflowTraces",)


class MlflowTraces:
    """``traces`` and ``second_version`` are two versions of one API; ``garbage`` removes what was deleted with its traces."""

    def __init__(self, ground: Ground, tracing: Tracing, files: Files) -> None:
        metadata, telemetry, flush = ground.metadata, ground.telemetry, ground.flush
        properties, assessments = tracing.properties, tracing.assessments
        reader = TraceReader(tracing.traces, properties, assessments, metadata)
        finder = TraceFinder(telemetry, flush)
        self.placement = ExperimentPlacement(metadata, properties)
        self.traces = TraceService(metadata, reader, finder, properties, assessments, ground.settings.telemetry, self.placement.saw)
        self.second_version = TraceServiceV2(metadata, reader, self.traces, properties)
        self.assessments = AssessmentService(reader, assessments)
        self.span_files = SpanFiles(files.artifacts.own, reader, tracing.sink, self.placement)
        self.filter_correlation = FilterCorrelation(finder)
        self.metrics = TraceMetrics(TraceFigures(telemetry, flush))
        self.experiments_of = ExperimentsOf(metadata, self.traces)
        self.garbage = GarbageService(metadata, telemetry, files.artifacts, self.traces, flush)
