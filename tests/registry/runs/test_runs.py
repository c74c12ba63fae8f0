"""Runs: what is logged, what is read back, and what of a refused request stays."""

from math import isnan

import pytest

from storage.journal_cursor import Position
from tests.registry.tracking import Api, Refused, points


def metric(key: str, value: object = 1.0, timestamp: int = 1, step: int = 0, **more: object) -> dict:
    return {"key": key, "value": value, "timestamp": timestamp, "step": step, **more}


def latest(api: Api, run: str) -> dict:
    return {each["key"]: each["value"] for each in api.read(run)["data"].get("metrics", [])}


def pairs(api: Api, run: str, what: str) -> dict:
    return {each["key"]: each["value"] for each in api.read(run)["data"].get(what, [])}


def test_a_new_run_is_running_and_has_a_name(api, experiment):
    info = api.post("runs/create", experiment_id=experiment, user_id="ada", start_time=42)["run"]["info"]
    assert (info["status"], info["user_id"], info["start_time"], info["lifecycle_stage"]) == ("RUNNING", "ada", 42, "active")
    assert info["artifact_uri"] == f"mlflow-artifacts:/{experiment}/{info['run_id']}/artifacts"
    assert len(info["run_id"]) == 32 and info["run_uuid"] == info["run_id"] and info["run_name"]
    assert pairs(api, info["run_id"], "tags") == {"mlflow.runName": info["run_name"]}


def test_the_name_and_its_tag_are_one(api, experiment):
    run = api.run(experiment, run_name="first")
    api.post("runs/set-tag", run_id=run, key="mlflow.runName", value="second")
    assert api.read(run)["info"]["run_name"] == "second"
    api.post("runs/update", run_id=run, run_name="third")
    assert pairs(api, run, "tags")["mlflow.runName"] == "third"
    with pytest.raises(Refused, match="different values"):
        api.run(experiment, run_name="a", tags=[{"key": "mlflow.runName", "value": "b"}])


def test_the_end_of_a_run_is_kept_as_it_was_told(api, run):
    info = api.post("runs/update", run_id=run, status="FINISHED", end_time=99)["run_info"]
    assert (info["status"], info["end_time"]) == ("FINISHED", 99)
    assert api.read(run)["info"] == info


def test_a_child_run_is_found_by_its_parent(api, experiment):
    parent = api.run(experiment, run_name="parent")
    api.run(experiment, run_name="child", tags=[{"key": "mlflow.parentRunId", "value": parent}])
    assert api.found(experiment, f"tags.mlflow.parentRunId = '{parent}'") == ["child"]


def test_a_deleted_run_is_read_but_not_written(api, experiment, run):
    api.post("runs/delete", run_id=run)
    api.post("runs/delete", run_id=run)
    assert api.read(run)["info"]["lifecycle_stage"] == "deleted"
    for path, fields in (
        ("runs/log-metric", metric("loss")),
        ("runs/log-parameter", {"key": "k", "value": "v"}),
        ("runs/set-tag", {"key": "k", "value": "v"}),
        ("runs/log-batch", {"metrics": [metric("loss")]}),
        ("runs/update", {"status": "FINISHED"}),
    ):
        with pytest.raises(Refused, match="must be in the 'active' state") as refused:
            api.post(path, run_id=run, **fields)
        assert (refused.value.status, refused.value.code) == (400, "INVALID_PARAMETER_VALUE")
    assert api.history(run, "loss") == []
    api.post("runs/restore", run_id=run)
    assert len(api.found(experiment)) == 1


def test_a_param_is_written_once_and_may_be_said_again(api, run):
    api.post("runs/log-parameter", run_id=run, key="lr", value="0.1")
    api.post("runs/log-parameter", run_id=run, key="lr", value="0.1")
    with pytest.raises(Refused, match=r"Changing param values is not allowed. Param with key='lr' was already logged with value='0.1'"):
        api.post("runs/log-parameter", run_id=run, key="lr", value="0.2")
    with pytest.raises(Refused, match="Changing param values is not allowed"):
        api.post("runs/log-batch", run_id=run, params=[{"key": "lr", "value": "0.3"}])
    assert pairs(api, run, "params") == {"lr": "0.1"}


def test_long_values_of_params_and_tags_are_cut_off(api, run):
    api.post("runs/log-parameter", run_id=run, key="prompt", value="x" * 6001)
    api.post("runs/set-tag", run_id=run, key="note", value="y" * 8001)
    read = api.read(run)["data"]
    assert (len(read["params"][0]["value"]), max(len(tag["value"]) for tag in read["tags"])) == (6000, 8000)


def test_tags_are_removed_once(api, run):
    api.post("runs/set-tag", run_id=run, key="note", value="")
    assert pairs(api, run, "tags")["note"] == ""
    api.post("runs/delete-tag", run_id=run, key="note")
    with pytest.raises(Refused, match="No tag with name: note in run with id") as refused:
        api.post("runs/delete-tag", run_id=run, key="note")
    assert refused.value.status == 404


