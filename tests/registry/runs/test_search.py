"""The search for runs: MLflow's filters and orders, and pages that do not overlap."""

import re

import pytest

from tests.registry.tracking import Api, Refused


@pytest.fixture(scope="module")
def fleet(api: Api) -> str:
    """An experiment with five runs, a to e, each with metrics, params, tags, a user and a start."""
    experiment = api.experiment()
    runs = {
        "a": ({"loss": 0.5, "acc": 0.9}, {"lr": "0.1", "Opt": "Adam"}, {"team": "north", "a.b": "dots"}, "ada", 10),
        "b": ({"loss": 0.25}, {"lr": "0.01"}, {"team": "North"}, "ada", 20),
        "c": ({"loss": "NaN"}, {"lr": "0.1"}, {"odd name": "it's", "team": "50%"}, "bob", 30),
        "d": ({"loss": 2}, {}, {"team": "Ärger"}, "bob", 40),
        "e": ({}, {"lr": ""}, {}, "bob", 50),
    }
    for name, (metrics, params, tags, user, start) in runs.items():
        run = api.run(experiment, run_name=name, user_id=user, start_time=start)
        api.post(
            "runs/log-batch",
            run_id=run,
            metrics=[{"key": key, "value": value, "timestamp": 1, "step": 0} for key, value in metrics.items()],
            params=[{"key": key, "value": value} for key, value in params.items()],
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )
    first = api.post("runs/search", experiment_ids=[experiment], filter="run_name = 'a'")["runs"][0]["info"]["run_id"]
    api.post("runs/update", run_id=first, status="FINISHED", end_time=50)
    return experiment


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("", "abcde"),
        ("metrics.loss < 1", "ab"),
        ("metric.loss >= 0.5 AND metrics.loss <= 2", "ad"),
        ("metrics.loss != 2", "abc"),
        ("metrics.loss = 0.25", "b"),
        ("metrics.`loss` > 1e0", "d"),
        ("metrics.nothing > 0", ""),
        ("params.lr = '0.1'", "ac"),
        ("parameters.lr != '0.1'", "be"),
        ('param.lr LIKE "0.%"', "abc"),
        ("params.opt = 'Adam'", ""),
        ("params.Opt ILIKE 'ADAM'", "a"),
        ("params.lr IS NULL", "d"),
        ("params.lr IS NOT NULL", "abce"),
        ("tags.team = 'north'", "a"),
        ("tags.team LIKE 'n%'", "a"),
        ("tags.team ILIKE 'n%'", "ab"),
        ("tag.team LIKE '50%'", "c"),
        ("tags.a.b = 'dots'", "a"),
        ('tags."odd name" = "it\'s"', "c"),
        ("tags.`odd name` = 'it''s'", "c"),
        ("tags.team != 'north'", "bcd"),
        ("tags.team IS NULL", "e"),
        ("attributes.status = 'RUNNING'", "bcde"),
        ("status != 'RUNNING'", "a"),
        ("attr.status = 'finished'", ""),
        ("run_name = 'c'", "c"),
        ("attributes.`run name` LIKE '%'", "abcde"),
        ("run_name IN ('a', 'e')", "ae"),
        ("user_id = 'ada'", "ab"),
        ("start_time > 20", "cde"),
        ("attributes.Created <= 10", "a"),
        ("end_time = 50", "a"),
        ("artifact_uri LIKE 'mlflow-artifacts:/%'", "abcde"),
        ("metrics.loss < 1 and params.lr = '0.1' AND tags.team = 'north'", "a"),
        ("tags.team = 'north' AND", "a"),
    ],
)
def test_a_filter_finds_the_runs_that_it_means_and_no_others(api, fleet, filter, found):
    assert api.found(fleet, filter, ["run_name"]) == list(found)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ([], "edcba"),
        (["start_time"], "abcde"),
        (["attributes.start_time ASC", "run_name DESC"], "abcde"),
        (["metrics.loss"], "badce"),
        (["metrics.loss DESC"], "dabce"),
        (["params.lr ASC", "run_name ASC"], "ebacd"),
        (["tags.team", "run_name"], "cbade"),
        (["user_id DESC", "run_name DESC"], "edcba"),
        (["metrics.`acc` desc", "run_name"], "abcde"),
    ],
)
def test_an_order_puts_values_before_what_is_no_number_and_what_is_missing(api, fleet, order, found):
    assert api.found(fleet, "", order) == list(found)


@pytest.mark.parametrize(
    "filter",
    [
        "metrics.loss",
        "metrics.loss = 'low'",
        "metrics.loss LIKE '1'",
        "params.lr = 0.1",
        "params.lr > '0.1'",
        "tags.team IN ('north')",
        "attributes.colour = 'red'",
        "planet.name = 'x'",
        "status IN ('RUNNING')",
        "run_id IN ()",
        "start_time = 'noon'",
        "metrics.loss IS NULL",
        "a = 'b' OR c = 'd'",
        "params.lr = '0.1'; DROP TABLE runs",
        "run_id IN ('a' 'b')",
        "params.lr = 'never ends",
        "(params.lr = '0.1')",
    ],
)
def test_a_filter_that_cannot_be_is_refused(api, fleet, filter):
    with pytest.raises(Refused) as refused:
        api.found(fleet, filter)
    assert (refused.value.status, refused.value.code) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("filter", "named"),
    [
        ("tags.team = true", "'tags.team', '=', 'true'"),
        ("run_id IN ('a',", "'run_id', 'IN', '(', ''a'', ','"),
        ("(params.lr  = '0.1')", "'(params.lr  = '0.1')'"),
    ],
)
def test_what_is_no_clause_is_named_as_it_was_written(api, fleet, filter, named):
    with pytest.raises(Refused, match=re.escape(f"Invalid clause(s) in filter string: {named}")):
        api.found(fleet, filter)


@pytest.mark.parametrize("fields", [{"order": ["loss"]}, {"order": ["metrics.loss up"]}, {"max_results": 0}, {"max_results": 50_001}])
def test_an_order_or_size_that_cannot_be_is_refused(api, fleet, fields):
    with pytest.raises(Refused) as refused:
        api.found(fleet, **fields)
    assert (refused.value.status, refused.value.code) == (400, "INVALID_PARAMETER_VALUE")


def test_pages_are_whole_and_do_not_overlap(api, fleet):
    names, token = [], None
    while True:
        asked = {"experiment_ids": [fleet], "max_results": 2, "order_by": ["user_id"], **({"page_token": token} if token else {})}
        page = api.post("runs/search", **asked)
        names += [run["info"]["run_name"] for run in page["runs"]]
        token = page.get("next_page_token")
        if token is None:
            break
        assert len(page["runs"]) == 2
    assert sorted(names) == list("abcde")


def test_deleted_runs_are_found_when_they_are_asked_for(api):
    experiment = api.experiment()
    api.run(experiment, run_name="here")
    api.post("runs/delete", run_id=api.run(experiment, run_name="gone"))
    assert api.found(experiment) == ["here"]
    assert api.found(experiment, run_view_type="DELETED_ONLY") == ["gone"]
    assert api.found(experiment, run_view_type="ALL") == ["gone", "here"]


def test_experiments_that_nobody_knows_have_no_runs(api):
    assert api.post("runs/search", experiment_ids=["123456"]) == {} == api.post("runs/search", experiment_ids=[])


def test_hostile_filters_find_nothing_and_break_nothing(api, fleet):
    for text in ("' OR 1=1 --", "%", "_", "\\", "𝄞"):
        quoted = text.replace("'", "''")
        assert api.found(fleet, f"tags.team = '{quoted}'") == []
