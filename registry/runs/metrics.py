"""Points of metrics: which of them is the latest, and the rows that the journal takes."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from registry.runs.checks import clamped
from registry.runs.messages import Metric
from storage.records import Row

__all__ = ("Point", "history_rows", "latest_rows", "points_of")

TABLE: Final = "metrics"
_encoder: Final = msgspec.json.Encoder()


class Point(msgspec.Struct, frozen=True, order=True):
    """One value of a metric. In the order of fields within a key, the greatest is the latest."""

    key: str
    step: int
    timestamp: int
    value: float
    is_nan: bool


class _HistoryRow(msgspec.Struct, frozen=True):
    run_id: str
    key: str
    step: int
    timestamp: int
    value: float
    is_nan: bool


def points_of(metrics: Iterable[Metric]) -> list[Point]:
    """What is stored of metrics that were logged, each once, in their order."""
    return list(dict.fromkeys(_point(metric) for metric in metrics))


def _point(metric: Metric) -> Point:
    value, is_nan = clamped(metric.value)
    return Point(metric.key, metric.step or 0, metric.timestamp, value, is_nan)


def latest_rows(run_id: str, points: Sequence[Point]) -> list[dict[str, Any]]:
    """The latest point of each key, as rows of ``latest_metrics``, by key: so two writers of one run lock them in one order."""
    latest: dict[str, Point] = {}
    for point in points:
        if (known := latest.get(point.key)) is None or known < point:
            latest[point.key] = point
    return [
        {"run_id": run_id, "key": key, "value": point.value, "is_nan": point.is_nan, "timestamp": point.timestamp, "step": point.step}
        for key, point in sorted(latest.items())
    ]


def history_rows(run_id: str, points: Iterable[Point]) -> list[Row]:
    """All points, as rows on their way to the telemetry database."""
    return [
        Row(TABLE, _encoder.encode(_HistoryRow(run_id, point.key, point.step, point.timestamp, point.value, point.is_nan)))
        for point in points
    ]
