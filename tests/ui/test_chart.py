"""Line charts, as coordinates."""

import math

from server.ui.chart import HEIGHT, WIDTH, Point, draw


def points(*values, timestamp=0):
    return [Point(step, timestamp + step, value) for step, value in enumerate(values)]


def test_a_line_fills_the_drawing_from_edge_to_edge():
    chart = draw("loss", {"a": points(4.0, 2.0, 0.0)})
    assert chart.lines[0].strokes == [f"0,0 {WIDTH / 2:g},{HEIGHT / 2:g} {WIDTH},{HEIGHT}"]
    assert (chart.low, chart.high, chart.first, chart.last, chart.lines[0].last) == (0.0, 4.0, 0, 2, 0.0)


def test_what_is_not_a_number_is_a_gap_that_is_counted():
    chart = draw("loss", {"a": points(1.0, 2.0, math.nan, 3.0, math.inf, 4.0)})
    assert len(chart.lines[0].strokes) == 1
    assert len(chart.lines[0].dots) == 2
    assert chart.gaps == 2


def test_several_runs_share_the_scale_and_the_order_of_hues():
    chart = draw("loss", {"a": points(0.0, 1.0), "b": points(1.0, 3.0), "c": []})
    assert [line.hue for line in chart.lines] == [0, 1, 2]
    assert (chart.low, chart.high) == (0.0, 3.0)
    assert chart.lines[2].last is None


def test_points_without_steps_are_laid_out_by_time():
    chart = draw("loss", {"a": [Point(0, 1000, 1.0), Point(0, 3000, 2.0)]})
    assert chart.by_time
    assert chart.lines[0].strokes == [f"0,{HEIGHT} {WIDTH},0"]


def test_a_constant_is_in_the_middle_and_nothing_is_no_chart():
    assert draw("loss", {"a": points(2.0)}).lines[0].dots == [(WIDTH / 2, HEIGHT / 2)]
    assert draw("loss", {"a": []}) is None
    assert draw("loss", {"a": points(math.nan)}) is None


def test_the_largest_numbers_there_are_do_not_overflow():
    chart = draw("loss", {"a": points(-1.7e308, 1.7e308)})
    assert chart.lines[0].strokes == [f"0,{HEIGHT} {WIDTH},0"]
