"""What models did over a stretch of time, as small charts. Pure."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal

import msgspec

from server.ui.chart import Chart, Point, draw

__all__ = ("UsageCharts", "UsagePoint", "UsageStep", "step_of", "usage_charts")

UsageStep = Literal["minute", "hour"]
SECONDS: Final[dict[UsageStep, int]] = {"minute": 60, "hour": 3600}
FINE: Final = 3600
"""The longest stretch, in seconds, that is shown minute by minute."""


class UsagePoint(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one minute or hour; ``at`` is its beginning, in seconds since the epoch. ``None`` is unknown."""

    at: int
    calls: int
    errors: int
    cost: Decimal | None
    p95_ms: float | None


class UsageCharts(msgspec.Struct, frozen=True, kw_only=True):
    """Charts of the same stretch: calls with errors, the 95th percentile of latency, cost in dollars. ``None`` where there is nothing to draw."""

    step: UsageStep
    calls: Chart | None
    latency: Chart | None
    cost: Chart | None


def step_of(seconds: int) -> UsageStep:
    """How finely a stretch is shown."""
    return "minute" if seconds <= FINE else "hour"


def usage_charts(points: Sequence[UsagePoint], since: int, until: int) -> UsageCharts:
    """From ``since`` to ``until``, in seconds since the epoch. Where nobody called are no calls, no errors and no cost, and no latency."""
    step = step_of(until - since)
    known = {point.at: point for point in points}
    places = range(since - since % SECONDS[step], until + 1, SECONDS[step])
    return UsageCharts(
        step=step,
        calls=draw("calls", {"calls": _line(known, places, "calls", 0), "errors": _line(known, places, "errors", 0)}),
        latency=draw("latency", {"p95": _line(known, places, "p95_ms", math.nan)}),
        cost=draw("cost", {"cost": _line(known, places, "cost", 0)}),
    )


def _line(known: dict[int, UsagePoint], places: range, field: str, nobody: float) -> list[Point]:
    """``nobody`` stands where nobody called; what is unknown of who did is a gap."""
    return [Point(0, at * 1000, nobody if at not in known else _number(getattr(known[at], field))) for at in places]


def _number(value: Decimal | float | None) -> float:
    return math.nan if value is None else float(value)
