"""Charts of what models did: quiet stretches are seen as such, and what is unknown is a gap."""

from decimal import Decimal

from server.ui.usage_chart import UsagePoint, step_of, usage_charts

HOUR = 3600


def point(hour: int, calls: int, **more) -> UsagePoint:
    return UsagePoint(**{"at": hour * HOUR, "calls": calls, "errors": 0, "cost": Decimal(1), "p95_ms": 80.0} | more)


def test_hours_without_a_call_are_zero_calls_and_no_latency():
    charts = usage_charts([point(10, 4), point(12, 8, errors=2)], 10 * HOUR + 59, 14 * HOUR)
    calls, errors = charts.calls.lines
    assert (charts.calls.low, charts.calls.high, calls.strokes) == (0, 8, ["0,70 150,140 300,0 450,140 600,140"])
    assert errors.strokes == ["0,140 150,140 300,105 450,140 600,140"]
    assert [x for x, _ in charts.latency.lines[0].dots] == [0, 300]


def test_a_cost_that_is_unknown_is_a_gap_and_not_zero():
    charts = usage_charts([point(0, 1), point(1, 1, cost=None), point(2, 1)], 0, 2 * HOUR)
    assert (charts.cost.low, charts.cost.high, len(charts.cost.lines[0].dots)) == (1, 1, 2)
    assert usage_charts([point(0, 1, cost=None)], 0, 0).cost is None


def test_an_hour_is_shown_by_the_minute_and_a_day_by_the_hour():
    assert [step_of(seconds) for seconds in (900, 3600, 86_400)] == ["minute", "minute", "hour"]
