"""Names and versions, read whole: a query finds rows, and tags, aliases and texts are fetched for all of them at once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Row, Select, and_, bindparam, func, select, tuple_

from registry.models.types import ModelVersion, RegisteredModel
from registry.prompts.texts import PromptText
from storage.model_tables import (
    model_version_tags,
    model_versions,
    prompt_texts,
    registered_model_aliases,
    registered_model_tags,
    registered_models,
)

__all__ = ("models", "models_found", "read_model", "read_newest", "read_version", "versions", "versions_found")

Key = tuple[str, int]
AT_ONCE: Final = 5_000
"""Versions whose tags are fetched by one statement; both databases limit how many values a statement has."""


def models() -> Select[Any]:
    """The query of all names, for ``models_found``."""
    return select(registered_models)


def versions() -> Select[Any]:
    """The query of all versions, for ``versions_found``."""
    text = prompt_texts.c
    joined = model_versions.join(registered_models, registered_models.c.name == model_versions.c.name).outerjoin(
        prompt_texts, and_(text.name == model_versions.c.name, text.version == model_versions.c.version)
    )
    columns = (text.kind.label("text_kind"), text.template, text.variables, text.config)
    return select(model_versions, registered_models.c.kind, *columns).select_from(joined)


# Built once: building a statement costs more than running it.
_NAMES: Final[BindParameter[Any]] = bindparam("names", expanding=True)
_MODEL: Final = models().where(registered_models.c.name == bindparam("name"))
_VERSION: Final = versions().where(model_versions.c.name == bindparam("name"), model_versions.c.version == bindparam("version"))
_MODEL_TAGS: Final = select(registered_model_tags).where(registered_model_tags.c.name.in_(_NAMES)).order_by(registered_model_tags.c.key)
_ALIASES: Final = (
    select(registered_model_aliases).where(registered_model_aliases.c.name.in_(_NAMES)).order_by(registered_model_aliases.c.alias)
)
_VERSION_TAGS: Final = (
    select(model_version_tags)
    .where(tuple_(model_version_tags.c.name, model_version_tags.c.version).in_(bindparam("keys", expanding=True)))
    .order_by(model_version_tags.c.key)
)


def _newest_of_stages() -> Select[Any]:
    newest = (
        select(model_versions.c.name, func.max(model_versions.c.version).label("version"))
        .where(model_versions.c.name.in_(_NAMES))
        .group_by(model_versions.c.name, model_versions.c.stage)
        .subquery()
    )
    mine = and_(newest.c.name == model_versions.c.name, newest.c.version == model_versions.c.version)
    return versions().join(newest, mine).order_by(model_versions.c.name, model_versions.c.version)


_LATEST: Final = _newest_of_stages()


def read_model(connection: Connection, name: str) -> RegisteredModel | None:
    """One name with its tags, aliases and newest versions; ``None`` when nothing has it."""
    found = _whole_models(connection, connection.execute(_MODEL, {"name": name}).all())
    return found[0] if found else None


def read_version(connection: Connection, name: str, version: int) -> ModelVersion | None:
    """One version with its tags and aliases."""
    found = _whole_versions(connection, connection.execute(_VERSION, {"name": name, "version": version}).all())
    return found[0] if found else None


def read_newest(connection: Connection, name: str, limit: int) -> list[ModelVersion]:
    """The newest ``limit`` versions of a name, newest first."""
    query = versions().where(model_versions.c.name == name).order_by(model_versions.c.version.desc()).limit(limit)
    return versions_found(connection, query)


def models_found(connection: Connection, query: Select[Any]) -> list[RegisteredModel]:
    """What a query of ``models`` finds, in its order."""
    return _whole_models(connection, connection.execute(query).all())


def versions_found(connection: Connection, query: Select[Any]) -> list[ModelVersion]:
    """What a query of ``versions`` finds, in its order."""
    return _whole_versions(connection, connection.execute(query).all())


def _whole_models(connection: Connection, rows: Sequence[Row[Any]]) -> list[RegisteredModel]:
    names = [row.name for row in rows]
    tags = _model_tags(connection, names)
    aliases = _aliases(connection, names)
    latest = _latest(connection, names, aliases)
    return [
        RegisteredModel(
            name=row.name,
            kind=row.kind,
            description=row.description,
            created_by=row.created_by,
            created_at=row.created_at,
            updated_at=row.updated_at,
            tags=tags.get(row.name, {}),
            aliases=aliases.get(row.name, {}),
            latest_versions=latest.get(row.name, []),
        )
        for row in rows
    ]


def _whole_versions(
    connection: Connection, rows: Sequence[Row[Any]], aliases: Mapping[str, Mapping[str, int]] | None = None
) -> list[ModelVersion]:
    keys = [(row.name, row.version) for row in rows]
    tags = _version_tags(connection, keys)
    known = _aliases(connection, sorted({row.name for row in rows})) if aliases is None else aliases
    pointing: dict[Key, list[str]] = {}
    for name, each in known.items():
        for alias, version in each.items():
            pointing.setdefault((name, version), []).append(alias)
    return [_version(row, tags.get(key, {}), pointing.get(key, [])) for row, key in zip(rows, keys, strict=True)]


def _latest(connection: Connection, names: Sequence[str], aliases: Mapping[str, Mapping[str, int]]) -> dict[str, list[ModelVersion]]:
    found: dict[str, list[ModelVersion]] = {}
    for part in _parts(names):
        for version in _whole_versions(connection, connection.execute(_LATEST, {"names": part}).all(), aliases):
            found.setdefault(version.name, []).append(version)
    return found


def _model_tags(connection: Connection, names: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for part in _parts(names):
        for row in connection.execute(_MODEL_TAGS, {"names": part}):
            found.setdefault(row.name, {})[row.key] = row.value
    return found


def _aliases(connection: Connection, names: Sequence[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for part in _parts(names):
        for row in connection.execute(_ALIASES, {"names": part}):
            found.setdefault(row.name, {})[row.alias] = row.version
    return found


def _version_tags(connection: Connection, keys: Sequence[Key]) -> dict[Key, dict[str, str]]:
    found: dict[Key, dict[str, str]] = {}
    for part in _parts(keys):
        for row in connection.execute(_VERSION_TAGS, {"keys": part}):
            found.setdefault((row.name, row.version), {})[row.key] = row.value
    return found


def _parts(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE)]


def _version(row: Row[Any], tags: dict[str, str], aliases: list[str]) -> ModelVersion:
    return ModelVersion(
        name=row.name,
        version=row.version,
        kind=row.kind,
        stage=row.stage,
        description=row.description,
        source=row.source,
        storage_location=row.storage_location,
        run_id=row.run_id,
        run_link=row.run_link,
        model_id=row.model_id,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        tags=tags,
        aliases=aliases,
        text=_text(row),
    )


def _text(row: Row[Any]) -> PromptText | None:
    if row.text_kind is None:
        return None
    return PromptText(kind=row.text_kind, template=row.template, variables=list(row.variables), config=dict(row.config or {}))
