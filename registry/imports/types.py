"""What travels from an importing command to the server. Times are milliseconds since the epoch."""

import msgspec

from registry.runs.metrics import Point
from registry.workspaces.scope import DEFAULT, prefix_of

__all__ = (
    "Counts",
    "Experiment",
    "Experiments",
    "Histories",
    "History",
    "LoggedModel",
    "LoggedModels",
    "ModelPoint",
    "Placed",
    "ReadDataset",
    "RegisteredModel",
    "RegisteredModels",
    "Run",
    "Runs",
    "Scope",
    "Version",
    "Webhook",
)


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment as it is there."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    creation_time: int
    last_update_time: int
    tags: dict[str, str] = {}
    workspace: str = DEFAULT


class Experiments(msgspec.Struct, frozen=True):
    """A request to store experiments."""

    experiments: list[Experiment]


class Placed(msgspec.Struct, frozen=True):
    """The numbers of experiments here, by their identifiers there. One of the same name in the same workspace is the same experiment."""

    experiments: dict[str, str]


class ReadDataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset that a run read."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None
    tags: dict[str, str] = {}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run with all but its histories and files. ``metrics`` are the latest points."""

    run_id: str
    experiment_id: str
    name: str
    user_id: str
    status: str
    start_time: int
    end_time: int | None
    deleted_time: int | None
    artifact_uri: str
    lifecycle_stage: str
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    metrics: list[Point] = []
    datasets: list[ReadDataset] = []
    model_inputs: list[str] = []
    model_outputs: list[tuple[str, int]] = []


class Runs(msgspec.Struct, frozen=True):
    """A request to store runs; their experiments are those of this server."""

    runs: list[Run]


class History(msgspec.Struct, frozen=True):
    """Points of one run."""

    run_id: str
    points: list[Point]


class Histories(msgspec.Struct, frozen=True):
    """A request to store points of runs that are here."""

    histories: list[History]


class ModelPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A metric of a logged model."""

    key: str
    value: float
    is_nan: bool
    timestamp: int
    step: int
    run_id: str
    dataset_name: str | None = None
    dataset_digest: str | None = None


class LoggedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A logged model with all but its files."""

    model_id: str
    experiment_id: str
    name: str
    model_type: str
    source_run_id: str
    status: str
    status_message: str | None
    artifact_location: str
    lifecycle_stage: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    metrics: list[ModelPoint] = []


class LoggedModels(msgspec.Struct, frozen=True):
    """A request to store logged models; their experiments are those of this server."""

    logged_models: list[LoggedModel]


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a registered model or of a prompt."""

    version: int
    stage: str
    description: str
    source: str
    storage_location: str
    run_id: str
    run_link: str
    created_by: str
    created_at: int
    updated_at: int
    tags: dict[str, str] = {}


class RegisteredModel(msgspec.Struct, frozen=True, kw_only=True):
    """A registered model, or a prompt, with all its versions."""

    name: str
    description: str
    created_at: int
    updated_at: int
    tags: dict[str, str] = {}
    aliases: dict[str, int] = {}
    versions: list[Version] = []
    workspace: str = DEFAULT

    @property
    def kept_name(self) -> str:
        """The name that it has here, where names of other workspaces are kept, too."""
        return prefix_of(self.workspace) + self.name


class RegisteredModels(msgspec.Struct, frozen=True):
    """A request to store registered models and prompts."""

    registered_models: list[RegisteredModel]


class Scope(msgspec.Struct, frozen=True):
    """What to count: everything that belongs to the named things."""

    run_ids: list[str] = []
    model_ids: list[str] = []
    names: list[str] = []


class Counts(msgspec.Struct, frozen=True):
    """How much there is; ``points_of`` is the number of points of each run that has any."""

    runs: int = 0
    params: int = 0
    tags: int = 0
    metrics: int = 0
    points: int = 0
    inputs: int = 0
    logged_models: int = 0
    registered_models: int = 0
    versions: int = 0
    aliases: int = 0
    points_of: dict[str, int] = {}


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook without its secret, which only the server that sealed it can read. ``events`` are (entity, action), in MLflow's words."""

    name: str
    description: str
    url: str
    events: list[tuple[str, str]]
