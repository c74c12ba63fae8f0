"""The tables of the metadata database. The migrations build the same; a test compares the two on both databases."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, MetaData, Table, Text, text

from storage.metadata_types import Document, Moment, Money

__all__ = (
    "judge_cursors",
    "judge_versions",
    "judgements",
    "metadata",
    "prompt_aliases",
    "prompt_tags",
    "prompt_version_tags",
    "prompt_versions",
    "prompts",
    "schema_migrations",
)

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

EMPTY: Final = text("''")

schema_migrations: Final = Table(
    "schema_migrations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("checksum", Text, nullable=False),
    Column("applied_at", Moment, nullable=False),
)

prompts: Final = Table(
    "prompts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("description", Text, nullable=False, server_default=EMPTY),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# `template` is the text itself, or for a chat prompt the JSON text of its messages; `config` says what is meant to answer it (`model`).
# Versions count from 1 and are never changed.
prompt_versions: Final = Table(
    "prompt_versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("variables", Document, nullable=False),
    Column("config", Document, nullable=False, server_default=text("'{}'")),
    Column("commit_message", Text, nullable=False, server_default=EMPTY),
    Column("created_by", Text, nullable=False, server_default=EMPTY),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("kind IN ('text', 'chat')", name="kind"),
    CheckConstraint("version > 0", name="version"),
    ForeignKeyConstraint(["name"], ["prompts.name"], ondelete="CASCADE"),
)

prompt_aliases: Final = Table(
    "prompt_aliases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
    ForeignKeyConstraint(["name", "version"], ["prompt_versions.name", "prompt_versions.version"], ondelete="CASCADE"),
)

prompt_tags: Final = Table(
    "prompt_tags",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["name"], ["prompts.name"], ondelete="CASCADE"),
)

prompt_version_tags: Final = Table(
    "prompt_version_tags",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["name", "version"], ["prompt_versions.name", "prompt_versions.version"], ondelete="CASCADE"),
)

# `definition` is all that decides a verdict; `version` is its digest.
judge_versions: Final = Table(
    "judge_versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("definition", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# The ledger of judging: one line for each version of a judge and revision of a trace, whoever runs it and however often.
judgements: Final = Table(
    "judgements",
    metadata,
    Column("judge_name", Text, primary_key=True),
    Column("judge_version", Text, primary_key=True),
    Column("trace_id", Text, primary_key=True),
    Column("trace_revision", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("reason", Text, nullable=False, server_default=EMPTY),
    Column("cost", Money),
    Column("judge_trace_id", Text, nullable=False, server_default=EMPTY),
    Column("assessment_id", Text, nullable=False, server_default=EMPTY),
    Column("claimed_by", Text, nullable=False, server_default=EMPTY),
    Column("lease_expires_at", Moment),
    Column("not_before", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("state IN ('queued', 'claimed', 'retry', 'scored', 'failed', 'sampled_out', 'superseded')", name="state"),
    Index(None, "judge_name", "judge_version", "state"),
    Index(None, "trace_id"),
)

# How far a judge has read the sealed traces.
judge_cursors: Final = Table(
    "judge_cursors",
    metadata,
    Column("judge_name", Text, primary_key=True),
    Column("judge_version", Text, primary_key=True),
    Column("position", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)