@pytest.mark.parametrize("key", ["a/../b", "/a", "a//b", "..", "a#b", "x" * 251, ""])
def test_a_key_that_could_be_another_name_is_refused(api, run, key):
    for path, fields in (("runs/log-metric", metric(key)), ("runs/log-parameter", {"key": key}), ("runs/set-tag", {"key": key})):
        with pytest.raises(Refused) as refused:
            api.post(path, run_id=run, **fields)
        assert refused.value.code == "INVALID_PARAMETER_VALUE"


# Metrics


def test_the_latest_value_is_that_of_the_highest_step_then_time_then_value(api, run):
    for value, timestamp, step in ((1, 5, 2), (9, 9, 1), (3, 5, 2), (2, 5, 2)):
        api.post("runs/log-metric", run_id=run, **metric("loss", value, timestamp, step))
    assert latest(api, run) == {"loss": 3}
    assert api.history(run, "loss") == [(2, 5, 1), (2, 5, 2), (2, 5, 3), (1, 9, 9)]


def test_a_point_that_is_sent_twice_is_one(api, run):
    for _ in range(3):
        api.post("runs/log-batch", run_id=run, metrics=[metric("loss", 1.5, 10, 1), metric("loss", 1.5, 10, 1)])
    assert api.history(run, "loss") == [(1, 10, 1.5)]


def test_what_is_no_finite_number_is_kept(api, run):
    largest = 1.7976931348623157e308
    for step, value in enumerate(("NaN", "Infinity", "-Infinity")):
        api.post("runs/log-metric", run_id=run, **metric("loss", value, step, step))
    assert api.history(run, "loss") == [(0, 0, "NaN"), (1, 1, largest), (2, 2, -largest)]
    api.post("runs/log-metric", run_id=run, **metric("loss", "NaN", 9, 9))
    assert latest(api, run) == {"loss": "NaN"}


def test_steps_may_be_negative_and_missing_ones_are_0(api, run):
    api.post("runs/log-metric", run_id=run, key="loss", value=1, timestamp=5)
    api.post("runs/log-metric", run_id=run, **metric("loss", 2, 6, -(2**63)))
    assert api.history(run, "loss") == [(0, 5, 1), (-(2**63), 6, 2)]
    assert latest(api, run) == {"loss": 1}


def test_history_pages_only_when_it_is_asked_to(api, run):
    api.post("runs/log-batch", run_id=run, metrics=[metric("loss", step, step, step) for step in range(7)])
    assert len(api.history(run, "loss")) == 7
    first = api.get("metrics/get-history", run_id=run, metric_key="loss", max_results=4)
    rest = api.get("metrics/get-history", run_id=run, metric_key="loss", max_results=4, page_token=first["next_page_token"])
    assert [each["step"] for each in first["metrics"] + rest["metrics"]] == list(range(7))
    assert "next_page_token" not in rest
    assert api.history(run, "nothing") == [] == api.history("0" * 32, "loss")


def test_an_interval_is_sampled_evenly_with_both_ends(api, experiment):
    runs = [api.run(experiment) for _ in range(2)]
    for run in runs:
        api.post("runs/log-batch", run_id=run, metrics=[metric("loss", step / 2, step, step) for step in range(1000)])
    asked = {"run_ids": runs, "metric_key": "loss"}
    sample = api.get("metrics/get-history-bulk-interval", **asked, max_results=10)["metrics"]
    for run in runs:
        steps = [each["step"] for each in sample if each["run_id"] == run]
        assert (len(steps), steps[0], steps[-1]) == (10, 0, 999)
    inside = api.get("metrics/get-history-bulk-interval", **asked, start_step=100, end_step=104)["metrics"]
    assert [each["step"] for each in inside] == [100, 101, 102, 103, 104] * 2
    for wrong in ({"start_step": 1}, {"start_step": 2, "end_step": 1}, {"max_results": 2501}, {"max_results": 0}):
        with pytest.raises(Refused) as refused:
            api.get("metrics/get-history-bulk-interval", **asked, **wrong)
        assert refused.value.code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(Refused, match="100 run_ids"):
        api.get("metrics/get-history-bulk-interval", run_ids=runs * 51, metric_key="loss")


# Batches


def test_a_batch_takes_a_thousand_metrics(api, run):
    api.post("runs/log-batch", run_id=run, metrics=[metric(f"m{number}", number) for number in range(1000)])
    assert len(latest(api, run)) == 1000


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ((1001, 0, 0), "at most 1000 metrics. Got 1001"),
        ((0, 101, 0), "at most 100 params. Got 101"),
        ((0, 0, 101), "at most 100 tags. Got 101"),
        ((801, 100, 100), "at most 1000 metrics, params, and tags. Got 1001"),
    ],
)
def test_a_batch_that_is_too_large_stores_nothing(api, run, counts, says):
    metrics, params, tags = ([f"k{number}" for number in range(count)] for count in counts)
    with pytest.raises(Refused, match=says):
        api.post(
            "runs/log-batch",
            run_id=run,
            metrics=[metric(key) for key in metrics],
            params=[{"key": key, "value": ""} for key in params],
            tags=[{"key": key, "value": ""} for key in tags],
        )
    read = api.read(run)["data"]
    assert not read.get("metrics") and not read.get("params") and len(read["tags"]) == 1


