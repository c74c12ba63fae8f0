"""The tables of skills of agents: what they are called, and their versions.

Times are milliseconds since the epoch. ``latest``, ``status`` and ``source_type`` of a skill are those of the version that is its latest; whoever
changes a version settles them in the same transaction.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Integer, Table, Text, text

from storage.metadata_tables import EMPTY, metadata
from storage.metadata_types import Document

__all__ = ("skill_aliases", "skill_tags", "skill_version_tags", "skill_versions", "skills")

_OF_SKILL: Final = (["skill_id"], ["skills.id"])

# `last_version` only grows, so that the number of a deleted version is never given again.
skills: Final = Table(
    "skills",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("workspace", Text, nullable=False),
    Column("organization", Text, nullable=False, server_default=EMPTY),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("icons", Document),
    Column("search_text", Text, nullable=False),
    Column("last_version", Integer, nullable=False, server_default=text("0")),
    Column("latest", Integer),
    Column("status", Text),
    Column("source_type", Text),
    Column("created_by", Text),
    Column("last_updated_by", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("last_updated_at", BigInteger, nullable=False),
    Index("ix_skills_workspace_organization_name", "workspace", "organization", "name", unique=True),
)

skill_versions: Final = Table(
    "skill_versions",
    metadata,
    Column("skill_id", Integer, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("source_type", Text),
    Column("source", Text),
    Column("ref", Text),
    Column("subpath", Text),
    Column("digest", Text),
    Column("status", Text, nullable=False),
    Column("created_by", Text),
    Column("last_updated_by", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("last_updated_at", BigInteger, nullable=False),
    ForeignKeyConstraint(*_OF_SKILL, ondelete="CASCADE"),
)

skill_tags: Final = Table(
    "skill_tags",
    metadata,
    Column("skill_id", Integer, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(*_OF_SKILL, ondelete="CASCADE"),
)

skill_version_tags: Final = Table(
    "skill_version_tags",
    metadata,
    Column("skill_id", Integer, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(*_OF_SKILL, ondelete="CASCADE"),
)

skill_aliases: Final = Table(
    "skill_aliases",
    metadata,
    Column("skill_id", Integer, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    ForeignKeyConstraint(*_OF_SKILL, ondelete="CASCADE"),
)
