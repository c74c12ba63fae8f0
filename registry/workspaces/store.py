"""Workspaces in the metadata database: each function is one step of a transaction. SQLite and PostgreSQL alike."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, Table, delete, func, insert, or_, select, true, tuple_, update

from registry.workspaces.scope import DEFAULT, REMOVED, prefix_of
from registry.workspaces.types import Workspace
from storage.access_tables import access_roles, role_permissions
from storage.genai_tables import (
    dataset_experiments,
    evaluation_datasets,
    issues,
    label_schemas,
    online_scoring_configs,
    review_queues,
    scorers,
)
from storage.mcp_tables import mcp_servers
from storage.model_tables import registered_models
from storage.run_tables import experiments
from storage.skill_tables import skills
from storage.workspace_tables import workspaces

__all__ = (
    "artifact_root_of",
    "change_workspace",
    "delete_workspace",
    "experiments_elsewhere",
    "experiments_in",
    "insert_workspace",
    "models_in",
    "move_to_default",
    "others_in",
    "read_workspace",
    "read_workspaces",
    "remove_contents",
    "taken_in_default",
    "workspaces_of",
)


def insert_workspace(connection: Connection, workspace: Workspace) -> None:
    """Store a new one. Raises ``IntegrityError`` when the name is taken."""
    connection.execute(insert(workspaces).values(msgspec.structs.asdict(workspace)))


def read_workspaces(connection: Connection) -> list[Workspace]:
    """All but the default one, by name."""
    return [Workspace(**row) for row in connection.execute(select(workspaces).order_by(workspaces.c.name)).mappings()]


def read_workspace(connection: Connection, name: str) -> Workspace | None:
    """One of them."""
    row = connection.execute(select(workspaces).where(workspaces.c.name == name)).mappings().first()
    return None if row is None else Workspace(**row)


def artifact_root_of(connection: Connection, name: str) -> str:
    """Where artifacts of new experiments of a workspace go, ``""`` where nobody said so."""
    if name == DEFAULT:
        return ""
    return connection.scalar(select(workspaces.c.artifact_root).where(workspaces.c.name == name)) or ""


def change_workspace(connection: Connection, name: str, changes: dict[str, Any]) -> None:
    """Set columns."""
    connection.execute(update(workspaces).where(workspaces.c.name == name).values(**changes))


def delete_workspace(connection: Connection, name: str) -> None:
    """Remove one, and its roles."""
    connection.execute(delete(access_roles).where(access_roles.c.workspace == name))
    connection.execute(delete(workspaces).where(workspaces.c.name == name))


def workspaces_of(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """Where experiments are."""
    found = select(experiments.c.experiment_id, experiments.c.workspace).where(experiments.c.experiment_id.in_(numbers))
    return {row.experiment_id: row.workspace for row in connection.execute(found)}


def experiments_elsewhere(connection: Connection) -> Sequence[Row[int, str, str]]:
    """Experiments that are not in the default workspace: number, workspace, and where their files lie."""
    there = or_(experiments.c.workspace < DEFAULT, experiments.c.workspace > DEFAULT)  # which an index answers, as it does not "<>"
    columns = (experiments.c.experiment_id, experiments.c.workspace, experiments.c.artifact_location)
    return connection.execute(select(*columns).where(there)).all()


APART: Final = {"mcp_server": mcp_servers, "skill": skills}
"""Other things with names of their own in each workspace, as permissions call them."""


def experiments_in(connection: Connection, name: str) -> int:
    """How many there are, hidden ones included."""
    return connection.scalar(select(func.count()).select_from(experiments).where(experiments.c.workspace == name)) or 0


def others_in(connection: Connection, name: str) -> dict[str, int]:
    """How many of the other things there are, by their tables."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table).where(table.c.workspace == name)) or 0
        for table in APART.values()
    }


def models_in(connection: Connection, name: str) -> list[str]:
    """Names of models and prompts, as they are kept."""
    prefix = prefix_of(name)
    return list(connection.scalars(select(registered_models.c.name).where(func.substr(registered_models.c.name, 1, len(prefix)) == prefix)))


