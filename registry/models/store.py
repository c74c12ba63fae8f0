"""Models and versions in the metadata database: each function is one step of a transaction and is given everything it writes.

SQLite and PostgreSQL alike. A writer of a name first touches its row, which holds off other writers of that name until it commits
(PostgreSQL locks the row, SQLite the database); ``take_number`` does so in the statement that counts, so numbers have no gap and no twin.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, select, update

from registry.models.types import LATEST, Kind, ModelVersion, RegisteredModel
from storage.model_tables import (
    model_version_tags,
    model_versions,
    prompt_texts,
    registered_model_aliases,
    registered_model_tags,
    registered_models,
)
from storage.prepared import Prepared
from storage.upserts import Upsert, insert_into

__all__ = (
    "archive_stage",
    "delete_alias",
    "delete_model",
    "delete_model_tag",
    "delete_version",
    "delete_version_tag",
    "describe_model",
    "describe_version",
    "held_kind_of",
    "insert_model",
    "insert_version",
    "kind_of",
    "put_alias",
    "put_model_tag",
    "put_version_tag",
    "rename_model",
    "resolve",
    "set_stage",
    "set_text_config",
    "stage_of",
    "take_number",
    "touch",
)


# Built once: building a statement costs more than running it.
_NAMED: Final = registered_models.c.name == bindparam("of")
_SELECT_KIND: Final = select(registered_models.c.kind).where(_NAMED)
_KIND: Final = Prepared(_SELECT_KIND)
_HELD_KIND: Final = Prepared(_SELECT_KIND.with_for_update())
_TOUCH: Final = update(registered_models).where(_NAMED).values(updated_at=bindparam("at"))
_TOUCHED: Final = Prepared(_TOUCH)
_COUNTED: Final = Prepared(_TOUCH.values(last_version=registered_models.c.last_version + 1).returning(registered_models.c.last_version))
_VERSION_COLUMNS: Final = tuple(column.name for column in model_versions.c)
_VERSION: Final = Prepared(model_versions.insert(), _VERSION_COLUMNS)
_VERSION_TAG: Final = Prepared(model_version_tags.insert(), [column.name for column in model_version_tags.c])
_NEWEST: Final = select(func.max(model_versions.c.version)).where(model_versions.c.name == bindparam("of"))
_NUMBERED: Final = select(model_versions.c.version).where(
    model_versions.c.name == bindparam("of"), model_versions.c.version == bindparam("selector")
)
_POINTED: Final = select(registered_model_aliases.c.version).where(
    registered_model_aliases.c.name == bindparam("of"), registered_model_aliases.c.alias == bindparam("selector")
)


_put_alias: Final = Upsert(registered_model_aliases, ("version", "updated_at"))
_put_model_tag: Final = Upsert(registered_model_tags, ("value",))
_put_version_tag: Final = Upsert(model_version_tags, ("value",))


def insert_model(connection: Connection, model: RegisteredModel) -> bool:
    """Store a new name with its tags; ``False``, and nothing stored, when the name is taken."""
    row = {
        "name": model.name,
        "kind": model.kind,
        "description": model.description,
        "created_by": model.created_by,
        "created_at": model.created_at,
        "updated_at": model.updated_at,
    }
    statement = insert_into(registered_models, connection).values(**row).on_conflict_do_nothing(index_elements=["name"])
    if connection.scalar(statement.returning(registered_models.c.name)) is None:  # of an upsert, drivers count rows in different ways
        return False
    if model.tags:
        rows = [{"name": model.name, "key": key, "value": value} for key, value in model.tags.items()]
        connection.execute(registered_model_tags.insert(), rows)
    return True


def kind_of(connection: Connection, name: str) -> Kind | None:
    """What the name is of, ``None`` when nothing has it."""
    return _kind(_KIND.first(connection, {"of": name}))


def held_kind_of(connection: Connection, name: str) -> Kind | None:
    """As ``kind_of``, and lock the name until the transaction ends. SQLite has a single writer and needs no lock."""
    return _kind(_HELD_KIND.first(connection, {"of": name}))


def _kind(row: tuple[Any, ...] | None) -> Kind | None:
    return None if row is None else row[0]


def take_number(connection: Connection, name: str, at: datetime) -> int:
    """The next number of a name, and the lock on the name. The name exists."""
    ((number,),) = _COUNTED.rows(connection, {"of": name, "at": at})
    return int(number)


def touch(connection: Connection, name: str, at: datetime) -> bool:
    """Stamp a name and lock it for other writers; ``False`` when nothing has the name."""
    return _TOUCHED.change(connection, [{"of": name, "at": at}]) > 0


def insert_version(connection: Connection, version: ModelVersion) -> None:
    """Store a version, its tags, its text, and the aliases that now point at it."""
    _VERSION.later(connection, [{column: getattr(version, column) for column in _VERSION_COLUMNS}])
    key = {"name": version.name, "version": version.version}
    _VERSION_TAG.later(connection, [{**key, "key": tag, "value": value} for tag, value in version.tags.items()])
    if (text := version.text) is not None:
        row = {"kind": text.kind, "template": text.template, "variables": text.variables, "config": text.config}
        connection.execute(prompt_texts.insert().values(**key, **row))
    for alias in version.aliases:
        put_alias(connection, version.name, alias, version.version, version.created_at)


def describe_model(connection: Connection, name: str, description: str, at: datetime) -> bool:
    """Change the description; ``False`` when nothing has the name."""
    statement = update(registered_models).where(registered_models.c.name == name)
    return connection.execute(statement.values(description=description, updated_at=at)).rowcount > 0


def describe_version(connection: Connection, name: str, version: int, description: str, at: datetime) -> bool:
    """The same for a version."""
    return (
        connection.execute(_of_version(update(model_versions), name, version).values(description=description, updated_at=at)).rowcount > 0
    )


def set_text_config(connection: Connection, name: str, version: int, config: Mapping[str, Any]) -> None:
    """Replace what a prompt's version says about the model that is meant to answer it."""
    statement = update(prompt_texts).where(prompt_texts.c.name == name, prompt_texts.c.version == version)
    connection.execute(statement.values(config=dict(config)))


