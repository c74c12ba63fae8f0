"""The tables of what judges and people work with: scorers, evaluation datasets, label schemas, review queues, issues.

Times are milliseconds since the epoch, as MLflow's clients read them. Experiments are named by their number; who asks has looked it up.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKeyConstraint, Index, Integer, Table, Text

from storage.metadata_tables import metadata
from storage.metadata_types import Document

__all__ = (
    "dataset_experiments",
    "dataset_records",
    "dataset_tags",
    "evaluation_datasets",
    "issues",
    "label_schemas",
    "online_scoring_configs",
    "review_queue_items",
    "review_queues",
    "scorer_versions",
    "scorers",
)

scorers: Final = Table(
    "scorers",
    metadata,
    Column("scorer_id", Text, primary_key=True),
    Column("experiment_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("last_version", Integer, nullable=False),
    Index("ix_scorers_experiment_id_name", "experiment_id", "name", unique=True),
)

scorer_versions: Final = Table(
    "scorer_versions",
    metadata,
    Column("scorer_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("serialized", Text, nullable=False),
    Column("creation_time", BigInteger, nullable=False),
    ForeignKeyConstraint(["scorer_id"], ["scorers.scorer_id"], ondelete="CASCADE"),
)

# One for each scorer; whoever changes it gets a new id.
online_scoring_configs: Final = Table(
    "online_scoring_configs",
    metadata,
    Column("scorer_id", Text, primary_key=True),
    Column("config_id", Text, nullable=False),
    Column("experiment_id", Integer, nullable=False),
    Column("sample_rate", Double, nullable=False),
    Column("filter", Text),
    ForeignKeyConstraint(["scorer_id"], ["scorers.scorer_id"], ondelete="CASCADE"),
)

evaluation_datasets: Final = Table(
    "evaluation_datasets",
    metadata,
    Column("dataset_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("schema", Document),
    Column("digest", Text, nullable=False),
    Column("created_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    Column("created_by", Text),
    Column("last_updated_by", Text),
    Index(None, "name"),
)

dataset_tags: Final = Table(
    "dataset_tags",
    metadata,
    Column("dataset_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["dataset_id"], ["evaluation_datasets.dataset_id"], ondelete="CASCADE"),
)

dataset_experiments: Final = Table(
    "dataset_experiments",
    metadata,
    Column("dataset_id", Text, primary_key=True),
    Column("experiment_id", Integer, primary_key=True, autoincrement=False),
    ForeignKeyConstraint(["dataset_id"], ["evaluation_datasets.dataset_id"], ondelete="CASCADE"),
    Index(None, "experiment_id"),
)

# `input_hash` is the digest of the inputs: the same inputs again are the same record. `said` holds what a client may send beside them:
# outputs, expectations, tags, source.
dataset_records: Final = Table(
    "dataset_records",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("dataset_id", Text, nullable=False),
    Column("input_hash", Text, nullable=False),
    Column("inputs", Document, nullable=False),
    Column("said", Document, nullable=False),
    Column("created_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    Column("created_by", Text),
    Column("last_updated_by", Text),
    ForeignKeyConstraint(["dataset_id"], ["evaluation_datasets.dataset_id"], ondelete="CASCADE"),
    Index("ix_dataset_records_dataset_id_input_hash", "dataset_id", "input_hash", unique=True),
)

label_schemas: Final = Table(
    "label_schemas",
    metadata,
    Column("schema_id", Text, primary_key=True),
    Column("experiment_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("instruction", Text),
    Column("enable_comment", Boolean, nullable=False),
    Column("input", Document, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("created_by", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("last_updated_at", BigInteger, nullable=False),
    Index("ix_label_schemas_experiment_id_name", "experiment_id", "name", unique=True),
)

# `name_key` is the name in small letters: names that differ in capitals alone are one.
review_queues: Final = Table(
    "review_queues",
    metadata,
    Column("queue_id", Text, primary_key=True),
    Column("experiment_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("queue_type", Text, nullable=False),
    Column("created_by", Text),
    Column("users", Document, nullable=False),
    Column("schema_ids", Document, nullable=False),
    Column("creation_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    Index("ix_review_queues_experiment_id_name_key", "experiment_id", "name_key", unique=True),
)

review_queue_items: Final = Table(
    "review_queue_items",
    metadata,
    Column("queue_id", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("item_type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("completed_by", Text),
    Column("completed_time", BigInteger),
    Column("creation_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    ForeignKeyConstraint(["queue_id"], ["review_queues.queue_id"], ondelete="CASCADE"),
    Index(None, "item_id"),
)

issues: Final = Table(
    "issues",
    metadata,
    Column("issue_id", Text, primary_key=True),
    Column("experiment_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text),
    Column("root_causes", Document, nullable=False),
    Column("categories", Document, nullable=False),
    Column("details", Document, nullable=False),
    Column("source_run_id", Text),
    Column("created_by", Text),
    Column("last_updated_by", Text),
    Column("created_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    Column("last_seen_time", BigInteger),
    Index(None, "experiment_id"),
)
