"""Rows of MLflow's database as what is imported. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import RowMapping

from registry.imports.types import LoggedModel, ModelPoint, ReadDataset, Run, Version
from registry.runs.metrics import Point
from registry.workspaces.scope import DEFAULT

__all__ = ("Row", "logged_model_of", "pairs", "point_of", "read_dataset_of", "run_of", "version_of", "workspace_of")

Row = RowMapping | Mapping[str, Any]

STATUSES: Final = {
    0: "LOGGED_MODEL_STATUS_UNSPECIFIED",
    1: "LOGGED_MODEL_PENDING",
    2: "LOGGED_MODEL_READY",
    3: "LOGGED_MODEL_UPLOAD_FAILED",
}


def workspace_of(row: Row) -> str:
    """The workspace of a row. Releases before workspaces have no column of them."""
    return row.get("workspace") or DEFAULT


def pairs(rows: Sequence[Row]) -> dict[str, str]:
    """Keys and values of params or tags."""
    return {row["key"]: row["value"] or "" for row in rows}


def point_of(row: Row) -> Point:
    """A point of a metric, from a row of ``metrics`` or ``latest_metrics``."""
    is_nan = bool(row["is_nan"])
    return Point(row["key"], row["step"] or 0, row["timestamp"] or 0, 0.0 if is_nan else row["value"], is_nan)


def read_dataset_of(row: Row, tags: Sequence[Row]) -> ReadDataset:
    """A dataset that a run read."""
    return ReadDataset(
        name=row["name"],
        digest=row["digest"],
        source_type=row["dataset_source_type"],
        source=row["dataset_source"],
        schema=row["dataset_schema"],
        profile=row["dataset_profile"],
        tags={tag["name"]: tag["value"] for tag in tags},
    )


def run_of(row: Row, **belongings: Any) -> Run:
    """A run; ``belongings`` are its params, tags, metrics, datasets and models."""
    return Run(
        run_id=row["run_uuid"],
        experiment_id=str(row["experiment_id"]),
        name=row["name"] or belongings["tags"].get("mlflow.runName", ""),
        user_id=row["user_id"] or "",
        status=row["status"] or "RUNNING",
        start_time=row["start_time"] or 0,
        end_time=row["end_time"],
        deleted_time=row.get("deleted_time"),
        artifact_uri=row["artifact_uri"] or "",
        lifecycle_stage=row["lifecycle_stage"] or "active",
        **belongings,
    )


def logged_model_of(row: Row, params: Sequence[Row], tags: Sequence[Row], metrics: Sequence[Row]) -> LoggedModel:
    """A logged model with its params, tags and metrics."""
    return LoggedModel(
        model_id=row["model_id"],
        experiment_id=str(row["experiment_id"]),
        name=row["name"],
        model_type=row["model_type"] or "",
        source_run_id=row["source_run_id"] or "",
        status=STATUSES.get(row["status"], STATUSES[0]),
        status_message=row["status_message"],
        artifact_location=row["artifact_location"],
        lifecycle_stage=row["lifecycle_stage"] or "active",
        creation_timestamp_ms=row["creation_timestamp_ms"],
        last_updated_timestamp_ms=row["last_updated_timestamp_ms"],
        params={each["param_key"]: each["param_value"] for each in params},
        tags={each["tag_key"]: each["tag_value"] for each in tags},
        metrics=[_model_point(each) for each in metrics],
    )


def _model_point(row: Row) -> ModelPoint:
    value = row["metric_value"]
    return ModelPoint(
        key=row["metric_name"],
        value=0.0 if value is None else value,
        is_nan=value is None,
        timestamp=row["metric_timestamp_ms"],
        step=row["metric_step"],
        run_id=row["run_id"],
        dataset_name=row["dataset_name"],
        dataset_digest=row["dataset_digest"],
    )


def version_of(row: Row, tags: Sequence[Row]) -> Version:
    """A version of a registered model."""
    return Version(
        version=row["version"],
        stage=row["current_stage"] or "None",
        description=row["description"] or "",
        source=row["source"] or "",
        storage_location=row.get("storage_location") or "",
        run_id=row["run_id"] or "",
        run_link=row["run_link"] or "",
        created_by=row["user_id"] or "",
        created_at=row["creation_time"] or 0,
        updated_at=row["last_updated_time"] or row["creation_time"] or 0,
        tags=pairs(tags),
    )
