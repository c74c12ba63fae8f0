"""Experiments in the metadata database: each function is one step of a transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from registry.runs.numbers_store import next_number
from storage.prepared import Prepared
from storage.run_tables import experiment_tags, experiments, runs
from storage.upserts import Upsert

__all__ = (
    "COLUMNS",
    "ExperimentRow",
    "change_experiment",
    "delete_tag",
    "insert_experiment",
    "move_runs",
    "put_tags",
    "read_experiment",
    "read_experiment_named",
    "read_tags",
)


class ExperimentRow(msgspec.Struct, frozen=True):
    """A row of ``experiments``, in the order of ``COLUMNS``."""

    experiment_id: int
    name: str
    artifact_location: str
    lifecycle_stage: str
    creation_time: int
    last_update_time: int


COLUMNS: Final = tuple(experiments.c[name] for name in ExperimentRow.__struct_fields__)
_BY_ID: Final = Prepared(select(*COLUMNS).where(experiments.c.experiment_id == bindparam("experiment_id")))
_BY_NAME: Final = select(*COLUMNS).where(experiments.c.workspace == bindparam("workspace"), experiments.c.name == bindparam("name"))
_tags: Final = Upsert(experiment_tags, ("value",))


def insert_experiment(connection: Connection, workspace: str, name: str, location: str, root: str, at: int) -> int:
    """Store a new experiment and give its number; without a location its artifacts go under ``root``. Raises ``IntegrityError``."""
    times = {"creation_time": at, "last_update_time": at}
    row = {"workspace": workspace, "name": name, "artifact_location": location, "lifecycle_stage": "active", **times}
    row |= next_number(connection)
    inserted = connection.execute(experiments.insert(), row).inserted_primary_key
    number = int(inserted[0]) if inserted is not None else 0
    if not location:
        change_experiment(connection, number, {"artifact_location": f"{root.rstrip('/')}/{number}"})
    return number


def read_experiment(connection: Connection, experiment_id: int) -> ExperimentRow | None:
    """One experiment."""
    found = _BY_ID.first(connection, {"experiment_id": experiment_id})
    return None if found is None else ExperimentRow(*found)


def read_experiment_named(connection: Connection, workspace: str, name: str) -> ExperimentRow | None:
    """One experiment."""
    found = connection.execute(_BY_NAME, {"workspace": workspace, "name": name}).first()
    return None if found is None else ExperimentRow(*found)


def change_experiment(connection: Connection, experiment_id: int, changes: Mapping[str, Any]) -> None:
    """Set some columns. Raises ``IntegrityError`` when a new name is taken."""
    connection.execute(update(experiments).where(experiments.c.experiment_id == experiment_id).values(**changes))


def move_runs(connection: Connection, experiment_id: int, stage: str, deleted_time: int | None) -> None:
    """Give all runs of an experiment a lifecycle stage."""
    moved = update(runs).where(runs.c.experiment_id == experiment_id)
    connection.execute(moved.values(lifecycle_stage=stage, deleted_time=deleted_time))


def put_tags(connection: Connection, experiment_id: int, tags: Mapping[str, str]) -> None:
    """Set tags."""
    _tags.run(connection, [{"experiment_id": experiment_id, "key": key, "value": value} for key, value in tags.items()])


def delete_tag(connection: Connection, experiment_id: int, key: str) -> bool:
    """Remove a tag; whether there was one."""
    these = (experiment_tags.c.experiment_id == experiment_id, experiment_tags.c.key == key)
    return connection.execute(delete(experiment_tags).where(*these)).rowcount > 0


def read_tags(connection: Connection, experiment_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """The tags of each experiment, by key."""
    found: dict[int, list[tuple[str, str]]] = {number: [] for number in experiment_ids}
    for start in range(0, len(experiment_ids), 5000):
        some = experiment_ids[start : start + 5000]
        statement = select(experiment_tags).where(experiment_tags.c.experiment_id.in_(some)).order_by(experiment_tags.c.key)
        for number, key, value in connection.execute(statement):
            found[number].append((key, value))
    return found
