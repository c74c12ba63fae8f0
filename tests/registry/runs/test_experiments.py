"""Experiments: names, life, tags, search."""

from pathlib import Path

import pytest

from tests.registry.tracking import Api, Refused


def get(api: Api, experiment: str) -> dict:
    return api.get("experiments/get", experiment_id=experiment)["experiment"]


def test_the_default_experiment_is_there_from_the_start(api):
    assert get(api, "0")["name"] == "Default"
    assert api.get("experiments/get-by-name", experiment_name="Default")["experiment"]["experiment_id"] == "0"


def test_artifacts_of_an_experiment_go_through_this_server_unless_told_elsewhere(api):
    here, there = api.experiment(), api.experiment(artifact_location="s3://bucket/some?region=eu")
    assert get(api, here)["artifact_location"] == f"mlflow-artifacts:/{here}"
    assert get(api, api.experiment(artifact_location="a/folder"))["artifact_location"] == str(Path("a/folder").absolute())
    run = api.read(api.run(there))["info"]
    assert run["artifact_uri"] == f"s3://bucket/some/{run['run_id']}/artifacts?region=eu"


@pytest.mark.parametrize("location", ["s3://bucket/../other", "s3://bucket/%2e%2e/other", "s3://bucket/a#b", "runs:/x/y", "s3://b/a?x=.."])
def test_an_artifact_location_cannot_lead_elsewhere(api, location):
    with pytest.raises(Refused) as refused:
        api.experiment(artifact_location=location)
    assert (refused.value.status, refused.value.code) == (400, "INVALID_PARAMETER_VALUE")


def test_a_name_is_taken_by_a_deleted_experiment_too(api):
    experiment = api.experiment(name="harbour")
    api.post("experiments/delete", experiment_id=experiment)
    with pytest.raises(Refused, match="harbour") as refused:
        api.experiment(name="harbour")
    assert (refused.value.status, refused.value.code) == (400, "RESOURCE_ALREADY_EXISTS")


def test_an_unknown_name_is_404_so_that_the_client_creates_it(api):
    with pytest.raises(Refused) as refused:
        api.get("experiments/get-by-name", experiment_name="nobody's")
    assert (refused.value.status, refused.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_runs_are_hidden_with_their_experiment_and_come_back_with_it(api, experiment, run):
    api.post("experiments/delete", experiment_id=experiment)
    assert get(api, experiment)["lifecycle_stage"] == "deleted"
    assert api.read(run)["info"]["lifecycle_stage"] == "deleted"
    with pytest.raises(Refused, match="must be in the 'active' state"):
        api.run(experiment)
    with pytest.raises(Refused, match="No Experiment with id="):
        api.post("experiments/delete", experiment_id=experiment)
    with pytest.raises(Refused, match="non-active") as refused:
        api.post("experiments/update", experiment_id=experiment, new_name="other")
    assert refused.value.code == "INVALID_STATE"
    api.post("experiments/restore", experiment_id=experiment)
    assert api.read(run)["info"]["lifecycle_stage"] == "active"


def test_renaming_to_a_taken_name_changes_nothing(api):
    first, second = api.experiment(), api.experiment()
    name = get(api, second)["name"]
    with pytest.raises(Refused) as refused:
        api.post("experiments/update", experiment_id=second, new_name=get(api, first)["name"])
    assert refused.value.code == "RESOURCE_ALREADY_EXISTS"
    assert get(api, second)["name"] == name
    api.post("experiments/update", experiment_id=second, new_name=name + "!")
    assert get(api, second)["name"] == name + "!"


def test_tags_are_set_changed_and_removed(api):
    experiment = api.experiment(tags=[{"key": "team", "value": "search"}])
    api.post("experiments/set-experiment-tag", experiment_id=experiment, key="team", value="ranking")
    api.post("experiments/set-experiment-tag", experiment_id=experiment, key="note", value="")
    assert {tag["key"]: tag["value"] for tag in get(api, experiment)["tags"]} == {"team": "ranking", "note": ""}
    api.post("experiments/delete-experiment-tag", experiment_id=experiment, key="note")
    with pytest.raises(Refused, match="No tag with name: note"):
        api.post("experiments/delete-experiment-tag", experiment_id=experiment, key="note")
    with pytest.raises(Refused, match="20000"):
        api.post("experiments/set-experiment-tag", experiment_id=experiment, key="long", value="x" * 20_001)


def test_search_filters_orders_and_pages(api):
    names = [f"tide {letter}" for letter in "ABCDE"]
    ids = [api.experiment(name=name, tags=[{"key": "sea", "value": "north" if name < "tide C" else "Baltic"}]) for name in names]
    api.post("experiments/delete", experiment_id=ids[4])

    def search(filter: str, **fields) -> list[str]:
        found = api.post("experiments/search", **{"max_results": 100, "filter": filter, "order_by": ["name"], **fields})
        return [each["name"][-1] for each in found.get("experiments", [])]

    assert search("name LIKE 'tide %'") == ["A", "B", "C", "D"]
    assert search("name ILIKE 'TIDE %'", view_type="ALL") == ["A", "B", "C", "D", "E"]
    assert search("name LIKE 'tide %'", view_type="DELETED_ONLY") == ["E"]
    assert search("name LIKE 'tide %'", order_by=["name DESC"]) == ["D", "C", "B", "A"]
    assert search("tags.sea = 'north' AND name LIKE 'tide %'") == ["A", "B"]
    assert search("tags.sea ILIKE 'balt%' AND name != 'tide C'") == ["D"]
    assert search(f"experiment_id IN ('{ids[0]}', '{ids[2]}')") == ["A", "C"]
    assert search("name LIKE 'tide %' AND tags.nothing IS NULL AND tags.sea IS NOT NULL AND creation_time > 0") == ["A", "B", "C", "D"]
    first = api.post("experiments/search", max_results=3, filter="name LIKE 'tide %'", order_by=["name"])
    rest = api.post(
        "experiments/search", max_results=3, filter="name LIKE 'tide %'", order_by=["name"], page_token=first["next_page_token"]
    )
    assert [each["name"][-1] for each in first["experiments"] + rest["experiments"]] == ["A", "B", "C", "D"]
    assert "next_page_token" not in rest


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "max_results"),
        ({"max_results": 50_001}, "at most 50000"),
        ({"max_results": 5, "filter": "nonsense"}, "Invalid clause"),
        ({"max_results": 5, "filter": "name = false"}, "in filter string: name, =, false"),
        ({"max_results": 5, "filter": "stage = 'x'"}, "Invalid attribute key"),
        ({"max_results": 5, "order_by": ["name sideways"]}, "order_by"),
        ({"max_results": 5, "page_token": "%%%"}, "Invalid page token"),
    ],
)
def test_a_search_that_cannot_be_is_refused_by_name(api, fields, says):
    with pytest.raises(Refused, match=says) as refused:
        api.post("experiments/search", **fields)
    assert (refused.value.status, refused.value.code) == (400, "INVALID_PARAMETER_VALUE")
