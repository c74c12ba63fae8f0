"""Logged models in the metadata database: each function is one step of a transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, Table, bindparam, delete, select, update

from registry.runs.messages import Metric
from storage.run_tables import logged_model_metrics, logged_model_params, logged_model_tags, logged_models
from storage.upserts import Upsert

__all__ = (
    "COLUMNS",
    "ModelRow",
    "change_model",
    "delete_tag",
    "insert_model",
    "params_of",
    "put_params",
    "put_tags",
    "read_metrics",
    "read_model",
    "read_params",
    "read_tags",
)

CHUNK: Final = 5000
NAN: Final = float("nan")


class ModelRow(msgspec.Struct, frozen=True):
    """A row of ``logged_models``, in the order of ``COLUMNS``."""

    model_id: str
    experiment_id: int
    name: str
    model_type: str
    source_run_id: str
    status: str
    status_message: str | None
    artifact_location: str
    lifecycle_stage: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int


COLUMNS: Final = tuple(logged_models.c[name] for name in ModelRow.__struct_fields__)
_BY_ID: Final = select(*COLUMNS).where(logged_models.c.model_id == bindparam("model_id"))
_params: Final = Upsert(logged_model_params)
_tags: Final = Upsert(logged_model_tags, ("value",))


def insert_model(connection: Connection, model: ModelRow) -> None:
    """Store a new model."""
    connection.execute(logged_models.insert(), msgspec.structs.asdict(model))


def read_model(connection: Connection, model_id: str) -> ModelRow | None:
    """One model, deleted or not."""
    found = connection.execute(_BY_ID, {"model_id": model_id}).first()
    return None if found is None else ModelRow(*found)


def change_model(connection: Connection, model_id: str, changes: Mapping[str, Any]) -> None:
    """Set some columns of a model."""
    connection.execute(update(logged_models).where(logged_models.c.model_id == model_id).values(**changes))


def put_params(connection: Connection, model_id: str, params: Mapping[str, str]) -> None:
    """Add params; those that are there stay as they are."""
    _params.run(connection, [{"model_id": model_id, "key": key, "value": value} for key, value in params.items()])


def put_tags(connection: Connection, model_id: str, tags: Mapping[str, str]) -> None:
    """Set tags."""
    _tags.run(connection, [{"model_id": model_id, "key": key, "value": value} for key, value in tags.items()])


def delete_tag(connection: Connection, model_id: str, key: str) -> bool:
    """Remove a tag; whether there was one."""
    these = (logged_model_tags.c.model_id == model_id, logged_model_tags.c.key == key)
    return connection.execute(delete(logged_model_tags).where(*these)).rowcount > 0


def params_of(connection: Connection, model_id: str) -> dict[str, str]:
    """The params of one model."""
    return dict(read_params(connection, [model_id]).get(model_id, []))


def read_params(connection: Connection, model_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """The params of models by key; models without any are absent."""
    return _pairs(connection, logged_model_params, model_ids)


def read_tags(connection: Connection, model_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """The tags of models by key; models without any are absent."""
    return _pairs(connection, logged_model_tags, model_ids)


def read_metrics(connection: Connection, model_ids: Sequence[str]) -> dict[str, list[Metric]]:
    """The metrics of models by key, step and time; models without any are absent."""
    found: dict[str, list[Metric]] = {}
    columns = logged_model_metrics.c
    for start in range(0, len(model_ids), CHUNK):
        these = columns.model_id.in_(model_ids[start : start + CHUNK])
        statement = select(logged_model_metrics).where(these).order_by(columns.key, columns.step, columns.timestamp, columns.run_id)
        for row in connection.execute(statement).mappings():
            found.setdefault(row["model_id"], []).append(_metric(row))
    return found


def _metric(row: RowMapping) -> Metric:
    return Metric(
        key=row["key"],
        value=NAN if row["is_nan"] else row["value"],
        timestamp=row["timestamp"],
        step=row["step"],
        dataset_name=row["dataset_name"],
        dataset_digest=row["dataset_digest"],
        model_id=row["model_id"],
        run_id=row["run_id"],
    )


def _pairs(connection: Connection, table: Table, model_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for start in range(0, len(model_ids), CHUNK):
        these = table.c.model_id.in_(model_ids[start : start + CHUNK])
        for model_id, key, value in connection.execute(select(table).where(these).order_by(table.c.key)):
            found.setdefault(model_id, []).append((key, value))
    return found
