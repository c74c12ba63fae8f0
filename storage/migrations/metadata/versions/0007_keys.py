"""Virtual keys."""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Document, Moment

revision = "0007_keys"
down_revision = "0001_prompts_and_judgements"


def upgrade() -> None:
    """Create the table of keys."""
    op.create_table(
        "virtual_keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("team", sa.Text, nullable=False, server_default=""),
        sa.Column("user", sa.Text, nullable=False, server_default=""),
        sa.Column("routes", Document, nullable=False, server_default="[]"),
        sa.Column("models", Document, nullable=False, server_default="[]"),
        sa.Column("limits", Document, nullable=False, server_default="[]"),
        sa.Column("expires_at", Moment),
        sa.Column("disabled_at", Moment),
        sa.Column("revoked_at", Moment),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_virtual_keys"),
    )
    op.create_index("ix_virtual_keys_digest", "virtual_keys", ["digest"], unique=True)
    living = sa.text("revoked_at IS NULL")
    op.create_index("ix_virtual_keys_name", "virtual_keys", ["name"], unique=True, sqlite_where=living, postgresql_where=living)