def taken_in_default(connection: Connection, name: str) -> list[str]:
    """Names of experiments, models and prompts that the default workspace has, too."""
    there = select(experiments.c.name).where(experiments.c.workspace == DEFAULT)
    both = select(experiments.c.name).where(experiments.c.workspace == name, experiments.c.name.in_(there))
    plain = [each.removeprefix(prefix_of(name)) for each in models_in(connection, name)]
    models = select(registered_models.c.name).where(registered_models.c.name.in_(plain))
    others = [each for table in APART.values() for each in connection.scalars(_in_both(table, name))]
    return [*connection.scalars(both), *connection.scalars(models), *others]


def _in_both(table: Table, name: str) -> Select[str]:
    names = [column for column in table.c if column.name in {"organization", "name"}]
    there = [select(*names).where(table.c.workspace == DEFAULT)]
    return select(table.c.name).where(table.c.workspace == name, tuple_(*names).in_(*there))


def move_to_default(connection: Connection, name: str) -> None:
    """Put all that is in a workspace into the default one, with what was allowed of it."""
    connection.execute(update(experiments).where(experiments.c.workspace == name).values(workspace=DEFAULT))
    for each in models_in(connection, name):
        plain = each.removeprefix(prefix_of(name))
        connection.execute(update(registered_models).where(registered_models.c.name == each).values(name=plain))
        connection.execute(update(role_permissions).where(_on_models([each])).values(resource_pattern=plain))
    for kind, table in APART.items():
        connection.execute(update(table).where(table.c.workspace == name).values(workspace=DEFAULT))
        rest = func.substr(role_permissions.c.resource_pattern, len(prefix_of(name)) + 1)
        connection.execute(update(role_permissions).where(_on_others(kind, name)).values(resource_pattern=rest))


def remove_contents(connection: Connection, name: str) -> None:
    """Remove all that is in a workspace, with what was allowed of it.

    Numbers of its experiments are not given again, and where their files lie stays known: traces and files may outlive them.
    """
    there = select(experiments.c.experiment_id, experiments.c.artifact_location).where(experiments.c.workspace == name)
    gone = [_gone(row.experiment_id, row.artifact_location) for row in connection.execute(there)]
    numbers = select(experiments.c.experiment_id).where(experiments.c.workspace == name)
    shared = select(dataset_experiments.c.dataset_id).where(dataset_experiments.c.experiment_id.in_(numbers))
    connection.execute(delete(evaluation_datasets).where(evaluation_datasets.c.dataset_id.in_(shared)))
    for table in (scorers, online_scoring_configs, label_schemas, review_queues, issues, dataset_experiments):
        connection.execute(delete(table).where(table.c.experiment_id.in_(numbers)))
    connection.execute(delete(experiments).where(experiments.c.workspace == name))
    if gone:
        connection.execute(insert(experiments), gone)
    models = models_in(connection, name)
    connection.execute(delete(registered_models).where(registered_models.c.name.in_(models)))
    connection.execute(delete(role_permissions).where(_on_models(models)))
    for kind, table in APART.items():
        connection.execute(delete(table).where(table.c.workspace == name))
        connection.execute(delete(role_permissions).where(_on_others(kind, name)))


def _gone(number: int, location: str) -> dict[str, Any]:
    times = {"creation_time": 0, "last_update_time": 0}
    place = {"workspace": REMOVED, "artifact_location": location}
    return {"experiment_id": number, "name": str(number), "lifecycle_stage": "deleted", **place, **times}


def _on_others(kind: str, workspace: str) -> ColumnElement[bool]:
    prefix, pattern = prefix_of(workspace), role_permissions.c.resource_pattern
    inside = func.substr(pattern, 1, len(prefix)) == prefix
    # A server of the default workspace may have a namespace of that name: "team/weather".
    return (role_permissions.c.resource_type == kind) & inside & (pattern.like("%/%/%") if kind == "mcp_server" else true())


def _on_models(names: Sequence[str]) -> ColumnElement[bool]:
    kinds = role_permissions.c.resource_type.in_(("registered_model", "prompt"))
    return kinds & role_permissions.c.resource_pattern.in_(names)
