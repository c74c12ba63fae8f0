"""Workspaces, and which experiments are in them."""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Moment

revision = "0012_workspaces"
down_revision = "0001_prompts_and_judgements"
depends_on = "0002_runs"


def upgrade() -> None:
    """Create the table, and let each workspace have its own names of experiments."""
    op.create_table(
        "workspaces",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("artifact_root", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_workspaces"),
    )
    op.add_column("experiments", sa.Column("workspace", sa.Text, nullable=False, server_default=sa.text("'default'")))
    op.drop_index("ix_experiments_name", "experiments")
    op.create_index("ix_experiments_workspace_name", "experiments", ["workspace", "name"], unique=True)
