"""Runs as a table: which params and metrics are worth a column, and what a run is called. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from registry.runs.messages import Run

__all__ = ("Column", "RunRow", "RunTable", "arranged", "description_of", "shown_tags")

MAX_COLUMNS: Final = 8
"""Of each kind. A run may have thousands."""

NOTE_TAG: Final = "mlflow.note.content"
SYSTEM: Final = "mlflow."


class Column(msgspec.Struct, frozen=True):
    """A param or a metric; ``order`` is how MLflow's language orders by it."""

    key: str
    order: str


class RunRow(msgspec.Struct, frozen=True):
    """A run with the values of the columns, ``None`` for what it does not have."""

    run: Run
    metrics: list[float | None]
    params: list[str | None]


class RunTable(msgspec.Struct, frozen=True):
    """The table; ``hidden`` counts params and metrics without a column."""

    metrics: list[Column]
    params: list[Column]
    rows: list[RunRow]
    hidden: int


def arranged(runs: Sequence[Run]) -> RunTable:
    """Metrics that most runs have; params whose values differ come first, as those that are all the same tell nothing."""
    metrics = Counter(metric.key for run in runs for metric in run.data.metrics)
    params = Counter(param.key for run in runs for param in run.data.params)
    values = {key: {_param(run, key) for run in runs} for key in params}
    metric_keys = sorted(metrics, key=lambda key: (-metrics[key], key))
    param_keys = sorted(params, key=lambda key: (len(values[key]) == 1, -params[key], key))
    shown = (metric_keys[:MAX_COLUMNS], param_keys[:MAX_COLUMNS])
    return RunTable(
        metrics=[Column(key, f"metrics.`{key}`") for key in shown[0]],
        params=[Column(key, f"params.`{key}`") for key in shown[1]],
        rows=[_row(run, *shown) for run in runs],
        hidden=len(metric_keys) + len(param_keys) - len(shown[0]) - len(shown[1]),
    )


def shown_tags(run: Run) -> list[tuple[str, str]]:
    """Tags that somebody set, by key; those of clients are left out."""
    return sorted((tag.key, tag.value or "") for tag in run.data.tags if not tag.key.startswith(SYSTEM))


def description_of(run: Run) -> str:
    """What MLflow's pages call a run's note."""
    return next((tag.value or "" for tag in run.data.tags if tag.key == NOTE_TAG), "")


def _row(run: Run, metric_keys: Sequence[str], param_keys: Sequence[str]) -> RunRow:
    values = {metric.key: metric.value for metric in run.data.metrics}
    return RunRow(run, [values.get(key) for key in metric_keys], [_param(run, key) for key in param_keys])


def _param(run: Run, key: str) -> str | None:
    return next((param.value or "" for param in run.data.params if param.key == key), None)
