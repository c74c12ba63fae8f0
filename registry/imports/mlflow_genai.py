"""Scorers and evaluation datasets of MLflow's database, from rows as they are read. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import RowMapping

from registry.imports.genai_types import DatasetRecord, EvaluationDataset, Scorer, ScorerVersion

__all__ = ("TABLES", "dataset_of", "record_of", "scorer_of")

Row = RowMapping | Mapping[str, Any]
TABLES: Final = (
    "scorers",
    "scorer_versions",
    "evaluation_datasets",
    "evaluation_dataset_tags",
    "evaluation_dataset_records",
    "entity_associations",
)
SAID: Final = ("outputs", "expectations", "tags", "source")


def scorer_of(row: Row, versions: Sequence[Row]) -> Scorer:
    """A scorer."""
    return Scorer(
        scorer_id=row["scorer_id"],
        experiment_id=str(row["experiment_id"]),
        name=row["scorer_name"],
        versions=[
            ScorerVersion(version=each["scorer_version"], serialized=each["serialized_scorer"], creation_time=each["creation_time"] or 0)
            for each in versions
        ],
    )


def dataset_of(row: Row, tags: Sequence[Row], experiment_ids: Sequence[str]) -> EvaluationDataset:
    """A dataset without its records."""
    schema = _json(row["schema"])
    return EvaluationDataset(
        dataset_id=row["dataset_id"],
        name=row["name"],
        schema=schema if isinstance(schema, dict) else None,
        digest=row["digest"] or "",
        created_time=row["created_time"] or 0,
        last_update_time=row["last_update_time"] or row["created_time"] or 0,
        created_by=row["created_by"],
        last_updated_by=row["last_updated_by"],
        tags={each["key"]: each["value"] or "" for each in tags},
        experiment_ids=list(experiment_ids),
    )


def record_of(row: Row) -> DatasetRecord:
    """A record."""
    said = {name: _unwrapped(value) for name in SAID if (value := _json(row.get(name))) is not None}
    named = {name: row[name] for name in ("source_id", "source_type") if row[name] is not None}
    return DatasetRecord(
        record_id=row["dataset_record_id"],
        inputs=_json(row["inputs"]),
        said={"tags": {}, **said, **named},
        created_time=row["created_time"] or 0,
        last_update_time=row["last_update_time"] or row["created_time"] or 0,
        created_by=row["created_by"],
        last_updated_by=row["last_updated_by"],
    )


def _unwrapped(value: Any) -> Any:
    """Outputs, which may be of any kind, are in an object of this one key there."""
    return value["mlflow_wrapped"] if isinstance(value, dict) and value.keys() == {"mlflow_wrapped"} else value


def _json(value: Any) -> Any:
    """A column of JSON is text in one database, and a value in another."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
