"""MLflow's messages of runs, metrics and what runs read and make. Fields stand in the order in which they are checked."""

from typing import Annotated

import msgspec

from registry.wire import Int64, Message, RequiredText, WireEnum

__all__ = (
    "CreateRun",
    "Dataset",
    "DatasetInput",
    "DatasetSummary",
    "DeleteRun",
    "DeleteTag",
    "GetMetricHistory",
    "GetMetricHistoryBulk",
    "GetMetricHistoryBulkInterval",
    "GetRun",
    "InputTag",
    "LogBatch",
    "LogInputs",
    "LogMetric",
    "LogModel",
    "LogOutputs",
    "LogParam",
    "Metric",
    "MetricWithRunId",
    "ModelInput",
    "ModelOutput",
    "Param",
    "RestoreRun",
    "Run",
    "RunData",
    "RunInfo",
    "RunInputs",
    "RunOutputs",
    "RunStatus",
    "RunTag",
    "SearchDatasets",
    "SearchRuns",
    "SetTag",
    "UpdateRun",
    "ViewType",
)

Most50000 = Annotated[int, msgspec.Meta(ge=-(2**31), le=50_000)]


class ViewType(WireEnum):
    """Which lifecycle stages a search looks at."""

    ACTIVE_ONLY = "ACTIVE_ONLY", 1
    DELETED_ONLY = "DELETED_ONLY", 2
    ALL = "ALL", 3


class RunStatus(WireEnum):
    """How far a run is."""

    RUNNING = "RUNNING", 1
    SCHEDULED = "SCHEDULED", 2
    FINISHED = "FINISHED", 3
    FAILED = "FAILED", 4
    KILLED = "KILLED", 5


class Metric(Message):
    """A point of a metric; of a run's data, the latest one. ``timestamp`` is in milliseconds."""

    key: RequiredText
    value: float
    timestamp: Int64
    step: Int64 | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    model_id: str | None = None
    run_id: str | None = None


class MetricWithRunId(Message):
    """A point in a history of several runs."""

    key: str
    value: float
    timestamp: int
    step: int
    run_id: str


class Param(Message):
    """A parameter of a run, which never changes."""

    key: RequiredText
    value: str | None = None


class RunTag(Message):
    """A tag of a run."""

    key: RequiredText
    value: str | None = None


class InputTag(Message):
    """What is said of a dataset's part in a run: ``mlflow.data.context`` is ``training``, for one."""

    key: RequiredText
    value: str


class Dataset(Message):
    """A dataset by name and digest; the same name and digest in one experiment are the same dataset."""

    name: RequiredText
    digest: RequiredText
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class DatasetInput(Message):
    """A dataset that a run read."""

    tags: list[InputTag] = []
    dataset: Dataset


class ModelInput(Message):
    """A logged model that a run read."""

    model_id: RequiredText


class ModelOutput(Message):
    """A logged model that a run made, at a step of its training."""

    model_id: RequiredText
    step: Int64


class RunInfo(Message):
    """The run itself. ``run_uuid`` is what old clients call ``run_id``."""

    run_id: str
    run_uuid: str
    run_name: str
    experiment_id: str
    user_id: str
    status: RunStatus
    start_time: int
    end_time: int | None = None
    artifact_uri: str
    lifecycle_stage: str


class RunData(Message):
    """Latest metrics, params and tags."""

    metrics: list[Metric] = []
    params: list[Param] = []
    tags: list[RunTag] = []


class RunInputs(Message):
    """What a run read."""

    dataset_inputs: list[DatasetInput] = []
    model_inputs: list[ModelInput] = []


class RunOutputs(Message):
    """What a run made."""

    model_outputs: list[ModelOutput] = []


class Run(Message):
    """A run and all that belongs to it, but its metrics' histories and its artifacts."""

    info: RunInfo
    data: RunData
    inputs: RunInputs
    outputs: RunOutputs | None = None


class CreateRun(Message):
    """Start a run."""

    experiment_id: str | None = None
    start_time: Int64 | None = None
    run_name: str | None = None
    user_id: str | None = None
    tags: list[RunTag] = []

    class Response(Message):
        """The run that was started."""

        run: Run


