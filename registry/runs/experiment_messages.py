"""MLflow's messages of experiments. Fields stand in the order in which they are checked."""

from registry.runs.messages import ViewType
from registry.wire import Int64, Message, RequiredText

__all__ = (
    "CreateExperiment",
    "DeleteExperiment",
    "DeleteExperimentTag",
    "Experiment",
    "ExperimentTag",
    "GetExperiment",
    "GetExperimentByName",
    "RestoreExperiment",
    "SearchExperiments",
    "SetExperimentTag",
    "UpdateExperiment",
)


class ExperimentTag(Message):
    """A tag of an experiment."""

    key: RequiredText
    value: str | None = None


class Experiment(Message):
    """Where runs are, and where their artifacts go. Times are in milliseconds."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    last_update_time: int
    creation_time: int
    tags: list[ExperimentTag] = []


class CreateExperiment(Message):
    """Make an experiment; its name is not taken, not even by a deleted one."""

    name: RequiredText
    artifact_location: str | None = None
    tags: list[ExperimentTag] = []

    class Response(Message):
        """Its identifier."""

        experiment_id: str


class SearchExperiments(Message):
    """Find experiments."""

    view_type: ViewType | None = None
    max_results: Int64 | None = None
    order_by: list[str] = []
    filter: str | None = None
    page_token: str | None = None

    class Response(Message):
        """A page of experiments; a token when there are more."""

        experiments: list[Experiment] = []
        next_page_token: str | None = None


class GetExperiment(Message):
    """Read an experiment, deleted or not."""

    experiment_id: RequiredText

    class Response(Message):
        """The experiment."""

        experiment: Experiment


class GetExperimentByName(Message):
    """Read an experiment by its name, deleted or not."""

    experiment_name: RequiredText

    class Response(Message):
        """The experiment."""

        experiment: Experiment


class DeleteExperiment(Message):
    """Hide an experiment and all its runs."""

    experiment_id: RequiredText


class RestoreExperiment(Message):
    """Bring a deleted experiment and its runs back."""

    experiment_id: RequiredText


class UpdateExperiment(Message):
    """Rename an experiment."""

    experiment_id: RequiredText
    new_name: RequiredText


class SetExperimentTag(Message):
    """Set a tag."""

    experiment_id: RequiredText
    key: RequiredText
    value: str | None = None


class DeleteExperimentTag(Message):
    """Remove a tag."""

    experiment_id: RequiredText
    key: RequiredText
