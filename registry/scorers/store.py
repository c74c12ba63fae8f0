"""Scorers in the metadata database: each function is one step of a transaction."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import uuid4

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, delete, func, select, update

from storage.genai_tables import online_scoring_configs, scorer_versions, scorers
from storage.upserts import Upsert

__all__ = (
    "ConfigRow",
    "ScorerRow",
    "delete_versions",
    "insert_version",
    "put_config",
    "read_configs",
    "read_latest",
    "read_version",
    "read_version_by_id",
    "read_versions",
    "rewrite",
)


class ScorerRow(msgspec.Struct, frozen=True):
    """A version with its scorer, in the order of ``_COLUMNS``."""

    scorer_id: str
    experiment_id: int
    name: str
    version: int
    serialized: str
    creation_time: int


class ConfigRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``online_scoring_configs``."""

    scorer_id: str
    config_id: str
    experiment_id: int
    sample_rate: float
    filter: str | None


_COLUMNS: Final = (
    scorers.c.scorer_id,
    scorers.c.experiment_id,
    scorers.c.name,
    scorer_versions.c.version,
    scorer_versions.c.serialized,
    scorer_versions.c.creation_time,
)
_JOINED: Final[Select[Any]] = select(*_COLUMNS).join(scorer_versions, scorer_versions.c.scorer_id == scorers.c.scorer_id)
_configs: Final = Upsert(online_scoring_configs, ("config_id", "experiment_id", "sample_rate", "filter"))


def insert_version(connection: Connection, experiment_id: int, name: str, serialized: str, at: int) -> ScorerRow:
    """Store the next version of a scorer. Raises ``IntegrityError`` when another client makes its first version at the same moment."""
    these = _named(experiment_id, name)
    counted = connection.execute(update(scorers).where(*these).values(last_version=scorers.c.last_version + 1)).rowcount
    if not counted:
        row = {"scorer_id": str(uuid4()), "experiment_id": experiment_id, "name": name, "last_version": 1}
        connection.execute(scorers.insert(), row)
    scorer_id, version = connection.execute(select(scorers.c.scorer_id, scorers.c.last_version).where(*these)).one()
    found = {"scorer_id": scorer_id, "version": version, "serialized": serialized, "creation_time": at}
    connection.execute(scorer_versions.insert(), found)
    return ScorerRow(scorer_id, experiment_id, name, version, serialized, at)


def read_versions(connection: Connection, experiment_id: int, name: str) -> list[ScorerRow]:
    """All versions of a scorer, in order."""
    statement = _JOINED.where(*_named(experiment_id, name)).order_by(scorer_versions.c.version)
    return [ScorerRow(*found) for found in connection.execute(statement)]


def read_version(connection: Connection, experiment_id: int, name: str, version: int | None) -> ScorerRow | None:
    """One version, the latest for ``None``."""
    statement = _JOINED.where(*_named(experiment_id, name))
    if version is not None:
        statement = statement.where(scorer_versions.c.version == version)
    found = connection.execute(statement.order_by(scorer_versions.c.version.desc()).limit(1)).first()
    return None if found is None else ScorerRow(*found)


def read_version_by_id(connection: Connection, scorer_id: str, version: int | None) -> ScorerRow | None:
    """The same by the scorer's id."""
    statement = _JOINED.where(scorers.c.scorer_id == scorer_id)
    if version is not None:
        statement = statement.where(scorer_versions.c.version == version)
    found = connection.execute(statement.order_by(scorer_versions.c.version.desc()).limit(1)).first()
    return None if found is None else ScorerRow(*found)


def read_latest(connection: Connection, experiments: Sequence[int] | None) -> list[ScorerRow]:
    """The latest version of each scorer of these experiments, or of all."""
    latest = (
        select(scorer_versions.c.scorer_id, func.max(scorer_versions.c.version).label("version"))
        .group_by(scorer_versions.c.scorer_id)
        .subquery()
    )
    statement = _JOINED.join(latest, (latest.c.scorer_id == scorers.c.scorer_id) & (latest.c.version == scorer_versions.c.version))
    if experiments is not None:
        statement = statement.where(scorers.c.experiment_id.in_(experiments))
    ordered = statement.order_by(scorers.c.experiment_id, scorers.c.name)
    return [ScorerRow(*found) for found in connection.execute(ordered)]


def delete_versions(connection: Connection, scorer_id: str, version: int | None) -> None:
    """Remove a version, or all; a scorer without a version goes as well."""
    if version is not None:
        connection.execute(delete(scorer_versions).where(scorer_versions.c.scorer_id == scorer_id, scorer_versions.c.version == version))
        if connection.execute(select(scorer_versions.c.version).where(scorer_versions.c.scorer_id == scorer_id).limit(1)).first():
            return
    connection.execute(delete(scorers).where(scorers.c.scorer_id == scorer_id))


def rewrite(connection: Connection, holding: str, change: Callable[[str], str]) -> None:
    """Change the serialized form of each version that holds a text."""
    table = scorer_versions
    found = select(table.c.scorer_id, table.c.version, table.c.serialized).where(table.c.serialized.contains(holding, autoescape=True))
    for scorer_id, version, serialized in connection.execute(found).all():
        this = (table.c.scorer_id == scorer_id, table.c.version == version)
        connection.execute(update(table).where(*this).values(serialized=change(serialized)))


def put_config(connection: Connection, row: ConfigRow) -> None:
    """Set how much a scorer looks at."""
    _configs.run(connection, [msgspec.structs.asdict(row)])


def read_configs(connection: Connection, scorer_ids: Sequence[str]) -> list[ConfigRow]:
    """What was set for these scorers."""
    table = online_scoring_configs
    columns = [table.c[name] for name in ConfigRow.__struct_fields__]
    statement = select(*columns).where(table.c.scorer_id.in_(scorer_ids)).order_by(table.c.scorer_id)
    return [ConfigRow(**found) for found in connection.execute(statement).mappings()]


def _named(experiment_id: int, name: str) -> tuple[ColumnElement[bool], ...]:
    return scorers.c.experiment_id == experiment_id, scorers.c.name == name
