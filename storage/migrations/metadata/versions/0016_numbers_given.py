"""The highest number that was given to an experiment that is removed for good: none is given twice."""

import sqlalchemy as sa
from alembic import op

revision = "0016_numbers_given"
down_revision = "0001_prompts_and_judgements"
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "numbers_given",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("highest", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_numbers_given"),
    )
