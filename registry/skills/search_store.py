"""SQL of searches for skills and their versions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, exists, select, tuple_

from registry.search.attributes import Condition
from registry.search.comparison_store import compared, in_bytes
from registry.skills.store import SKILL_COLUMNS, VERSION_COLUMNS, SkillRow, VersionRow
from storage.skill_tables import skill_tags, skill_version_tags, skill_versions, skills

__all__ = ("search_skills", "search_versions")

Order = Sequence[tuple[str, bool]]


def search_skills(
    connection: Connection,
    workspace: str,
    conditions: Sequence[Condition],
    order: Order,
    identities: Sequence[tuple[str, str]] | None,
    *,
    offset: int,
    limit: int,
) -> list[SkillRow]:
    """Skills of a workspace, of those ``identities`` if there are any; at last by organization and name."""
    statement = select(*SKILL_COLUMNS).where(skills.c.workspace == workspace, *[_of_skill(each) for each in conditions])
    if identities is not None:
        statement = statement.where(tuple_(skills.c.organization, skills.c.name).in_(identities))
    statement = statement.order_by(*_ordered(connection, skills, order, ("organization", "name")))
    return [SkillRow(**row) for row in connection.execute(statement.offset(offset).limit(limit)).mappings()]


def search_versions(
    connection: Connection, skill_id: int, conditions: Sequence[Condition], order: Order, *, offset: int, limit: int
) -> list[VersionRow]:
    """Versions of a skill that are not deleted; at last by number."""
    table = skill_versions.c
    statement = select(*VERSION_COLUMNS).where(table.skill_id == skill_id, table.status != "deleted")
    statement = statement.where(*[_of_version(each) for each in conditions])
    known = [(key, up) for key, up in order if key != "organization"]  # which is one for all of them
    statement = statement.order_by(*_ordered(connection, skill_versions, known, ("version",)))
    return [VersionRow(**row) for row in connection.execute(statement.offset(offset).limit(limit)).mappings()]


def _ordered(connection: Connection, table: Table, order: Order, last: Sequence[str]) -> list[ColumnElement[Any]]:
    keys = {key for key, _ in order}
    columns = [(in_bytes(connection, table.c[key]), up) for key, up in [*order, *((key, True) for key in last if key not in keys)]]
    return [column.asc() if up else column.desc() for column, up in columns]


def _of_skill(condition: Condition) -> ColumnElement[bool]:
    if condition.kind == "attribute":
        return compared(skills.c[condition.key], condition.operator, condition.value)
    tag = select(skill_tags.c.key).where(skill_tags.c.skill_id == skills.c.id, skill_tags.c.key == condition.key)
    return exists(tag.where(compared(skill_tags.c.value, condition.operator, condition.value)))


def _of_version(condition: Condition) -> ColumnElement[bool]:
    if condition.kind == "tag":
        of = (skill_version_tags.c.skill_id == skill_versions.c.skill_id, skill_version_tags.c.version == skill_versions.c.version)
        tag = select(skill_version_tags.c.key).where(*of, skill_version_tags.c.key == condition.key)
        return exists(tag.where(compared(skill_version_tags.c.value, condition.operator, condition.value)))
    if condition.key == "organization":
        there = select(skills.c.id).where(skills.c.id == skill_versions.c.skill_id)
        return exists(there.where(compared(skills.c.organization, condition.operator, condition.value)))
    return compared(skill_versions.c[condition.key], condition.operator, condition.value)
