"""Runs as points."""

from registry.runs.messages import Metric, Param, Run, RunData, RunInfo, RunInputs, RunStatus
from server.ui.chart import HEIGHT, WIDTH
from server.ui.scatter import axes_of, scatter


def run(name, depth, **metrics):
    info = RunInfo(
        run_id=name,
        run_uuid=name,
        run_name=name,
        experiment_id="1",
        user_id="",
        artifact_uri="",
        status=RunStatus.FINISHED,
        start_time=0,
        lifecycle_stage="active",
    )
    values = [Metric(key=key, value=value, timestamp=1, step=0) for key, value in metrics.items()]
    return Run(
        info=info, data=RunData(metrics=values, params=[Param(key="depth", value=depth), Param(key="same", value="1")]), inputs=RunInputs()
    )


RUNS = [run("a", "2", loss=0.5), run("b", "4", loss=0.1), run("c", "deep", loss=0.3), run("d", "6", loss=float("nan")), run("e", "8")]


def test_what_can_be_chosen_are_numbers_that_differ():
    axes = axes_of(RUNS)
    assert (axes.x, axes.y) == (["params.depth", "metrics.loss"], ["metrics.loss"])


def test_a_run_without_both_numbers_is_counted_and_not_drawn_at_zero():
    drawn = scatter(RUNS, "params.depth", "metrics.loss")
    assert [(dot.name, dot.x, dot.y, dot.at) for dot in drawn.dots] == [("a", 0, 0, (2, 0.5)), ("b", WIDTH, HEIGHT, (4, 0.1))]
    assert drawn.absent == 3 and scatter(RUNS, "params.none", "metrics.loss") is None


def test_the_largest_numbers_there_are_have_places():
    far = [run("a", "-1.7e308", loss=1.0), run("b", "1.7e308", loss=1.0)]
    assert [(dot.x, dot.y) for dot in scatter(far, "params.depth", "metrics.loss").dots] == [(0, HEIGHT / 2), (WIDTH, HEIGHT / 2)]