def test_of_a_refused_batch_nothing_stays(api, run):
    api.post("runs/log-parameter", run_id=run, key="lr", value="0.1")
    whole = {"metrics": [metric("loss")], "params": [{"key": "new", "value": "1"}], "tags": [{"key": "note", "value": "x"}]}
    for spoilt in (
        {"params": [*whole["params"], {"key": "lr", "value": "0.2"}]},
        {"params": [{"key": "twice", "value": "1"}, {"key": "twice", "value": "1"}]},
        {"metrics": [metric("loss"), metric("a/../b")]},
        {"metrics": [metric("loss"), metric("early", timestamp=-1)]},
        {"tags": [{"key": "", "value": ""}]},
    ):
        with pytest.raises(Refused) as refused:
            api.post("runs/log-batch", run_id=run, **{**whole, **spoilt})
        assert refused.value.code == "INVALID_PARAMETER_VALUE"
    assert (latest(api, run), api.history(run, "loss"), pairs(api, run, "params")) == ({}, [], {"lr": "0.1"})
    assert "note" not in pairs(api, run, "tags")


def test_when_the_journal_is_full_the_client_is_told_to_come_again(api, run):
    api.log.full = True
    try:
        with pytest.raises(Refused, match="journal is full") as refused:
            api.post("runs/log-metric", run_id=run, **metric("loss", 1, 1, 1))
    finally:
        api.log.full = False
    assert refused.value.status == 503
    api.post("runs/log-metric", run_id=run, **metric("loss", 1, 1, 1))
    assert api.history(run, "loss") == [(1, 1, 1)]


# Inputs and outputs


def dataset(name: str, digest: str = "d1", **more: str) -> dict:
    return {"name": name, "digest": digest, "source_type": "local", "source": "{}", **more}


def test_datasets_are_read_back_with_their_context(api, experiment, run):
    tags = [{"key": "mlflow.data.context", "value": "train"}]
    given = [{"tags": tags, "dataset": dataset("sea", schema="{}", profile="{}")}]
    for _ in range(2):
        api.post("runs/log-inputs", run_id=run, datasets=given)
    assert api.read(run)["inputs"]["dataset_inputs"] == given
    found = api.post("experiments/search-datasets", experiment_ids=[experiment])["dataset_summaries"]
    assert found == [{"experiment_id": experiment, "name": "sea", "digest": "d1", "context": "train"}]
    other = api.run(experiment, run_name="other")
    api.post("runs/log-inputs", run_id=other, datasets=[{"dataset": dataset("sea", "d2")}])
    assert api.found(experiment, "datasets.digest = 'd2'") == ["other"]
    assert len(api.found(experiment, "datasets.name = 'sea'")) == 2
    assert len(api.found(experiment, "datasets.context IN ('train', 'test')")) == 1


def test_models_in_and_out_of_a_run(api, run):
    api.post("runs/log-inputs", run_id=run, models=[{"model_id": "m-1"}])
    api.post("runs/outputs", run_id=run, models=[{"model_id": "m-2", "step": 3}])
    read = api.read(run)
    assert read["inputs"]["model_inputs"] == [{"model_id": "m-1"}]
    assert read["outputs"]["model_outputs"] == [{"model_id": "m-2", "step": 3}]


def test_a_model_of_the_old_kind_is_listed_in_a_tag(api, run):
    model = '{"artifact_path": "model", "flavors": {"x": {"config": {}, "a": 1}}, "run_id": "r", "utc_time_created": "now"}'
    for _ in range(2):
        api.post("runs/log-model", run_id=run, model_json=model)
    assert pairs(api, run, "tags")["mlflow.log-model.history"].count('"artifact_path"') == 2
    for wrong in ("{", '{"artifact_path": "model"}'):
        with pytest.raises(Refused) as refused:
            api.post("runs/log-model", run_id=run, model_json=wrong)
        assert refused.value.code == "INVALID_PARAMETER_VALUE"


def test_a_point_is_read_before_it_is_stored_and_once_when_it_is(api, run):
    values = [0.1 + 0.2, 1e-300, 2 / 3, float("nan")]
    for step, value in enumerate(values):
        api.post("runs/log-metric", run_id=run, key="loss", value=str(value), timestamp=1, step=step)
        if step == 1:
            api.flush()
            api.log.stored = Position(1, 0)  # nobody has heard of it yet
    expected = [(step, 1, "NaN" if isnan(value) else value) for step, value in enumerate(values)]
    assert len(api.log.records) == 2, "reading must not wait for what others wrote"
    assert api.history(run, "loss") == expected
    asked = {"run_ids": [run], "metric_key": "loss"}
    assert points(api.get("metrics/get-history-bulk-interval", **asked)) == expected
    assert points(api.get("metrics/get-history-bulk", run_id=[run], metric_key="loss")) == expected
    assert len(api.log.records) == 2
    api.flush()
    assert api.history(run, "loss") == expected
