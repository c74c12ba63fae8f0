"""Metrics by value: the runs that are best by one are read off the index."""

from alembic import op

revision = "0013_metric_index"
down_revision = "0001_prompts_and_judgements"
depends_on = "0002_runs"


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_latest_metrics_key_is_nan_value", "latest_metrics", ["key", "is_nan", "value"])
