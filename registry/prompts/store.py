"""Prompts in the metadata database: each function is one step of a transaction and is given everything it writes.

SQLite and PostgreSQL alike. A writer first touches the row of the prompt, which holds off other writers of that prompt until it
commits (PostgreSQL locks the row, SQLite the database); so the next number is read and taken without a gap and without a collision.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from registry.prompts.types import LATEST, Message, Prompt, PromptVersion
from storage.metadata_tables import prompt_aliases, prompt_version_tags, prompt_versions, prompts

__all__ = (
    "delete_alias",
    "insert_version",
    "lock_prompt",
    "next_version",
    "put_alias",
    "read_prompt",
    "read_prompts",
    "read_version",
    "read_versions",
    "resolve",
)


def lock_prompt(connection: Connection, name: str, at: datetime) -> None:
    """Create the prompt if it is new, stamp ``updated_at``, and hold off other writers of it until the transaction ends."""
    row = {"name": name, "description": "", "created_at": at, "updated_at": at}
    _upsert(connection, prompts, row, keys=("name",), changed=("updated_at",))


def next_version(connection: Connection, name: str) -> int:
    """One more than the highest number; call it under ``lock_prompt``."""
    highest = connection.scalar(select(func.max(prompt_versions.c.version)).where(prompt_versions.c.name == name))
    return (highest or 0) + 1


def insert_version(connection: Connection, version: PromptVersion) -> None:
    """Store a version, its tags and the aliases that now point at it."""
    text = version.template if version.messages is None else msgspec.json.encode(version.messages).decode()
    connection.execute(
        prompt_versions.insert().values(
            name=version.name,
            version=version.version,
            kind=version.kind,
            template=text,
            variables=version.variables,
            config={} if version.model is None else {"model": version.model},
            commit_message=version.commit_message,
            created_by=version.created_by,
            created_at=version.created_at,
        ),
    )
    if version.tags:
        rows = [{"name": version.name, "version": version.version, "key": key, "value": value} for key, value in version.tags.items()]
        connection.execute(prompt_version_tags.insert(), rows)
    for alias in version.aliases:
        put_alias(connection, version.name, alias, version.version, version.created_at)


def put_alias(connection: Connection, name: str, alias: str, version: int, at: datetime) -> None:
    """Point ``alias`` at ``version``, wherever it pointed before."""
    row = {"name": name, "alias": alias, "version": version, "updated_at": at}
    _upsert(connection, prompt_aliases, row, keys=("name", "alias"), changed=("version", "updated_at"))


def delete_alias(connection: Connection, name: str, alias: str) -> bool:
    """Remove an alias; ``False`` when there was none."""
    result = connection.execute(delete(prompt_aliases).where(prompt_aliases.c.name == name, prompt_aliases.c.alias == alias))
    return result.rowcount > 0


def resolve(connection: Connection, name: str, selector: int | str) -> int | None:
    """Number of the version that a number, an alias or ``latest`` means, ``None`` when it means none."""
    query: Select[Any]
    if selector == LATEST:
        query = select(func.max(prompt_versions.c.version)).where(prompt_versions.c.name == name)
    elif isinstance(selector, int):
        query = select(prompt_versions.c.version).where(prompt_versions.c.name == name, prompt_versions.c.version == selector)
    else:
        query = select(prompt_aliases.c.version).where(prompt_aliases.c.name == name, prompt_aliases.c.alias == selector)
    found: int | None = connection.scalar(query)
    return found


def read_version(connection: Connection, name: str, version: int) -> PromptVersion | None:
    """One version with its tags and aliases."""
    found = _read_versions(
        connection, name, select(prompt_versions).where(prompt_versions.c.name == name, prompt_versions.c.version == version)
    )
    return found[0] if found else None


def read_versions(connection: Connection, name: str, limit: int) -> list[PromptVersion]:
    """The newest ``limit`` versions, newest first."""
    newest = prompt_versions.c.version.desc()
    return _read_versions(connection, name, select(prompt_versions).where(prompt_versions.c.name == name).order_by(newest).limit(limit))


def read_prompt(connection: Connection, name: str) -> Prompt | None:
    """A prompt with its aliases, ``None`` when there is none of this name."""
    found = _read_prompts(connection, _prompts_with_latest().where(prompts.c.name == name))
    return found[0] if found else None


def read_prompts(connection: Connection, after: str, limit: int) -> list[Prompt]:
    """Prompts by name, those behind ``after``."""
    return _read_prompts(connection, _prompts_with_latest().where(prompts.c.name > after).order_by(prompts.c.name).limit(limit))


def _prompts_with_latest() -> Select[Any]:
    latest = (
        select(prompt_versions.c.name, func.max(prompt_versions.c.version).label("latest_version"))
        .group_by(prompt_versions.c.name)
        .subquery()
    )
    return select(prompts, latest.c.latest_version).join(latest, latest.c.name == prompts.c.name)


def _read_prompts(connection: Connection, query: Select[Any]) -> list[Prompt]:
    rows = connection.execute(query).all()
    aliases = _aliases(connection, [row.name for row in rows])
    return [
        Prompt(
            name=row.name,
            latest_version=row.latest_version,
            aliases=aliases.get(row.name, {}),
            description=row.description or "",
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _read_versions(connection: Connection, name: str, query: Select[Any]) -> list[PromptVersion]:
    rows = connection.execute(query).all()
    aliases = _aliases(connection, [name]).get(name, {})
    tags = _version_tags(connection, name, [row.version for row in rows])
    return [
        _version(row, [alias for alias, version in aliases.items() if version == row.version], tags.get(row.version, {})) for row in rows
    ]


def _aliases(connection: Connection, names: Sequence[str]) -> dict[str, dict[str, int]]:
    query = select(prompt_aliases).where(prompt_aliases.c.name.in_(names)).order_by(prompt_aliases.c.name, prompt_aliases.c.alias)
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.name, {})[row.alias] = row.version
    return found


def _version_tags(connection: Connection, name: str, versions: Sequence[int]) -> dict[int, dict[str, str]]:
    tags = prompt_version_tags.c
    query = select(prompt_version_tags).where(tags.name == name, tags.version.in_(versions)).order_by(tags.version, tags.key)
    found: dict[int, dict[str, str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.version, {})[row.key] = row.value
    return found


def _version(row: Row[Any], aliases: list[str], tags: dict[str, str]) -> PromptVersion:
    chat = row.kind == "chat"
    return PromptVersion(
        name=row.name,
        version=row.version,
        kind=row.kind,
        template=None if chat else row.template,
        messages=msgspec.json.decode(row.template, type=list[Message]) if chat else None,
        variables=list(row.variables),
        aliases=aliases,
        tags=tags,
        commit_message=row.commit_message,
        model=(row.config or {}).get("model"),
        created_by=row.created_by,
        created_at=row.created_at,
    )


def _upsert(connection: Connection, table: Any, row: Mapping[str, Any], *, keys: tuple[str, ...], changed: tuple[str, ...]) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**row)
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_={name: row[name] for name in changed}))
