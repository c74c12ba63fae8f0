"""The tables of skills of agents: what they are called, and their versions.

``latest``, ``status`` and ``source_type`` of a skill are those of the version that is its latest; whoever changes a version settles them in
the same transaction.
"""

from typing import Final

from sqlalchemy import Column, Index, Integer, Table, Text, text

from storage.metadata_tables import EMPTY, metadata
from storage.metadata_types import Document
from storage.versioned_tables import changed_columns, of_thing, versioned_tables

__all__ = ("SKILLS", "skill_versions", "skills")

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
    *changed_columns(),
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
    *changed_columns(),
    of_thing(skills, "skill_id"),
)

SKILLS: Final = versioned_tables(skills, skill_versions, owner="skill_id", prefix="skill")
