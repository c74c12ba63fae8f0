"""Metrics of logged models in the metadata database: a model has few, each at few steps."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from registry.errors import ResourceDoesNotExist
from registry.runs.checks import clamped
from registry.runs.messages import Metric
from storage.run_tables import logged_model_metrics, logged_models
from storage.upserts import Upsert

__all__ = ("put_model_metrics",)

_metrics: Final = Upsert(logged_model_metrics)


def put_model_metrics(connection: Connection, run_id: str, metrics: Sequence[Metric]) -> None:
    """Store metrics that name a model. Raises ``ResourceDoesNotExist``: a model that was deleted is still there, one that never was is a mistake."""
    named = dict.fromkeys(metric.model_id for metric in metrics if metric.model_id)
    here = set(connection.scalars(select(logged_models.c.model_id).where(logged_models.c.model_id.in_(named))))
    if missing := [model_id for model_id in named if model_id not in here]:
        raise ResourceDoesNotExist(f"Logged model with ID '{missing[0]}' not found.")
    rows = {}
    for metric in metrics:
        row = _row(run_id, metric)
        rows[row["model_id"], row["key"], row["timestamp"], row["step"]] = row
    _metrics.run(connection, list(rows.values()))


def _row(run_id: str, metric: Metric) -> dict[str, Any]:
    value, is_nan = clamped(metric.value)
    return {
        "model_id": metric.model_id,
        "key": metric.key,
        "timestamp": metric.timestamp,
        "step": metric.step or 0,
        "run_id": run_id,
        "value": value,
        "is_nan": is_nan,
        "dataset_name": metric.dataset_name,
        "dataset_digest": metric.dataset_digest,
    }
