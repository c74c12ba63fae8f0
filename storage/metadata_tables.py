"""The tables of the metadata database. The migrations build the same; a test compares the two on both databases."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Table, Text, text

from storage.metadata_types import Document, Moment, Money

__all__ = (
    "EMPTY",
    "judge_cursors",
    "judge_versions",
    "judgements",
    "metadata",
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
"""The default of a column of text."""

schema_migrations: Final = Table(
    "schema_migrations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("checksum", Text, nullable=False),
    Column("applied_at", Moment, nullable=False),
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
