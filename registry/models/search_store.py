"""SQL of a search for registered models and for versions. Values are bound."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, exists, func, select

from registry.models.reading_store import models, models_found, versions, versions_found
from registry.models.search import Condition, Search
from registry.models.types import ModelVersion, RegisteredModel
from registry.prompts.texts import TEXT_TAG, TYPE_TAG
from registry.search.comparison_store import compared, in_bytes
from registry.workspaces.scope import prefix_of
from storage.model_tables import model_version_tags, model_versions, prompt_texts, registered_model_tags, registered_models

__all__ = ("is_in", "search_models", "search_versions")

TEXTS: Final[dict[str, ColumnElement[Any]]] = {TEXT_TAG: prompt_texts.c.template, TYPE_TAG: prompt_texts.c.kind}
"""Tags that are columns of a prompt's text."""


def search_models(connection: Connection, search: Search, workspace: str | None, *, offset: int, limit: int) -> list[RegisteredModel]:
    """The names that a search finds in a workspace, or in all of them, in its order."""
    query = models().where(*[_model_where(condition, workspace) for condition in search.conditions])
    return models_found(connection, _page(connection, query, registered_models, search, workspace, offset, limit))


def search_versions(connection: Connection, search: Search, workspace: str | None, *, offset: int, limit: int) -> list[ModelVersion]:
    """The versions that a search finds in a workspace, or in all of them, in its order."""
    query = versions().where(*[_version_where(condition, workspace) for condition in search.conditions])
    return versions_found(connection, _page(connection, query, model_versions, search, workspace, offset, limit))


def _page(
    connection: Connection, query: Select[Any], table: Table, search: Search, workspace: str | None, offset: int, limit: int
) -> Select[Any]:
    columns = [(in_bytes(connection, table.c[name]), ascending) for name, ascending in search.order]
    ordered = [column if ascending else column.desc() for column, ascending in columns]
    if workspace is not None:
        query = query.where(is_in(table.c.name, workspace))
    return query.where(registered_models.c.kind == search.kind).order_by(*ordered).limit(limit).offset(offset)


def is_in(name: ColumnElement[str], workspace: str) -> ColumnElement[bool]:
    """Names of a workspace begin with it; those of the default one have no slash."""
    prefix = prefix_of(workspace)
    return func.substr(name, 1, len(prefix)) == prefix if prefix else ~name.contains("/")


def _said(table: Table, key: str, workspace: str | None) -> ColumnElement[Any]:
    """A column as it is said in a workspace: names without where they are."""
    if key == "name" and workspace is not None and (prefix := prefix_of(workspace)):
        return func.substr(table.c.name, len(prefix) + 1)
    return table.c[key]


def _model_where(condition: Condition, workspace: str | None) -> ColumnElement[bool]:
    if condition.kind == "attribute":
        return compared(_said(registered_models, condition.key, workspace), condition.operator, condition.value)
    tags = registered_model_tags.c
    there = select(tags.key).where(tags.name == registered_models.c.name, tags.key == condition.key)
    return exists(there.where(compared(tags.value, condition.operator, condition.value)))


def _version_where(condition: Condition, workspace: str | None) -> ColumnElement[bool]:
    if condition.kind == "attribute":
        return compared(_said(model_versions, condition.key, workspace), condition.operator, condition.value)
    if (column := TEXTS.get(condition.key)) is not None:
        return compared(column, condition.operator, condition.value)
    tags = model_version_tags.c
    mine = and_(tags.name == model_versions.c.name, tags.version == model_versions.c.version)
    there = select(tags.key).where(mine, tags.key == condition.key)
    return exists(there.where(compared(tags.value, condition.operator, condition.value)))
