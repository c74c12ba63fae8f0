"""The tables of named things that have versions: of the things, of their versions, tags of both, and aliases that mean a version.

Times are milliseconds since the epoch, as MLflow's clients read them.
"""

from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Integer, Table, Text

from storage.metadata_tables import metadata

__all__ = ("VersionedTables", "changed_columns", "of_thing", "versioned_tables")


class VersionedTables(msgspec.Struct, frozen=True, kw_only=True):
    """Five tables that belong together. ``owner`` is the column by which the other four name the thing."""

    owner: str
    things: Table
    versions: Table
    tags: Table
    version_tags: Table
    aliases: Table


def versioned_tables(things: Table, versions: Table, *, owner: str, prefix: str) -> VersionedTables:
    """The tables of things and of their versions, with those of tags and aliases, which are alike for all (``{prefix}_tags`` and so on)."""
    number = versions.c.version.type

    def part(name: str, *columns: Column[Any]) -> Table:
        return Table(f"{prefix}_{name}", metadata, Column(owner, Integer, primary_key=True), *columns, of_thing(things, owner))

    return VersionedTables(
        owner=owner,
        things=things,
        versions=versions,
        tags=part("tags", Column("key", Text, primary_key=True), Column("value", Text, nullable=False)),
        version_tags=part(
            "version_tags",
            Column("version", number, primary_key=True, autoincrement=False),
            Column("key", Text, primary_key=True),
            Column("value", Text, nullable=False),
        ),
        aliases=part("aliases", Column("alias", Text, primary_key=True), Column("version", number, nullable=False)),
    )


def of_thing(things: Table, owner: str) -> ForeignKeyConstraint:
    """A foreign key to the thing: what is part of it is removed with it."""
    return ForeignKeyConstraint([owner], [things.c.id], ondelete="CASCADE")


def changed_columns() -> tuple[Column[Any], ...]:
    """Who made a thing and who changed it last, and when."""
    return (
        Column("created_by", Text),
        Column("last_updated_by", Text),
        Column("created_at", BigInteger, nullable=False),
        Column("last_updated_at", BigInteger, nullable=False),
    )
