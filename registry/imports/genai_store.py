"""Imported scorers and evaluation datasets in the metadata database: each function is one step of a transaction. What is there stays as it is."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, func, select, update

from registry.evaluation_datasets import store as dataset_store
from registry.evaluation_datasets.records import input_hash
from registry.imports.genai_types import DatasetRecord, EvaluationDataset, GenaiCounts, Scorer
from storage.genai_tables import dataset_records, evaluation_datasets, scorer_versions, scorers
from storage.upserts import insert_into

__all__ = ("count", "put_dataset", "put_records", "put_scorer")


def put_scorer(connection: Connection, scorer: Scorer) -> None:
    """Store versions of a scorer. One of the same name in its experiment is the same scorer, whatever its id."""
    highest = max((each.version for each in scorer.versions), default=0)
    these = (scorers.c.experiment_id == int(scorer.experiment_id), scorers.c.name == scorer.name)
    row = {"scorer_id": scorer.scorer_id, "experiment_id": int(scorer.experiment_id), "name": scorer.name, "last_version": highest}
    _put(connection, scorers, [row])
    connection.execute(update(scorers).where(*these, scorers.c.last_version < highest).values(last_version=highest))
    known = connection.scalar(select(scorers.c.scorer_id).where(*these))
    _put(connection, scorer_versions, [{"scorer_id": known, **msgspec.structs.asdict(each)} for each in scorer.versions])


def put_dataset(connection: Connection, dataset: EvaluationDataset) -> None:
    """Store a dataset with its tags, and share it with its experiments."""
    row = {name: getattr(dataset, name) for name in dataset.__struct_fields__ if name not in {"tags", "experiment_ids"}}
    if _put(connection, evaluation_datasets, [row]):
        dataset_store.put_tags(connection, dataset.dataset_id, dataset.tags)
    dataset_store.link(connection, dataset.dataset_id, [int(each) for each in dataset.experiment_ids])


def put_records(connection: Connection, dataset_id: str, records: Sequence[DatasetRecord]) -> None:
    """Store records; the same inputs are the same record."""
    rows = [{"dataset_id": dataset_id, "input_hash": input_hash(each.inputs), **msgspec.structs.asdict(each)} for each in records]
    _put(connection, dataset_records, rows)


def count(connection: Connection, named: Sequence[tuple[int, str]], dataset_ids: Sequence[str]) -> GenaiCounts:
    """How many rows belong to the named things."""
    versions = sum(_count(connection, scorer_versions, scorer_versions.c.scorer_id.in_(_ids(number, name))) for number, name in named)
    return GenaiCounts(
        versions,
        _count(connection, evaluation_datasets, evaluation_datasets.c.dataset_id.in_(dataset_ids)),
        _count(connection, dataset_records, dataset_records.c.dataset_id.in_(dataset_ids)),
    )


def _ids(experiment: int, name: str) -> Any:
    return select(scorers.c.scorer_id).where(scorers.c.experiment_id == experiment, scorers.c.name == name)


def _count(connection: Connection, table: Table, where: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(where)).scalar_one()


def _put(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> int:
    """Insert the rows that collide with none that is there. Returns how many were inserted."""
    statement = insert_into(table, connection).on_conflict_do_nothing()
    return sum(connection.execute(statement, row).rowcount for row in rows)
