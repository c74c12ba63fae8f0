"""Experiments, runs and logged models.

A migration is written once: it repeats what the tables were then.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0002_runs"
down_revision = "0001_prompts_and_judgements"


def upgrade() -> None:
    """Create the tables, and the experiment that runs are in when they name none."""
    _experiments()
    _runs()
    _inputs()
    _logged_models()
    _default_experiment()


def _experiments() -> None:
    op.create_table(
        "experiments",
        sa.Column("experiment_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("artifact_location", sa.Text, nullable=False),
        sa.Column("lifecycle_stage", sa.Text, nullable=False),
        sa.Column("creation_time", sa.BigInteger, nullable=False),
        sa.Column("last_update_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("experiment_id", name="pk_experiments"),
        sa.CheckConstraint("lifecycle_stage IN ('active', 'deleted')", name=op.f("ck_experiments_lifecycle_stage")),
    )
    op.create_index("ix_experiments_name", "experiments", ["name"], unique=True)
    op.create_table(
        "experiment_tags",
        sa.Column("experiment_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("experiment_id", "key", name="pk_experiment_tags"),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.experiment_id"], name="fk_experiment_tags_experiments", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False, server_default=""),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("start_time", sa.BigInteger, nullable=False),
        sa.Column("end_time", sa.BigInteger),
        sa.Column("deleted_time", sa.BigInteger),
        sa.Column("artifact_uri", sa.Text, nullable=False),
        sa.Column("lifecycle_stage", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
        sa.CheckConstraint("lifecycle_stage IN ('active', 'deleted')", name=op.f("ck_runs_lifecycle_stage")),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"], name="fk_runs_experiments", ondelete="CASCADE"),
    )
    op.create_index("ix_runs_experiment_id_start_time", "runs", ["experiment_id", "start_time"])
    op.create_table(
        "run_params",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "key", name="pk_run_params"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_run_params_runs", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_tags",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "key", name="pk_run_tags"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_run_tags_runs", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "latest_metrics",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("is_nan", sa.Boolean, nullable=False),
        sa.Column("timestamp", sa.BigInteger, nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "key", name="pk_latest_metrics"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_latest_metrics_runs", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )


def _inputs() -> None:
    op.create_table(
        "datasets",
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("source_type", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("schema", sa.Text),
        sa.Column("profile", sa.Text),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_datasets"),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"], name="fk_datasets_experiments", ondelete="CASCADE"),
    )
    op.create_index("ix_datasets_experiment_id_name_digest", "datasets", ["experiment_id", "name", "digest"], unique=True)
    op.create_table(
        "run_inputs",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "dataset_id", name="pk_run_inputs"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_run_inputs_runs", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.dataset_id"], name="fk_run_inputs_datasets", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_run_inputs_dataset_id", "run_inputs", ["dataset_id"])
    op.create_table(
        "run_input_tags",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "dataset_id", "key", name="pk_run_input_tags"),
        sa.ForeignKeyConstraint(
            ["run_id", "dataset_id"],
            ["run_inputs.run_id", "run_inputs.dataset_id"],
            name="fk_run_input_tags_run_inputs",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_model_inputs",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "model_id", name="pk_run_model_inputs"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_run_model_inputs_runs", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_run_model_inputs_model_id", "run_model_inputs", ["model_id"])
    op.create_table(
        "run_model_outputs",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("run_id", "model_id", "step", name="pk_run_model_outputs"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_run_model_outputs_runs", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_run_model_outputs_model_id", "run_model_outputs", ["model_id"])


def _logged_models() -> None:
    op.create_table(
        "logged_models",
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("model_type", sa.Text, nullable=False, server_default=""),
        sa.Column("source_run_id", sa.Text, nullable=False, server_default=""),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("status_message", sa.Text),
        sa.Column("artifact_location", sa.Text, nullable=False),
        sa.Column("lifecycle_stage", sa.Text, nullable=False),
        sa.Column("creation_timestamp_ms", sa.BigInteger, nullable=False),
        sa.Column("last_updated_timestamp_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("model_id", name="pk_logged_models"),
        sa.CheckConstraint("lifecycle_stage IN ('active', 'deleted')", name=op.f("ck_logged_models_lifecycle_stage")),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiments.experiment_id"], name="fk_logged_models_experiments", ondelete="CASCADE"),
    )
    op.create_index("ix_logged_models_experiment_id_creation_timestamp_ms", "logged_models", ["experiment_id", "creation_timestamp_ms"])
    op.create_index("ix_logged_models_source_run_id", "logged_models", ["source_run_id"])
    op.create_table(
        "logged_model_params",
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("model_id", "key", name="pk_logged_model_params"),
        sa.ForeignKeyConstraint(["model_id"], ["logged_models.model_id"], name="fk_logged_model_params_logged_models", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "logged_model_tags",
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("model_id", "key", name="pk_logged_model_tags"),
        sa.ForeignKeyConstraint(["model_id"], ["logged_models.model_id"], name="fk_logged_model_tags_logged_models", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "logged_model_metrics",
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("timestamp", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("step", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("is_nan", sa.Boolean, nullable=False),
        sa.Column("dataset_name", sa.Text),
        sa.Column("dataset_digest", sa.Text),
        sa.PrimaryKeyConstraint("model_id", "key", "timestamp", "step", "run_id", name="pk_logged_model_metrics"),
        sa.ForeignKeyConstraint(["model_id"], ["logged_models.model_id"], name="fk_logged_model_metrics_logged_models", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )


def _default_experiment() -> None:
    now = time.time_ns() // 1_000_000
    default = {
        "experiment_id": 0,
        "name": "Default",
        "artifact_location": "mlflow-artifacts:/0",
        "lifecycle_stage": "active",
        "creation_time": now,
        "last_update_time": now,
    }
    table: sa.TableClause = sa.table("experiments", *[sa.column(name) for name in default])
    op.bulk_insert(table, [default])
