"""Experiments, and what MLflow's clients keep in them beside traces."""

from registry.evaluation_datasets.service import DatasetService
from registry.imports.service import ImportService
from registry.issues.service import IssueService
from registry.logged_models.service import LoggedModelService
from registry.reviews.queues import ReviewQueueService
from registry.reviews.schemas import LabelSchemaService
from registry.runs.experiments import ExperimentService
from registry.runs.history import MetricHistory
from registry.runs.logging import RunLog
from registry.runs.points import PointLog
from registry.runs.service import RunService
from registry.scorers.service import ScorerService
from server.parts.access import Access
from server.parts.ground import Ground
from server.parts.tracing import Tracing
from server.registry_adapters import AdministeredEndpoints

__all__ = ("Tracking",)


class Tracking:
    """Each answers when it is asked; nothing runs by itself."""

    def __init__(self, ground: Ground, access: Access, tracing: Tracing) -> None:
        metadata, telemetry, flush = ground.metadata, ground.telemetry, ground.flush
        points = PointLog(ground.journal, telemetry)
        self.experiments = ExperimentService(metadata, ground.settings.artifacts.root)
        self.runs = RunService(metadata)
        self.run_log = RunLog(metadata, points)
        self.metric_history = MetricHistory(telemetry, points, flush)
        self.logged_models = LoggedModelService(metadata)
        self.scorers = ScorerService(metadata, AdministeredEndpoints())
        self.evaluation_datasets = DatasetService(metadata)
        self.label_schemas = LabelSchemaService(metadata)
        self.review_queues = ReviewQueueService(metadata)
        self.issues = IssueService(metadata, tracing.assessments)
        self.imports = ImportService(metadata, telemetry, points, flush, access.workspace_book.load)
