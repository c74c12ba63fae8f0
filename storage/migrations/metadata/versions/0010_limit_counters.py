"""Counters of limits and budgets that outlive the process."""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Moment

revision = "0010_limit_counters"
down_revision = "0001_prompts_and_judgements"


def upgrade() -> None:
    """Create the table of counters."""
    op.create_table(
        "limit_counters",
        sa.Column("ceiling", sa.Text, nullable=False),
        sa.Column("window_start", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("window_end", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("ceiling", "window_start", "subject", name="pk_limit_counters"),
    )
    op.create_index("ix_limit_counters_window_end", "limit_counters", ["window_end"])
