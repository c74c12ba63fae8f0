"""Datasets and records as clients see them."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from registry.errors import InvalidParameterValue
from registry.evaluation_datasets import messages as wire
from registry.evaluation_datasets import store
from registry.evaluation_datasets.store import DatasetRow, RecordRow
from tracing.payload import encode

__all__ = ("digest_of", "record_object", "tag_texts", "whole_datasets")


def whole_datasets(connection: Connection, rows: Sequence[DatasetRow]) -> list[wire.Dataset]:
    """Datasets as clients see them; a fixed number of statements, however many."""
    ids = [row.dataset_id for row in rows]
    tags, experiments = store.read_tags(connection, ids), store.read_experiments(connection, ids)
    counts = store.count_records(connection, ids)
    return [
        wire.Dataset(
            dataset_id=row.dataset_id,
            name=row.name,
            tags=encode(tags[row.dataset_id]),
            schema=encode(row.schema) if row.schema else None,
            profile=encode({"num_records": counts[row.dataset_id]}) if row.dataset_id in counts else None,
            digest=row.digest,
            created_time=row.created_time,
            last_update_time=row.last_update_time,
            created_by=row.created_by,
            last_updated_by=row.last_updated_by,
            experiment_ids=experiments[row.dataset_id],
        )
        for row in rows
    ]


def record_object(row: RecordRow) -> dict[str, Any]:
    """A record as clients see it."""
    known = {
        "dataset_record_id": row.record_id,
        "dataset_id": row.dataset_id,
        "inputs": row.inputs,
        **row.said,
        "created_time": row.created_time,
        "last_update_time": row.last_update_time,
        "created_by": row.created_by,
        "last_updated_by": row.last_updated_by,
    }
    return {key: value for key, value in known.items() if value is not None}


def tag_texts(given: dict[str, Any]) -> dict[str, str | None]:
    """Tags are texts; other values become their JSON. Raises ``InvalidParameterValue``."""
    for key in given:
        if not key:
            raise InvalidParameterValue("A tag needs a key.")
    return {key: value if value is None or isinstance(value, str) else encode(value) for key, value in given.items()}


def digest_of(name: str, time: int) -> str:
    """A digest that changes with each change of a dataset."""
    return hashlib.sha256(f"{name}:{time}".encode()).hexdigest()[:8]
