"""Skills in the metadata database: each function is one step of a transaction. SQLite and PostgreSQL alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, case, delete, insert, select, update

from storage.skill_tables import skill_aliases, skill_tags, skill_version_tags, skill_versions, skills
from storage.upserts import insert_into

__all__ = (
    "SKILL_COLUMNS",
    "VERSION_COLUMNS",
    "SkillRow",
    "VersionRow",
    "change_skill",
    "change_version",
    "delete_alias",
    "delete_skill",
    "delete_skill_tag",
    "delete_version_tag",
    "insert_skill",
    "insert_version",
    "put_alias",
    "put_skill_tag",
    "put_version_tag",
    "read_aliases",
    "read_skill",
    "read_skill_tags",
    "read_version",
    "read_version_tags",
    "read_versions_of",
    "settle",
    "take_number",
)

DELETED: Final = "deleted"


class SkillRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``skills``."""

    id: int = 0
    workspace: str
    organization: str
    name: str
    description: str | None = None
    icons: list[dict[str, Any]] | None = None
    search_text: str
    latest: int | None = None
    status: str | None = None
    source_type: str | None = None
    created_by: str | None
    last_updated_by: str | None
    created_at: int
    last_updated_at: int


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``skill_versions``."""

    skill_id: int
    version: int
    source_type: str | None
    source: str | None
    ref: str | None
    subpath: str | None
    digest: str | None
    status: str
    created_by: str | None
    last_updated_by: str | None
    created_at: int
    last_updated_at: int


SKILL_COLUMNS: Final = tuple(skills.c[name] for name in SkillRow.__struct_fields__)
VERSION_COLUMNS: Final = tuple(skill_versions.c[name] for name in VersionRow.__struct_fields__)


def insert_skill(connection: Connection, row: SkillRow) -> None:
    """Store a new one. Raises ``IntegrityError`` when the name is taken."""
    connection.execute(insert(skills), {name: value for name, value in msgspec.structs.asdict(row).items() if name != "id"})


def read_skill(connection: Connection, workspace: str, organization: str, name: str) -> SkillRow | None:
    """A skill by its name."""
    there = (skills.c.workspace == workspace, skills.c.organization == organization, skills.c.name == name)
    row = connection.execute(select(*SKILL_COLUMNS).where(*there)).mappings().first()
    return None if row is None else SkillRow(**row)


def change_skill(connection: Connection, skill_id: int, changes: Mapping[str, Any]) -> None:
    """Set some columns. Of two who change one skill, the second waits here."""
    connection.execute(update(skills).where(skills.c.id == skill_id).values(**changes))


def delete_skill(connection: Connection, skill_id: int) -> None:
    """Remove it and all that is part of it."""
    connection.execute(delete(skills).where(skills.c.id == skill_id))


def take_number(connection: Connection, skill_id: int) -> int:
    """The number of its next version, which nobody else is given."""
    counted = update(skills).where(skills.c.id == skill_id).values(last_version=skills.c.last_version + 1)
    number: int = connection.execute(counted.returning(skills.c.last_version)).scalar_one()
    return number


def settle(connection: Connection, skill_id: int) -> None:
    """Find a skill's latest version anew: an active one before others, then the highest."""
    table = skill_versions.c
    active_first = case((table.status == "active", 0), else_=1)
    statement = select(table.version, table.status, table.source_type).where(table.skill_id == skill_id, table.status != DELETED)
    found = connection.execute(statement.order_by(active_first, table.version.desc()).limit(1)).first()
    latest, status, source_type = (None, None, None) if found is None else found
    change_skill(connection, skill_id, {"latest": latest, "status": status, "source_type": source_type})


def insert_version(connection: Connection, row: VersionRow) -> None:
    """Store a new one."""
    connection.execute(insert(skill_versions), msgspec.structs.asdict(row))


def read_version(connection: Connection, skill_id: int, version: int) -> VersionRow | None:
    """One version that is not deleted."""
    table = skill_versions.c
    there = (table.skill_id == skill_id, table.version == version, table.status != DELETED)
    row = connection.execute(select(*VERSION_COLUMNS).where(*there)).mappings().first()
    return None if row is None else VersionRow(**row)


def read_versions_of(connection: Connection, skill_id: int) -> list[VersionRow]:
    """All of them, deleted ones too, the highest first."""
    statement = select(*VERSION_COLUMNS).where(skill_versions.c.skill_id == skill_id).order_by(skill_versions.c.version.desc())
    return [VersionRow(**row) for row in connection.execute(statement).mappings()]


def change_version(connection: Connection, skill_id: int, version: int, changes: Mapping[str, Any]) -> None:
    """Set some columns."""
    table = skill_versions.c
    connection.execute(update(skill_versions).where(table.skill_id == skill_id, table.version == version).values(**changes))


def read_skill_tags(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Tags of skills, by key."""
    table = skill_tags.c
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for row in connection.execute(select(table.skill_id, table.key, table.value).where(table.skill_id.in_(ids)).order_by(table.key)):
        found[row.skill_id][row.key] = row.value
    return found


def put_skill_tag(connection: Connection, skill_id: int, key: str, value: str) -> None:
    """Set a tag."""
    statement = insert_into(skill_tags, connection).values(skill_id=skill_id, key=key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["skill_id", "key"], set_={"value": value}))


def delete_skill_tag(connection: Connection, skill_id: int, key: str) -> bool:
    """Remove a tag; whether there was one."""
    table = skill_tags.c
    return connection.execute(delete(skill_tags).where(table.skill_id == skill_id, table.key == key)).rowcount > 0


def read_version_tags(connection: Connection, ids: Iterable[int]) -> dict[tuple[int, int], dict[str, str]]:
    """Tags of all versions of skills."""
    table = skill_version_tags.c
    found: dict[tuple[int, int], dict[str, str]] = defaultdict(dict)
    statement = select(table.skill_id, table.version, table.key, table.value).where(table.skill_id.in_(set(ids))).order_by(table.key)
    for row in connection.execute(statement):
        found[row.skill_id, row.version][row.key] = row.value
    return found


def put_version_tag(connection: Connection, skill_id: int, version: int, key: str, value: str) -> None:
    """Set a tag."""
    statement = insert_into(skill_version_tags, connection).values(skill_id=skill_id, version=version, key=key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["skill_id", "version", "key"], set_={"value": value}))


def delete_version_tag(connection: Connection, skill_id: int, version: int, key: str) -> bool:
    """Remove a tag; whether there was one."""
    table = skill_version_tags.c
    there = (table.skill_id == skill_id, table.version == version, table.key == key)
    return connection.execute(delete(skill_version_tags).where(*there)).rowcount > 0


def read_aliases(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Aliases of skills and the versions that they mean."""
    table = skill_aliases.c
    found: dict[int, dict[str, int]] = defaultdict(dict)
    statement = select(table.skill_id, table.alias, table.version).where(table.skill_id.in_(set(ids))).order_by(table.alias)
    for row in connection.execute(statement):
        found[row.skill_id][row.alias] = row.version
    return found


def put_alias(connection: Connection, skill_id: int, alias: str, version: int) -> None:
    """Point an alias at a version."""
    statement = insert_into(skill_aliases, connection).values(skill_id=skill_id, alias=alias, version=version)
    connection.execute(statement.on_conflict_do_update(index_elements=["skill_id", "alias"], set_={"version": version}))


def delete_alias(connection: Connection, skill_id: int, alias: str) -> None:
    """Remove an alias."""
    table = skill_aliases.c
    connection.execute(delete(skill_aliases).where(table.skill_id == skill_id, table.alias == alias))