class UpdateRun(Message):
    """Change the status, the end or the name of a run."""

    older_names = {"run_uuid": "run_id"}

    run_id: RequiredText
    run_uuid: str | None = None
    end_time: Int64 | None = None
    status: RunStatus | None = None
    run_name: str | None = None

    class Response(Message):
        """The run as it is now."""

        run_info: RunInfo


class DeleteRun(Message):
    """Hide a run; ``RestoreRun`` brings it back."""

    run_id: RequiredText


class RestoreRun(Message):
    """Bring a deleted run back."""

    run_id: RequiredText


class GetRun(Message):
    """Read a run."""

    older_names = {"run_uuid": "run_id"}

    run_id: RequiredText
    run_uuid: str | None = None

    class Response(Message):
        """The run."""

        run: Run


class LogMetric(Message):
    """Add a point to a metric; the same point twice is one."""

    older_names = {"run_uuid": "run_id"}

    run_id: RequiredText
    run_uuid: str | None = None
    key: RequiredText
    value: float
    timestamp: Int64
    step: Int64 | None = None
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class LogParam(Message):
    """Note a param; the same value again is no error, another one is."""

    older_names = {"run_uuid": "run_id"}

    run_id: RequiredText
    run_uuid: str | None = None
    key: RequiredText
    value: str | None = None


class SetTag(Message):
    """Set a tag; ``mlflow.runName`` renames the run."""

    older_names = {"run_uuid": "run_id"}

    run_id: RequiredText
    run_uuid: str | None = None
    key: RequiredText
    value: str | None = None


class DeleteTag(Message):
    """Remove a tag."""

    run_id: RequiredText
    key: RequiredText


class LogBatch(Message):
    """Metrics, params and tags at once: all of them are stored, or none."""

    run_id: RequiredText
    metrics: list[Metric] = []
    params: list[Param] = []
    tags: list[RunTag] = []


class LogModel(Message):
    """Note a model in the tag ``mlflow.log-model.history``, as clients before 3.0 do."""

    run_id: RequiredText
    model_json: RequiredText


class LogInputs(Message):
    """Say which datasets and models a run reads."""

    run_id: RequiredText
    datasets: list[DatasetInput] = []
    models: list[ModelInput] = []


class LogOutputs(Message):
    """Say which models a run made."""

    run_id: RequiredText
    models: list[ModelOutput]


class SearchRuns(Message):
    """Find runs of some experiments."""

    experiment_ids: list[str] = []
    filter: str | None = None
    max_results: Most50000 | None = None
    order_by: list[str] = []
    run_view_type: ViewType | None = None
    page_token: str | None = None

    class Response(Message):
        """A page of runs; a token when there are more."""

        runs: list[Run] = []
        next_page_token: str | None = None


class GetMetricHistory(Message):
    """All points of a metric, or a page of them when ``max_results`` is given."""

    older_names = {"run_uuid": "run_id"}

    run_id: RequiredText
    run_uuid: str | None = None
    metric_key: RequiredText
    page_token: str | None = None
    max_results: Int64 | None = None

    class Response(Message):
        """Points by time, step and value."""

        metrics: list[Metric] = []
        next_page_token: str | None = None


class GetMetricHistoryBulk(Message):
    """Points of one metric of several runs, as MLflow's pages ask for them: ``run_id`` is repeated."""

    run_id: list[str] = []
    metric_key: str | None = None
    max_results: Int64 | None = None

    class Response(Message):
        """Points by run, time, step and value."""

        metrics: list[MetricWithRunId] = []


class GetMetricHistoryBulkInterval(Message):
    """As many points of one metric of several runs as fit a chart, between two steps or of all."""

    run_ids: list[str]
    metric_key: RequiredText
    start_step: Int64 | None = None
    end_step: Int64 | None = None
    max_results: Int64 | None = None

    class Response(Message):
        """Points by run, step, time and value; the first and the last of each run are always there."""

        metrics: list[MetricWithRunId] = []


class DatasetSummary(Message):
    """A dataset of an experiment, once for each context in which runs read it."""

    experiment_id: str
    name: str
    digest: str
    context: str | None = None


class SearchDatasets(Message):
    """The datasets that runs of some experiments read."""

    experiment_ids: list[str] = []

    class Response(Message):
        """Their summaries."""

        dataset_summaries: list[DatasetSummary] = []
