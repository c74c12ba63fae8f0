"""Evaluation datasets in the metadata database: each function is one step of a transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from storage.genai_tables import dataset_experiments, dataset_records, dataset_tags, evaluation_datasets
from storage.upserts import Upsert

__all__ = (
    "COLUMNS",
    "DatasetRow",
    "RecordRow",
    "change_dataset",
    "change_record",
    "count_records",
    "delete_dataset",
    "delete_records",
    "delete_tag",
    "insert_dataset",
    "insert_record",
    "link",
    "put_tags",
    "read_dataset",
    "read_experiments",
    "read_record",
    "read_records",
    "read_tags",
    "unlink",
)


class DatasetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``evaluation_datasets``, in the order of ``COLUMNS``."""

    dataset_id: str
    name: str
    schema: dict[str, Any] | None = None
    digest: str
    created_time: int
    last_update_time: int
    created_by: str | None = None
    last_updated_by: str | None = None


class RecordRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``dataset_records``."""

    record_id: str
    dataset_id: str
    input_hash: str
    inputs: Any
    said: dict[str, Any]
    created_time: int
    last_update_time: int
    created_by: str | None = None
    last_updated_by: str | None = None


COLUMNS: Final = tuple(evaluation_datasets.c[name] for name in DatasetRow.__struct_fields__)
_RECORD: Final = tuple(dataset_records.c[name] for name in RecordRow.__struct_fields__)
_tags: Final = Upsert(dataset_tags, ("value",))
_links: Final = Upsert(dataset_experiments)


def insert_dataset(connection: Connection, row: DatasetRow) -> None:
    """Store a new dataset."""
    connection.execute(evaluation_datasets.insert(), msgspec.structs.asdict(row))


def read_dataset(connection: Connection, dataset_id: str) -> DatasetRow | None:
    """One dataset."""
    found = connection.execute(select(*COLUMNS).where(evaluation_datasets.c.dataset_id == dataset_id)).mappings().first()
    return None if found is None else DatasetRow(**found)


def change_dataset(connection: Connection, dataset_id: str, changes: Mapping[str, Any]) -> None:
    """Set some columns."""
    connection.execute(update(evaluation_datasets).where(evaluation_datasets.c.dataset_id == dataset_id).values(**changes))


def delete_dataset(connection: Connection, dataset_id: str) -> None:
    """Remove a dataset with all that belongs to it."""
    connection.execute(delete(evaluation_datasets).where(evaluation_datasets.c.dataset_id == dataset_id))


def put_tags(connection: Connection, dataset_id: str, tags: Mapping[str, str]) -> None:
    """Set tags."""
    _tags.run(connection, [{"dataset_id": dataset_id, "key": key, "value": value} for key, value in tags.items()])


def delete_tag(connection: Connection, dataset_id: str, key: str) -> None:
    """Remove a tag, if it is there."""
    connection.execute(delete(dataset_tags).where(dataset_tags.c.dataset_id == dataset_id, dataset_tags.c.key == key))


def read_tags(connection: Connection, dataset_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of each dataset."""
    found: dict[str, dict[str, str]] = {each: {} for each in dataset_ids}
    statement = select(dataset_tags).where(dataset_tags.c.dataset_id.in_(dataset_ids)).order_by(dataset_tags.c.key)
    for dataset_id, key, value in connection.execute(statement):
        found[dataset_id][key] = value
    return found


def link(connection: Connection, dataset_id: str, experiments: Sequence[int]) -> None:
    """Share a dataset with experiments; those that share it already are left as they are."""
    _links.run(connection, [{"dataset_id": dataset_id, "experiment_id": number} for number in dict.fromkeys(experiments)])


def unlink(connection: Connection, dataset_id: str, experiments: Sequence[int]) -> None:
    """Share it with these no longer."""
    these = (dataset_experiments.c.dataset_id == dataset_id, dataset_experiments.c.experiment_id.in_(experiments))
    connection.execute(delete(dataset_experiments).where(*these))


def read_experiments(connection: Connection, dataset_ids: Sequence[str]) -> dict[str, list[str]]:
    """The experiments of each dataset."""
    found: dict[str, list[str]] = {each: [] for each in dataset_ids}
    table = dataset_experiments
    for dataset_id, number in connection.execute(select(table).where(table.c.dataset_id.in_(dataset_ids)).order_by(table.c.experiment_id)):
        found[dataset_id].append(str(number))
    return found


def insert_record(connection: Connection, row: RecordRow) -> None:
    """Store a new record. Raises ``IntegrityError`` when its inputs are there already."""
    connection.execute(dataset_records.insert(), msgspec.structs.asdict(row))


def change_record(connection: Connection, record_id: str, changes: Mapping[str, Any]) -> None:
    """Set some columns."""
    connection.execute(update(dataset_records).where(dataset_records.c.record_id == record_id).values(**changes))


def read_record(connection: Connection, dataset_id: str, input_hash: str) -> RecordRow | None:
    """The record of these inputs."""
    these = (dataset_records.c.dataset_id == dataset_id, dataset_records.c.input_hash == input_hash)
    found = connection.execute(select(*_RECORD).where(*these)).mappings().first()
    return None if found is None else RecordRow(**found)


def read_records(connection: Connection, dataset_id: str, offset: int, limit: int) -> list[RecordRow]:
    """Some records, the oldest first."""
    statement = select(*_RECORD).where(dataset_records.c.dataset_id == dataset_id)
    ordered = statement.order_by(dataset_records.c.created_time, dataset_records.c.record_id).offset(offset).limit(limit)
    return [RecordRow(**found) for found in connection.execute(ordered).mappings()]


def count_records(connection: Connection, dataset_ids: Sequence[str]) -> dict[str, int]:
    """How many records each dataset has; those without any are absent."""
    table = dataset_records
    statement = (
        select(table.c.dataset_id, func.count().label("records")).where(table.c.dataset_id.in_(dataset_ids)).group_by(table.c.dataset_id)
    )
    return {row.dataset_id: row.records for row in connection.execute(statement)}


def delete_records(connection: Connection, dataset_id: str, record_ids: Sequence[str]) -> int:
    """Remove records; how many there were."""
    these = (dataset_records.c.dataset_id == dataset_id, dataset_records.c.record_id.in_(record_ids))
    return connection.execute(delete(dataset_records).where(*these)).rowcount
