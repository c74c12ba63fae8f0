"""Logged models: from making one to finding it by what was measured."""

import pytest

from tests.registry.tracking import Api, Refused


def make(api: Api, experiment: str, **fields: object) -> str:
    return api.post("logged-models", experiment_id=experiment, **fields)["model"]["info"]["model_id"]


def get(api: Api, model: str, **fields: object) -> dict:
    return api.get(f"logged-models/{model}", **fields)["model"]


def found(api: Api, experiment: str, **fields: object) -> list[str]:
    return [each["info"]["name"] for each in api.post("logged-models/search", experiment_ids=[experiment], **fields).get("models", [])]


def test_a_model_is_pending_until_its_files_are_there(api, experiment, run):
    params, tags = [{"key": "depth", "value": "3"}], [{"key": "team", "value": "north"}]
    made = api.post("logged-models", experiment_id=experiment, name="net", model_type="forest", source_run_id=run, params=params, tags=tags)
    info = made["model"]["info"]
    assert (info["name"], info["model_type"], info["source_run_id"]) == ("net", "forest", run)
    assert info["status"] == "LOGGED_MODEL_PENDING" and info["model_id"].startswith("m-")
    assert info["artifact_uri"] == f"mlflow-artifacts:/{experiment}/models/{info['model_id']}/artifacts"
    done = api("PATCH", f"logged-models/{info['model_id']}", status="LOGGED_MODEL_READY")["model"]
    assert done["info"]["status"] == "LOGGED_MODEL_READY" and get(api, info["model_id"]) == done
    assert (done["data"]["params"], done["info"]["tags"]) == (params, tags)


def test_params_and_tags_are_added_later(api, experiment):
    model = make(api, experiment)
    api.post(f"logged-models/{model}/params", params=[{"key": "depth", "value": "3"}])
    api.post(f"logged-models/{model}/params", params=[{"key": "depth", "value": "3"}])
    with pytest.raises(Refused, match="Changing param values"):
        api.post(f"logged-models/{model}/params", params=[{"key": "depth", "value": "4"}])
    api("PATCH", f"logged-models/{model}/tags", tags=[{"key": "a/b", "value": "1"}, {"key": "a/b", "value": "2"}])
    assert get(api, model)["info"]["tags"] == [{"key": "a/b", "value": "2"}]
    api("DELETE", f"logged-models/{model}/tags/a%2Fb")
    with pytest.raises(Refused, match="No tag with key"):
        api("DELETE", f"logged-models/{model}/tags/a%2Fb")


