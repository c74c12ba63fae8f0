"""Line charts as SVG: points into the coordinates of a drawing. Pure.

The drawing is ``WIDTH`` by ``HEIGHT``; the page scales it. A value that is not a number leaves a gap, and is counted.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

__all__ = ("HEIGHT", "WIDTH", "Chart", "Line", "Point", "draw")

WIDTH: Final = 600
HEIGHT: Final = 140


class Point(msgspec.Struct, frozen=True):
    """A value at a step, logged at a time in milliseconds."""

    step: int
    timestamp: int
    value: float


class Line(msgspec.Struct, frozen=True):
    """One series: ``strokes`` are lists of ``x,y`` between gaps, ``dots`` the points that have no neighbour; ``hue`` counts from 0."""

    label: str
    hue: int
    strokes: list[str]
    dots: list[tuple[float, float]]
    last: float | None


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing with what its edges mean. ``by_time``: the steps say nothing, and the horizontal axis is time in milliseconds."""

    title: str
    lines: list[Line]
    low: float
    high: float
    first: int
    last: int
    by_time: bool
    gaps: int


class _Frame(msgspec.Struct, frozen=True):
    first: int
    last: int
    low: float
    high: float
    by_time: bool

    def place(self, point: Point) -> tuple[float, float]:
        at = point.timestamp if self.by_time else point.step
        across = (at - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        spread = self.high / 2 - self.low / 2  # halved, as the whole may be more than the largest number there is
        up = (point.value / 2 - self.low / 2) / spread if spread else 0.5
        return round(across * WIDTH, 1), round((1 - up) * HEIGHT, 1)


def draw(title: str, series: Mapping[str, Sequence[Point]]) -> Chart | None:
    """The chart of a metric of one or several runs; ``None`` where there is no number to show."""
    every = [point for points in series.values() for point in points]
    finite = [point for point in every if math.isfinite(point.value)]
    if not finite:
        return None
    frame = _frame(every, [point.value for point in finite])
    lines = [_line(label, hue, points, frame) for hue, (label, points) in enumerate(series.items())]
    return Chart(
        title=title,
        lines=lines,
        low=frame.low,
        high=frame.high,
        first=frame.first,
        last=frame.last,
        by_time=frame.by_time,
        gaps=len(every) - len(finite),
    )


def _frame(points: Sequence[Point], values: Sequence[float]) -> _Frame:
    """Gaps at the ends are part of the stretch, too."""
    by_time = len({point.step for point in points}) == 1 and len({point.timestamp for point in points}) > 1
    places = [point.timestamp if by_time else point.step for point in points]
    return _Frame(min(places), max(places), min(values), max(values), by_time)


def _line(label: str, hue: int, points: Sequence[Point], frame: _Frame) -> Line:
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if math.isfinite(point.value):
            runs[-1].append(frame.place(point))
        elif runs[-1]:
            runs.append([])
    last = points[-1].value if points else None
    return Line(
        label=label,
        hue=hue,
        strokes=[" ".join(f"{x:g},{y:g}" for x, y in run) for run in runs if len(run) > 1],
        dots=[run[0] for run in runs if len(run) == 1],
        last=last,
    )
