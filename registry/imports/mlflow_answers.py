"""Answers of MLflow's REST API as what is imported. Pure."""

import math
from collections.abc import Mapping
from typing import Any

from registry.imports.types import Experiment, LoggedModel, ModelPoint, ReadDataset, Run
from registry.runs.checks import clamped
from registry.runs.metrics import Point

__all__ = ("Json", "experiment_of", "logged_model_of", "number_of", "pairs", "point_of", "run_of")

Json = Mapping[str, Any]


def number_of(value: Any) -> int:
    """A whole number, which JSON of protobuf may write as text; 0 where it is absent."""
    return int(value or 0)


def pairs(tags: Any) -> dict[str, str]:
    """Keys and values of params or tags."""
    return {tag["key"]: tag.get("value", "") for tag in tags or []}


def _value(value: Any) -> tuple[float, bool]:
    return clamped(float(value)) if value is not None else (math.nan, True)


def point_of(each: Json) -> Point:
    """A point of a metric."""
    value, is_nan = _value(each.get("value"))
    return Point(each["key"], number_of(each.get("step")), number_of(each.get("timestamp")), value, is_nan)


def experiment_of(each: Json, workspace: str) -> Experiment:
    """An experiment of a workspace."""
    created = number_of(each.get("creation_time"))
    return Experiment(
        experiment_id=str(each["experiment_id"]),
        name=each["name"],
        artifact_location=each.get("artifact_location", ""),
        lifecycle_stage=each.get("lifecycle_stage", "active"),
        creation_time=created,
        last_update_time=number_of(each.get("last_update_time")) or created,
        tags=pairs(each.get("tags")),
        workspace=workspace,
    )


def run_of(each: Json) -> Run:
    """A run with everything that belongs to it."""
    info, data = each["info"], each.get("data", {})
    inputs, outputs = each.get("inputs", {}), each.get("outputs", {})
    return Run(
        run_id=info["run_id"],
        experiment_id=str(info["experiment_id"]),
        name=info.get("run_name", ""),
        user_id=info.get("user_id", ""),
        status=info.get("status", "RUNNING"),
        start_time=number_of(info.get("start_time")),
        end_time=number_of(info["end_time"]) if "end_time" in info else None,
        deleted_time=None,
        artifact_uri=info.get("artifact_uri", ""),
        lifecycle_stage=info.get("lifecycle_stage", "active"),
        params=pairs(data.get("params")),
        tags=pairs(data.get("tags")),
        metrics=[point_of(metric) for metric in data.get("metrics", [])],
        datasets=[_dataset(found) for found in inputs.get("dataset_inputs", [])],
        model_inputs=[found["model_id"] for found in inputs.get("model_inputs", [])],
        model_outputs=[(found["model_id"], number_of(found.get("step"))) for found in outputs.get("model_outputs", [])],
    )


def _dataset(each: Json) -> ReadDataset:
    found = each["dataset"]
    return ReadDataset(
        name=found["name"],
        digest=found["digest"],
        source_type=found.get("source_type", ""),
        source=found.get("source", ""),
        schema=found.get("schema"),
        profile=found.get("profile"),
        tags=pairs(each.get("tags")),
    )


def logged_model_of(each: Json) -> LoggedModel:
    """A logged model with its params, tags and metrics."""
    info, data = each["info"], each.get("data", {})
    return LoggedModel(
        model_id=info["model_id"],
        experiment_id=str(info["experiment_id"]),
        name=info["name"],
        model_type=info.get("model_type", ""),
        source_run_id=info.get("source_run_id", ""),
        status=info.get("status", "LOGGED_MODEL_STATUS_UNSPECIFIED"),
        status_message=info.get("status_message"),
        artifact_location=info.get("artifact_uri", ""),
        lifecycle_stage="active",
        creation_timestamp_ms=number_of(info.get("creation_timestamp_ms")),
        last_updated_timestamp_ms=number_of(info.get("last_updated_timestamp_ms")),
        params=pairs(data.get("params")),
        tags=pairs(info.get("tags")),
        metrics=[_model_point(found) for found in data.get("metrics", [])],
    )


def _model_point(each: Json) -> ModelPoint:
    value, is_nan = _value(each.get("value"))
    return ModelPoint(
        key=each["key"],
        value=value,
        is_nan=is_nan,
        timestamp=number_of(each.get("timestamp")),
        step=number_of(each.get("step")),
        run_id=each.get("run_id", ""),
        dataset_name=each.get("dataset_name"),
        dataset_digest=each.get("dataset_digest"),
    )