def test_a_deleted_model_is_gone_unless_it_is_asked_for(api, experiment):
    model = make(api, experiment, name="net")
    api("DELETE", f"logged-models/{model}")
    with pytest.raises(Refused, match=f"Logged model with ID '{model}' not found") as refused:
        get(api, model)
    assert (refused.value.status, refused.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert get(api, model, allow_deleted="true")["info"]["name"] == "net"
    assert found(api, experiment) == []


@pytest.mark.parametrize("name", ["a/b", "a:b", "a.b", "50%", "it's", 'say "x"'])
def test_a_name_that_would_break_an_address_is_refused(api, experiment, name):
    with pytest.raises(Refused, match="Invalid model name"):
        make(api, experiment, name=name)


def test_metrics_of_a_run_are_those_of_the_model_they_name(api, experiment, run):
    model = make(api, experiment, name="net")
    on = {"model_id": model, "dataset_name": "sea", "dataset_digest": "d1"}
    api.post("runs/log-metric", run_id=run, key="loss", value=0.5, timestamp=1, step=2, **on)
    point = {"key": "acc", "value": "NaN", "timestamp": 1, "step": 1, **on}
    api.post("runs/log-batch", run_id=run, metrics=[point, {**point, "key": "elsewhere", "model_id": None}])
    assert get(api, model)["data"]["metrics"] == [
        {"key": "acc", "value": "NaN", "timestamp": 1, "step": 1, **on, "run_id": run},
        {"key": "loss", "value": 0.5, "timestamp": 1, "step": 2, **on, "run_id": run},
    ]
    assert api.history(run, "elsewhere") == [(1, 1, "NaN")]


def test_search_by_attributes_params_tags_and_metrics_on_a_dataset(api, experiment, run):
    for name, loss, sea in (("low", 0.1, "north"), ("mid", 0.5, "north"), ("high", 0.9, "baltic"), ("none", None, None)):
        model = make(api, experiment, name=name, params=[{"key": "depth", "value": name}], tags=[{"key": "sea", "value": str(sea)}])
        if loss is not None:
            api.post("runs/log-metric", run_id=run, key="loss", value=loss, timestamp=1, step=1, model_id=model, dataset_name=sea)
    by_loss = [{"field_name": "metrics.loss"}]
    assert found(api, experiment, order_by=by_loss) == ["low", "mid", "high", "none"]
    assert found(api, experiment, order_by=[{"field_name": "metrics.loss", "ascending": False}]) == ["high", "mid", "low", "none"]
    assert found(api, experiment, order_by=by_loss, filter="metrics.loss < 0.6") == ["low", "mid"]
    assert found(api, experiment, order_by=by_loss, filter="metrics.loss > 0", datasets=[{"dataset_name": "baltic"}]) == ["high"]
    assert found(api, experiment, filter="params.depth = 'mid'") == ["mid"]
    assert found(api, experiment, order_by=by_loss, filter="tags.sea LIKE 'n%'") == ["low", "mid"]
    assert found(api, experiment, filter="name IN ('none') AND status = 'PENDING'") == ["none"]
    assert found(api, experiment, order_by=[{"field_name": "name"}], max_results=2) == ["high", "low"]
    first = api.post("logged-models/search", experiment_ids=[experiment], max_results=3)
    asked = {"max_results": 3, "page_token": first["next_page_token"]}
    assert len(found(api, experiment, **asked)) == 1
    with pytest.raises(Refused, match="page token"):
        found(api, experiment, filter="name = 'low'", **asked)


def test_metrics_of_a_model_that_never_was_are_refused_and_nothing_of_them_is_kept(api, experiment, run):
    gone = make(api, experiment)
    api("DELETE", f"logged-models/{gone}")
    api.post("runs/log-metric", run_id=run, key="loss", value=1, timestamp=1, model_id=gone)
    batch = [{"key": "auc", "value": 1, "timestamp": 1}, {"key": "f1", "value": 1, "timestamp": 1, "model_id": "m-nobody"}]
    with pytest.raises(Refused, match="Logged model with ID 'm-nobody' not found") as refused:
        api.post("runs/log-batch", run_id=run, metrics=batch)
    assert (refused.value.status, refused.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert [each["key"] for each in api.get("runs/get", run_id=run)["run"]["data"]["metrics"]] == ["loss"]


@pytest.mark.parametrize(
    "filter_", ["params.rate = 0.010", "params.kind = forest AND name = net", "tags.sea LIKE north", "params.deep = true"]
)
def test_texts_of_a_filter_need_no_quotes(api, experiment, filter_):
    params = [{"key": "rate", "value": "0.010"}, {"key": "kind", "value": "forest"}, {"key": "deep", "value": "true"}]
    make(api, experiment, name="net", params=params, tags=[{"key": "sea", "value": "north"}])
    assert found(api, experiment, filter=filter_) == ["net"]
    assert found(api, experiment, filter="params.rate = 0.01") == []


def test_a_search_in_no_experiment_finds_nothing_and_one_that_names_none_is_refused(api):
    assert api.post("logged-models/search", experiment_ids=[]) == {}
    with pytest.raises(Refused, match="experiment_ids"):
        api.post("logged-models/search")


@pytest.mark.parametrize(
    "fields",
    [
        {"filter": "colour = 'red'"},
        {"filter": "metrics.loss = 'x'"},
        {"filter": "status = 'DREAMING'"},
        {"filter": "name > 'x'"},
        {"order_by": [{"field_name": "params.depth"}]},
        {"order_by": [{"field_name": "colour"}]},
        {"datasets": [{"dataset_digest": "d1"}]},
        {"page_token": "nonsense"},
    ],
)
def test_a_search_that_cannot_be_is_refused(api, experiment, fields):
    with pytest.raises(Refused) as refused:
        found(api, experiment, **fields)
    assert (refused.value.status, refused.value.code) == (400, "INVALID_PARAMETER_VALUE")