def rename_model(connection: Connection, name: str, new_name: str, at: datetime) -> None:
    """Give everything under a name another one. Raises ``IntegrityError`` when that is taken."""
    connection.execute(update(registered_models).where(registered_models.c.name == name).values(name=new_name, updated_at=at))
    connection.execute(update(model_versions).where(model_versions.c.name == new_name).values(updated_at=at))


def delete_model(connection: Connection, name: str) -> bool:
    """Remove a name and everything under it."""
    return connection.execute(delete(registered_models).where(registered_models.c.name == name)).rowcount > 0


def delete_version(connection: Connection, name: str, version: int) -> bool:
    """Remove a version with its tags and aliases; its number stays taken."""
    return connection.execute(_of_version(delete(model_versions), name, version)).rowcount > 0


def stage_of(connection: Connection, name: str, version: int) -> str | None:
    """The stage of a version, ``None`` when there is no such version."""
    found: str | None = connection.scalar(
        select(model_versions.c.stage).where(model_versions.c.name == name, model_versions.c.version == version)
    )
    return found


def set_stage(connection: Connection, name: str, version: int, stage: str, at: datetime) -> None:
    """Move a version to a stage."""
    connection.execute(_of_version(update(model_versions), name, version).values(stage=stage, updated_at=at))


def archive_stage(connection: Connection, name: str, stage: str, keep: int, at: datetime) -> list[int]:
    """Move all versions of a stage but one to ``Archived``; gives their numbers."""
    statement = update(model_versions).where(
        model_versions.c.name == name, model_versions.c.stage == stage, model_versions.c.version != keep
    )
    moved = connection.execute(statement.values(stage="Archived", updated_at=at).returning(model_versions.c.version))
    return sorted(moved.scalars())


def resolve(connection: Connection, name: str, selector: int | str) -> int | None:
    """Number of the version that a number, an alias or ``latest`` means, ``None`` when it means none."""
    if selector == LATEST:
        found: int | None = connection.scalar(_NEWEST, {"of": name})
    else:
        found = connection.scalar(_NUMBERED if isinstance(selector, int) else _POINTED, {"of": name, "selector": selector})
    return found


def put_alias(connection: Connection, name: str, alias: str, version: int, at: datetime) -> None:
    """Point ``alias`` at ``version``, wherever it pointed before."""
    row = {"name": name, "alias": alias, "version": version, "updated_at": at}
    _put_alias.run(connection, [row])


def delete_alias(connection: Connection, name: str, alias: str) -> bool:
    """Remove an alias; ``False`` when there was none."""
    aliases = registered_model_aliases.c
    return connection.execute(delete(registered_model_aliases).where(aliases.name == name, aliases.alias == alias)).rowcount > 0


def put_model_tag(connection: Connection, name: str, key: str, value: str) -> None:
    """Set a tag of a name."""
    _put_model_tag.run(connection, [{"name": name, "key": key, "value": value}])


def put_version_tag(connection: Connection, name: str, version: int, key: str, value: str) -> None:
    """Set a tag of a version."""
    _put_version_tag.run(connection, [{"name": name, "version": version, "key": key, "value": value}])


def delete_model_tag(connection: Connection, name: str, key: str) -> bool:
    """Remove a tag; ``False`` when there was none."""
    tags = registered_model_tags.c
    return connection.execute(delete(registered_model_tags).where(tags.name == name, tags.key == key)).rowcount > 0


def delete_version_tag(connection: Connection, name: str, version: int, key: str) -> bool:
    """The same for a version."""
    tags = model_version_tags.c
    statement = delete(model_version_tags).where(tags.name == name, tags.version == version, tags.key == key)
    return connection.execute(statement).rowcount > 0


def _of_version(statement: Any, name: str, version: int) -> Any:
    return statement.where(model_versions.c.name == name, model_versions.c.version == version)
