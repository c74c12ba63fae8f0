"""MLflow's messages of logged models. Fields stand in the order in which they are checked."""

from registry.runs.messages import Metric
from registry.wire import Int64, Message, RequiredText, WireEnum

__all__ = (
    "CreateLoggedModel",
    "DeleteLoggedModel",
    "DeleteLoggedModelTag",
    "FinalizeLoggedModel",
    "GetLoggedModel",
    "LogLoggedModelParamsRequest",
    "LoggedModel",
    "LoggedModelData",
    "LoggedModelInfo",
    "LoggedModelParameter",
    "LoggedModelStatus",
    "LoggedModelTag",
    "SearchLoggedModels",
    "SetLoggedModelTags",
)


class LoggedModelStatus(WireEnum):
    """Whether a model's files are there."""

    LOGGED_MODEL_STATUS_UNSPECIFIED = "LOGGED_MODEL_STATUS_UNSPECIFIED", 0
    LOGGED_MODEL_PENDING = "LOGGED_MODEL_PENDING", 1
    LOGGED_MODEL_READY = "LOGGED_MODEL_READY", 2
    LOGGED_MODEL_UPLOAD_FAILED = "LOGGED_MODEL_UPLOAD_FAILED", 3


class LoggedModelParameter(Message):
    """What the model was made with."""

    key: RequiredText
    value: str | None = None


class LoggedModelTag(Message):
    """What is said of a model."""

    key: RequiredText
    value: str | None = None


class LoggedModelInfo(Message):
    """The model itself. Times are in milliseconds."""

    model_id: str
    experiment_id: str
    name: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    artifact_uri: str
    status: LoggedModelStatus
    model_type: str | None = None
    source_run_id: str | None = None
    status_message: str | None = None
    tags: list[LoggedModelTag] = []


class LoggedModelData(Message):
    """What was logged to it; each metric says by which run, and on which dataset."""

    params: list[LoggedModelParameter] = []
    metrics: list[Metric] = []


class LoggedModel(Message):
    """A logged model."""

    info: LoggedModelInfo
    data: LoggedModelData


class CreateLoggedModel(Message):
    """Make a model whose files are still to come."""

    experiment_id: RequiredText
    name: str | None = None
    model_type: str | None = None
    source_run_id: str | None = None
    params: list[LoggedModelParameter] = []
    tags: list[LoggedModelTag] = []

    class Response(Message):
        """The model."""

        model: LoggedModel


class FinalizeLoggedModel(Message):
    """Say that the files are there, or will never be."""

    model_id: RequiredText
    status: LoggedModelStatus

    class Response(Message):
        """The model as it is now."""

        model: LoggedModel


class GetLoggedModel(Message):
    """Read a model."""

    model_id: RequiredText
    allow_deleted: bool | None = None

    class Response(Message):
        """The model."""

        model: LoggedModel


class DeleteLoggedModel(Message):
    """Hide a model."""

    model_id: RequiredText


class SetLoggedModelTags(Message):
    """Set tags; the last of one key counts."""

    model_id: RequiredText
    tags: list[LoggedModelTag] = []


class DeleteLoggedModelTag(Message):
    """Remove a tag."""

    model_id: RequiredText
    tag_key: RequiredText


class LogLoggedModelParamsRequest(Message):
    """Note params; the same value again is no error."""

    model_id: RequiredText
    params: list[LoggedModelParameter] = []


class SearchLoggedModels(Message):
    """Find models of some experiments."""

    class Dataset(Message):
        """Metrics on this dataset, of any digest where none is named."""

        dataset_name: str | None = None
        dataset_digest: str | None = None

    class OrderBy(Message):
        """An attribute, or ``metrics.key`` on a dataset."""

        field_name: RequiredText
        ascending: bool | None = None
        dataset_name: str | None = None
        dataset_digest: str | None = None

    experiment_ids: list[str]
    filter: str | None = None
    datasets: list[Dataset] = []
    max_results: Int64 | None = None
    order_by: list[OrderBy] = []
    page_token: str | None = None

    class Response(Message):
        """A page of models; a token when there are more."""

        models: list[LoggedModel] = []
        next_page_token: str | None = None
