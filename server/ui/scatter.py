"""Runs as points: a param or a metric against a metric, so that one sees what made a difference. Pure."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from registry.runs.messages import Run
from server.ui.chart import HEIGHT, WIDTH

__all__ = ("Axes", "Dot", "Scatter", "axes_of", "scatter")

METRIC: Final = "metrics."
PARAM: Final = "params."


class Axes(msgspec.Struct, frozen=True):
    """What can be chosen, as ``metrics.loss`` and ``params.depth``: ``y`` are metrics, ``x`` those and all params that are numbers."""

    x: list[str]
    y: list[str]


class Dot(msgspec.Struct, frozen=True):
    """A run at its place in the drawing; ``at`` are its two values."""

    run_id: str
    name: str
    x: float
    y: float
    at: tuple[float, float]


class Scatter(msgspec.Struct, frozen=True, kw_only=True):
    """The drawing, what its edges mean, and how many runs lack one of the two values."""

    x: str
    y: str
    dots: list[Dot]
    across: tuple[float, float]
    up: tuple[float, float]
    absent: int


def axes_of(runs: Sequence[Run]) -> Axes:
    """The metrics and params that can be axes: those of at least two of these runs.

    Params must differ, since one value for all tells nothing.
    """
    metrics = sorted({METRIC + each.key for run in runs for each in run.data.metrics})
    params = sorted({PARAM + each.key for run in runs for each in run.data.params})
    x = [name for name in (*params, *metrics) if len({value for run in runs if (value := _value(run, name)) is not None}) > 1]
    y = [name for name in metrics if sum(_value(run, name) is not None for run in runs) > 1]
    return Axes(x, y)


def scatter(runs: Sequence[Run], x: str, y: str) -> Scatter | None:
    """The drawing; ``None`` where no run has both."""
    found = [(run, across, up) for run in runs if (across := _value(run, x)) is not None and (up := _value(run, y)) is not None]
    if not found:
        return None
    low, high = ([edge(values) for values in zip(*((each[1], each[2]) for each in found), strict=True)] for edge in (min, max))
    dots = [
        Dot(
            run.info.run_id,
            run.info.run_name or run.info.run_id,
            round(_share(across, low[0], high[0]) * WIDTH, 1),
            round((1 - _share(up, low[1], high[1])) * HEIGHT, 1),
            (across, up),
        )
        for run, across, up in found
    ]
    return Scatter(x=x, y=y, dots=dots, across=(low[0], high[0]), up=(low[1], high[1]), absent=len(runs) - len(found))


def _share(value: float, low: float, high: float) -> float:
    """A value's place between two others, from 0 to 1. Computed with halves, since the whole range may exceed the largest float."""
    return (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5


def _value(run: Run, name: str) -> float | None:
    """A finite number, ``None`` for anything else: params are text."""
    key = name.partition(".")[2]
    found: float | str | None
    if name.startswith(METRIC):
        found = next((each.value for each in run.data.metrics if each.key == key), None)
    else:
        found = next((each.value for each in run.data.params if each.key == key), None)
    try:
        number = math.nan if found is None else float(found)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
