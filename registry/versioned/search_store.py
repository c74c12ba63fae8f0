"""SQL of searches for things and their versions. Each kind says itself what its conditions mean; those on tags mean the same for all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, exists, select

from registry.search.attributes import Condition
from registry.search.comparison_store import compared, in_bytes
from registry.versioned.store import VersionedStore
from registry.versioned.types import Number, ThingT, VersionT
from storage.versioned_tables import VersionedTables

__all__ = ("Order", "search_things", "search_versions", "thing_tagged", "version_tagged")

Order = Sequence[tuple[str, bool]]
"""Columns, each with whether it ascends."""


def search_things(
    connection: Connection,
    store: VersionedStore[ThingT, VersionT, Number],
    conditions: Iterable[ColumnElement[bool]],
    order: Order,
    last: Sequence[str],
    *,
    offset: int,
    limit: int,
) -> list[ThingT]:
    """Things for which all conditions hold; at last in the order of ``last``."""
    statement = select(*store.columns).where(*conditions).order_by(*_ordered(connection, store.tables.things, order, last))
    return [store.thing(**row) for row in connection.execute(statement.offset(offset).limit(limit)).mappings()]


def search_versions(
    connection: Connection,
    store: VersionedStore[ThingT, VersionT, Number],
    thing_id: int,
    conditions: Iterable[ColumnElement[bool]],
    order: Order,
    last: Sequence[str],
    *,
    offset: int,
    limit: int,
) -> list[VersionT]:
    """Versions of a thing that are not deleted, likewise. Conditions may be on the thing, too."""
    things, versions = store.tables.things, store.tables.versions
    statement = select(*store.version_columns).join(things, things.c.id == versions.c[store.tables.owner])
    statement = statement.where(things.c.id == thing_id, store.live, *conditions).order_by(*_ordered(connection, versions, order, last))
    return [store.version(**row) for row in connection.execute(statement.offset(offset).limit(limit)).mappings()]


def thing_tagged(tables: VersionedTables, condition: Condition) -> ColumnElement[bool]:
    """A thing has a tag that compares so."""
    return _tagged(tables.tags, {tables.owner: tables.things.c.id}, condition)


def version_tagged(tables: VersionedTables, condition: Condition) -> ColumnElement[bool]:
    """A version has one."""
    versions = tables.versions.c
    return _tagged(tables.version_tags, {tables.owner: versions[tables.owner], "version": versions.version}, condition)


def _tagged(tags: Table, of: Mapping[str, ColumnElement[Any]], condition: Condition) -> ColumnElement[bool]:
    there = [tags.c[name] == column for name, column in of.items()]
    return exists(
        select(tags.c.key).where(*there, tags.c.key == condition.key, compared(tags.c.value, condition.operator, condition.value))
    )


def _ordered(connection: Connection, table: Table, order: Order, last: Sequence[str]) -> list[ColumnElement[Any]]:
    keys = {key for key, _ in order}
    columns = [(in_bytes(connection, table.c[key]), up) for key, up in [*order, *((key, True) for key in last if key not in keys)]]
    return [column.asc() if up else column.desc() for column, up in columns]
