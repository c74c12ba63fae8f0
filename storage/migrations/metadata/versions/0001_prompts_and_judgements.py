"""Prompts, judges, the ledger of judgements.

A migration is written once: it repeats what the tables were then, and imports only the column types, which never change.
"""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Document, Moment, Money

revision = "0001_prompts_and_judgements"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    _prompts()
    _judges()


def _prompts() -> None:
    op.create_table(
        "prompts",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_prompts"),
    )
    op.create_table(
        "prompt_versions",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("variables", Document, nullable=False),
        sa.Column("config", Document, nullable=False, server_default="{}"),
        sa.Column("commit_message", sa.Text, nullable=False, server_default=""),
        sa.Column("created_by", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name="pk_prompt_versions"),
        sa.CheckConstraint("kind IN ('text', 'chat')", name=op.f("ck_prompt_versions_kind")),
        sa.CheckConstraint("version > 0", name=op.f("ck_prompt_versions_version")),
        sa.ForeignKeyConstraint(["name"], ["prompts.name"], name="fk_prompt_versions_prompts", ondelete="CASCADE"),
    )
    op.create_table(
        "prompt_aliases",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", "alias", name="pk_prompt_aliases"),
        sa.ForeignKeyConstraint(
            ["name", "version"],
            ["prompt_versions.name", "prompt_versions.version"],
            name="fk_prompt_aliases_prompt_versions",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "prompt_tags",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", "key", name="pk_prompt_tags"),
        sa.ForeignKeyConstraint(["name"], ["prompts.name"], name="fk_prompt_tags_prompts", ondelete="CASCADE"),
    )
    op.create_table(
        "prompt_version_tags",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", "version", "key", name="pk_prompt_version_tags"),
        sa.ForeignKeyConstraint(
            ["name", "version"],
            ["prompt_versions.name", "prompt_versions.version"],
            name="fk_prompt_version_tags_prompt_versions",
            ondelete="CASCADE",
        ),
    )


def _judges() -> None:
    op.create_table(
        "judge_versions",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("definition", Document, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name="pk_judge_versions"),
    )
    op.create_table(
        "judgements",
        sa.Column("judge_name", sa.Text, nullable=False),
        sa.Column("judge_version", sa.Text, nullable=False),
        sa.Column("trace_id", sa.Text, nullable=False),
        sa.Column("trace_revision", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("cost", Money),
        sa.Column("judge_trace_id", sa.Text, nullable=False, server_default=""),
        sa.Column("assessment_id", sa.Text, nullable=False, server_default=""),
        sa.Column("claimed_by", sa.Text, nullable=False, server_default=""),
        sa.Column("lease_expires_at", Moment),
        sa.Column("not_before", Moment),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("judge_name", "judge_version", "trace_id", "trace_revision", name="pk_judgements"),
        sa.CheckConstraint(
            "state IN ('queued', 'claimed', 'retry', 'scored', 'failed', 'sampled_out', 'superseded')", name=op.f("ck_judgements_state")
        ),
    )
    op.create_index("ix_judgements_judge_name_judge_version_state", "judgements", ["judge_name", "judge_version", "state"])
    op.create_index("ix_judgements_trace_id", "judgements", ["trace_id"])
    op.create_table(
        "judge_cursors",
        sa.Column("judge_name", sa.Text, nullable=False),
        sa.Column("judge_version", sa.Text, nullable=False),
        sa.Column("position", sa.Text, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("judge_name", "judge_version", name="pk_judge_cursors"),
    )
