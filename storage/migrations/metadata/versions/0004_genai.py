"""Scorers, evaluation datasets, label schemas, review queues, issues."""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Document

revision = "0004_genai"
down_revision = "0001_prompts_and_judgements"


def upgrade() -> None:
    """Create their tables."""
    _scorers()
    _datasets()
    _reviews()
    _issues()


def _scorers() -> None:
    op.create_table(
        "scorers",
        sa.Column("scorer_id", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("last_version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("scorer_id", name="pk_scorers"),
    )
    op.create_index("ix_scorers_experiment_id_name", "scorers", ["experiment_id", "name"], unique=True)
    op.create_table(
        "scorer_versions",
        sa.Column("scorer_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("serialized", sa.Text, nullable=False),
        sa.Column("creation_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("scorer_id", "version", name="pk_scorer_versions"),
        sa.ForeignKeyConstraint(["scorer_id"], ["scorers.scorer_id"], name="fk_scorer_versions_scorers", ondelete="CASCADE"),
    )
    op.create_table(
        "online_scoring_configs",
        sa.Column("scorer_id", sa.Text, nullable=False),
        sa.Column("config_id", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Integer, nullable=False),
        sa.Column("sample_rate", sa.Double, nullable=False),
        sa.Column("filter", sa.Text),
        sa.PrimaryKeyConstraint("scorer_id", name="pk_online_scoring_configs"),
        sa.ForeignKeyConstraint(["scorer_id"], ["scorers.scorer_id"], name="fk_online_scoring_configs_scorers", ondelete="CASCADE"),
    )


def _datasets() -> None:
    op.create_table(
        "evaluation_datasets",
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("schema", Document),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("created_time", sa.BigInteger, nullable=False),
        sa.Column("last_update_time", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("last_updated_by", sa.Text),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_evaluation_datasets"),
    )
    op.create_index("ix_evaluation_datasets_name", "evaluation_datasets", ["name"])
    op.create_table(
        "dataset_tags",
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "key", name="pk_dataset_tags"),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["evaluation_datasets.dataset_id"], name="fk_dataset_tags_evaluation_datasets", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "dataset_experiments",
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "experiment_id", name="pk_dataset_experiments"),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["evaluation_datasets.dataset_id"], name="fk_dataset_experiments_evaluation_datasets", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_dataset_experiments_experiment_id", "dataset_experiments", ["experiment_id"])
    op.create_table(
        "dataset_records",
        sa.Column("record_id", sa.Text, nullable=False),
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("input_hash", sa.Text, nullable=False),
        sa.Column("inputs", Document, nullable=False),
        sa.Column("said", Document, nullable=False),
        sa.Column("created_time", sa.BigInteger, nullable=False),
        sa.Column("last_update_time", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("last_updated_by", sa.Text),
        sa.PrimaryKeyConstraint("record_id", name="pk_dataset_records"),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["evaluation_datasets.dataset_id"], name="fk_dataset_records_evaluation_datasets", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_dataset_records_dataset_id_input_hash", "dataset_records", ["dataset_id", "input_hash"], unique=True)


def _reviews() -> None:
    op.create_table(
        "label_schemas",
        sa.Column("schema_id", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("instruction", sa.Text),
        sa.Column("enable_comment", sa.Boolean, nullable=False),
        sa.Column("input", Document, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("schema_id", name="pk_label_schemas"),
    )
    op.create_index("ix_label_schemas_experiment_id_name", "label_schemas", ["experiment_id", "name"], unique=True)
    op.create_table(
        "review_queues",
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("queue_type", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("users", Document, nullable=False),
        sa.Column("schema_ids", Document, nullable=False),
        sa.Column("creation_time", sa.BigInteger, nullable=False),
        sa.Column("last_update_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("queue_id", name="pk_review_queues"),
    )
    op.create_index("ix_review_queues_experiment_id_name_key", "review_queues", ["experiment_id", "name_key"], unique=True)
    op.create_table(
        "review_queue_items",
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("item_type", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("completed_by", sa.Text),
        sa.Column("completed_time", sa.BigInteger),
        sa.Column("creation_time", sa.BigInteger, nullable=False),
        sa.Column("last_update_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("queue_id", "item_id", name="pk_review_queue_items"),
        sa.ForeignKeyConstraint(["queue_id"], ["review_queues.queue_id"], name="fk_review_queue_items_review_queues", ondelete="CASCADE"),
    )
    op.create_index("ix_review_queue_items_item_id", "review_queue_items", ["item_id"])


def _issues() -> None:
    op.create_table(
        "issues",
        sa.Column("issue_id", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("severity", sa.Text),
        sa.Column("root_causes", Document, nullable=False),
        sa.Column("categories", Document, nullable=False),
        sa.Column("details", Document, nullable=False),
        sa.Column("source_run_id", sa.Text),
        sa.Column("created_by", sa.Text),
        sa.Column("last_updated_by", sa.Text),
        sa.Column("created_time", sa.BigInteger, nullable=False),
        sa.Column("last_update_time", sa.BigInteger, nullable=False),
        sa.Column("last_seen_time", sa.BigInteger),
        sa.PrimaryKeyConstraint("issue_id", name="pk_issues"),
    )
    op.create_index("ix_issues_experiment_id", "issues", ["experiment_id"])
