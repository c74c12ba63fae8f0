"""SQL of searches for skills and their versions."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, tuple_

from registry.search.attributes import Condition
from registry.search.comparison_store import compared
from registry.skills.store import SKILLS, SkillRow, VersionRow
from registry.versioned.search_store import Order, search_things, search_versions, thing_tagged, version_tagged
from storage.skill_tables import SKILLS as TABLES
from storage.skill_tables import skill_versions, skills

__all__ = ("search_skill_versions", "search_skills")


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
    asked = [skills.c.workspace == workspace, *map(_of_skill, conditions)]
    if identities is not None:
        asked.append(tuple_(skills.c.organization, skills.c.name).in_(identities))
    return search_things(connection, SKILLS, asked, order, ("organization", "name"), offset=offset, limit=limit)


def search_skill_versions(
    connection: Connection, skill_id: int, conditions: Sequence[Condition], order: Order, *, offset: int, limit: int
) -> list[VersionRow]:
    """Versions of a skill that are not deleted; at last by number."""
    known = [(key, up) for key, up in order if key != "organization"]  # which is one for all of them
    return search_versions(connection, SKILLS, skill_id, map(_of_version, conditions), known, ("version",), offset=offset, limit=limit)


def _of_skill(condition: Condition) -> ColumnElement[bool]:
    if condition.kind == "tag":
        return thing_tagged(TABLES, condition)
    return compared(skills.c[condition.key], condition.operator, condition.value)


def _of_version(condition: Condition) -> ColumnElement[bool]:
    if condition.kind == "tag":
        return version_tagged(TABLES, condition)
    table = skills if condition.key == "organization" else skill_versions
    return compared(table.c[condition.key], condition.operator, condition.value)
