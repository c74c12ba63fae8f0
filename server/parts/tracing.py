"""Spans on their way in, and traces as everybody reads them."""

from server.budgets import SpendingHistory
from server.parts.ground import Ground
from server.version import VERSION
from tracing.assessments import AssessmentStore
from tracing.figures import Figures
from tracing.ingest import SpanSink
from tracing.properties_store import PropertyStore
from tracing.provider import SpanProvider, build_tracer_provider
from tracing.spending_store import SpendingStore
from tracing.store import TraceStore

__all__ = ("Tracing",)


class Tracing:
    """Nothing here runs by itself. ``tracers`` are shut down when the gateway has made its last span."""

    def __init__(self, ground: Ground) -> None:
        telemetry, flush, settings = ground.telemetry, ground.flush, ground.settings.telemetry
        self.sink = SpanSink(ground.journal, settings)
        self.figures = Figures()
        self.tracers: SpanProvider = build_tracer_provider(settings, self.sink, VERSION, self.figures)
        self.traces = TraceStore(telemetry, flush, settings)
        self.assessments = AssessmentStore(telemetry, ground.journal, flush)
        self.properties = PropertyStore(telemetry, ground.journal, flush)
        self.spending = SpendingHistory(SpendingStore(telemetry, flush))
