"""What whoever asks may see of it all."""

from registry.lineage.service import LineageService
from server.parts.access import Access
from server.parts.ground import Ground
from server.parts.mlflow_traces import MlflowTraces
from server.parts.names import Names
from server.parts.tracing import Tracing
from server.visible.lineage import ReadableNodes, VisibleLineage
from server.visible.models import VisibleModels, VisibleMoves
from server.visible.prompts import VisiblePrompts
from server.visible.traces import VisibleTraces
from tracing.lineage_store import TraceLinks
from tracing.store import TraceStore

__all__ = ("Views",)


class Views:
    """Our own API and the pages read through these."""

    def __init__(self, ground: Ground, access: Access, tracing: Tracing, names: Names, traces: MlflowTraces) -> None:
        elsewhere = access.workspace_book.elsewhere
        self.scope_of_traces = VisibleTraces(elsewhere)
        self.traces = TraceStore(ground.telemetry, ground.flush, ground.settings.telemetry, self.scope_of_traces)
        self.prompts = VisiblePrompts(names.prompts, access.roles)
        self.models = VisibleModels(names.models)
        self.moves = VisibleMoves(names.moves)
        nodes = ReadableNodes(traces.experiments_of, self.traces, tracing.assessments, elsewhere)
        self.lineage = VisibleLineage(LineageService(ground.metadata, TraceLinks(ground.telemetry, ground.flush), nodes))
