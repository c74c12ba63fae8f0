"""The tables of experiments, runs and logged models. Times are milliseconds since the epoch, as MLflow's clients send them.

A run's table of metrics holds the latest value of each; all points of all metrics are in the telemetry database.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from storage.metadata_tables import EMPTY, metadata

__all__ = (
    "datasets",
    "experiment_tags",
    "experiments",
    "latest_metrics",
    "logged_model_metrics",
    "logged_model_params",
    "logged_model_tags",
    "logged_models",
    "numbers_given",
    "run_input_tags",
    "run_inputs",
    "run_model_inputs",
    "run_model_outputs",
    "run_params",
    "run_tags",
    "runs",
)

ACTIVE: Final = "lifecycle_stage IN ('active', 'deleted')"

experiments: Final = Table(
    "experiments",
    metadata,
    Column("experiment_id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("artifact_location", Text, nullable=False),
    Column("lifecycle_stage", Text, nullable=False),
    Column("creation_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    Column("workspace", Text, nullable=False, server_default=text("'default'")),
    CheckConstraint(ACTIVE, name="lifecycle_stage"),
    Index(None, "workspace", "name", unique=True),
)

# Of experiments that are removed for good. SQLite would give the number of the last one again.
numbers_given: Final = Table("numbers_given", metadata, Column("kind", Text, primary_key=True), Column("highest", Integer, nullable=False))

experiment_tags: Final = Table(
    "experiment_tags",
    metadata,
    Column("experiment_id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

runs: Final = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("experiment_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("user_id", Text, nullable=False, server_default=EMPTY),
    Column("status", Text, nullable=False),
    Column("start_time", BigInteger, nullable=False),
    Column("end_time", BigInteger),
    Column("deleted_time", BigInteger),
    Column("artifact_uri", Text, nullable=False),
    Column("lifecycle_stage", Text, nullable=False),
    CheckConstraint(ACTIVE, name="lifecycle_stage"),
    ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"], ondelete="CASCADE"),
    Index(None, "experiment_id", "start_time"),
)

run_params: Final = Table(
    "run_params",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["run_id"], ["runs.run_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

run_tags: Final = Table(
    "run_tags",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["run_id"], ["runs.run_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

# A value that is not a number has `is_nan`, and 0 in its place, so that it sorts the same in both databases.
latest_metrics: Final = Table(
    "latest_metrics",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Double, nullable=False),
    Column("is_nan", Boolean, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("step", BigInteger, nullable=False),
    ForeignKeyConstraint(["run_id"], ["runs.run_id"], ondelete="CASCADE"),
    Index(None, "key", "is_nan", "value"),
    sqlite_with_rowid=False,
)

datasets: Final = Table(
    "datasets",
    metadata,
    Column("dataset_id", Text, primary_key=True),
    Column("experiment_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("source_type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("schema", Text),
    Column("profile", Text),
    ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"], ondelete="CASCADE"),
    Index(None, "experiment_id", "name", "digest", unique=True),
)

run_inputs: Final = Table(
    "run_inputs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("dataset_id", Text, primary_key=True),
    ForeignKeyConstraint(["run_id"], ["runs.run_id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["dataset_id"], ["datasets.dataset_id"], ondelete="CASCADE"),
    Index(None, "dataset_id"),
    sqlite_with_rowid=False,
)

run_input_tags: Final = Table(
    "run_input_tags",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("dataset_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["run_id", "dataset_id"], ["run_inputs.run_id", "run_inputs.dataset_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

# Models that a run read or made. No foreign key: a run may name a model of another server.
run_model_inputs: Final = Table(
    "run_model_inputs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("model_id", Text, primary_key=True),
    ForeignKeyConstraint(["run_id"], ["runs.run_id"], ondelete="CASCADE"),
    Index(None, "model_id"),
    sqlite_with_rowid=False,
)

run_model_outputs: Final = Table(
    "run_model_outputs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("model_id", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    ForeignKeyConstraint(["run_id"], ["runs.run_id"], ondelete="CASCADE"),
    Index(None, "model_id"),
    sqlite_with_rowid=False,
)

logged_models: Final = Table(
    "logged_models",
    metadata,
    Column("model_id", Text, primary_key=True),
    Column("experiment_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("model_type", Text, nullable=False, server_default=EMPTY),
    Column("source_run_id", Text, nullable=False, server_default=EMPTY),
    Column("status", Text, nullable=False),
    Column("status_message", Text),
    Column("artifact_location", Text, nullable=False),
    Column("lifecycle_stage", Text, nullable=False),
    Column("creation_timestamp_ms", BigInteger, nullable=False),
    Column("last_updated_timestamp_ms", BigInteger, nullable=False),
    CheckConstraint(ACTIVE, name="lifecycle_stage"),
    ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"], ondelete="CASCADE"),
    Index(None, "experiment_id", "creation_timestamp_ms"),
    Index(None, "source_run_id"),
)

logged_model_params: Final = Table(
    "logged_model_params",
    metadata,
    Column("model_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["model_id"], ["logged_models.model_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

logged_model_tags: Final = Table(
    "logged_model_tags",
    metadata,
    Column("model_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["model_id"], ["logged_models.model_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

logged_model_metrics: Final = Table(
    "logged_model_metrics",
    metadata,
    Column("model_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("timestamp", BigInteger, primary_key=True, autoincrement=False),
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    Column("run_id", Text, primary_key=True),
    Column("value", Double, nullable=False),
    Column("is_nan", Boolean, nullable=False),
    Column("dataset_name", Text),
    Column("dataset_digest", Text),
    ForeignKeyConstraint(["model_id"], ["logged_models.model_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)
