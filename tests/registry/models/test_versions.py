"""Model versions over MLflow's endpoints: numbers, sources, stages, aliases, tags."""

import asyncio
import json

import pytest


async def _version(world, name, **body):
    return (await world.ask("POST", "model-versions/create", name=name, **body))["model_version"]


async def test_a_version_is_ready_at_once_and_read_back_the_same(world, name):
    await world.model(name)
    made = await _version(world, name, source="s3://bucket/m", description="d", run_link="https://r", tags=[{"key": "a", "value": "1"}])
    assert (made["version"], made["status"], made["current_stage"], made["run_id"]) == ("1", "READY", "None", "")
    assert (await world.ask("GET", "model-versions/get", name=name, version="1"))["model_version"] == made
    uri = await world.ask("GET", "model-versions/get-download-uri", name=name, version="1")
    assert uri == {"artifact_uri": "s3://bucket/m"}


async def test_many_clients_get_distinct_and_consecutive_numbers(world, name):
    await world.model(name)
    made = await asyncio.gather(*[_version(world, name, source=f"s3://bucket/{number}") for number in range(24)])
    assert sorted(int(each["version"]) for each in made) == list(range(1, 25))


async def test_a_deleted_version_takes_its_aliases_along_and_its_number_is_not_given_again(world, name):
    await world.model(name, versions=2)
    await world.ask("POST", "registered-models/alias", name=name, alias="champion", version="2")
    await world.ask("DELETE", "model-versions/delete", name=name, version="2")
    assert (await world.refused("GET", "model-versions/get", name=name, version="2"))[0] == 404
    assert (await world.refused("GET", "registered-models/alias", name=name, alias="champion"))[1] == "INVALID_PARAMETER_VALUE"
    assert (await _version(world, name, source="s3://bucket/m"))["version"] == "3"


async def test_stages_are_known_however_written_and_others_are_archived_when_asked(world, name):
    await world.model(name, versions=4)
    for version, stage in (("1", "production"), ("2", "STAGING"), ("4", "Production")):
        await world.ask("POST", "model-versions/transition-stage", name=name, version=version, stage=stage, archive_existing_versions=False)
    moved = await world.ask(
        "POST", "model-versions/transition-stage", name=name, version="3", stage="Production", archive_existing_versions=True
    )
    assert moved["model_version"]["current_stage"] == "Production"
    latest = (await world.ask("POST", "registered-models/get-latest-versions", name=name))["model_versions"]
    assert {each["current_stage"]: each["version"] for each in latest} == {"Staging": "2", "Production": "3", "Archived": "4"}
    asked = await world.ask("GET", "registered-models/get-latest-versions", name=name, stages=["production", "Staging"])
    assert [each["version"] for each in asked["model_versions"]] == ["2", "3"]
    moves = (await world.moves.log(name)).moves
    assert [(move.version, move.before, move.after) for move in reversed(moves)] == [
        (1, "None", "Production"),
        (2, "None", "Staging"),
        (4, "None", "Production"),
        (1, "Production", "Archived"),
        (4, "Production", "Archived"),
        (3, "None", "Production"),
    ]


async def test_an_alias_moves_and_latest_moves_by_itself(world, name):
    await world.model(name, versions=3)
    for version in ("1", "2"):
        await world.ask("POST", "registered-models/alias", name=name, alias="Champion", version=version)
    found = (await world.ask("GET", "registered-models/alias", name=name, alias="Champion"))["model_version"]
    assert (found["version"], found["aliases"]) == ("2", ["Champion"])
    assert (await world.ask("GET", "registered-models/alias", name=name, alias="LATEST"))["model_version"]["version"] == "3"
    for _ in range(2):
        await world.ask("DELETE", "registered-models/alias", name=name, alias="Champion")
    assert await world.refused("GET", "registered-models/alias", name=name, alias="Champion") == (
        400,
        "INVALID_PARAMETER_VALUE",
        "Registered model alias Champion not found.",
    )
    moves = (await world.moves.log(name)).moves
    assert [(move.alias, move.before, move.after) for move in reversed(moves)] == [
        ("Champion", "", "1"),
        ("Champion", "1", "2"),
        ("Champion", "2", ""),
    ]


async def _found(world, **request):
    found = await world.ask("GET", "model-versions/search", **request)
    return [(each["name"], each["version"]) for each in found.get("model_versions", [])]


async def test_versions_are_found_by_what_they_are_and_where_they_come_from(world, name):
    run = await world.run()
    await world.model(name, versions=2)
    await world.model(f"{name}-b")
    await _version(world, f"{name}-b", source=f"runs:/{run.run_id}/m", run_id=run.run_id)
    await world.ask("POST", "model-versions/set-tag", name=name, version="1", key="q", value="good")
    assert await _found(world, filter=f"run_id = '{run.run_id}'") == [(f"{name}-b", "1")]
    assert await _found(world, filter=f"run_id IN ('{run.run_id}', 'x') AND name LIKE '{name}%'") == [(f"{name}-b", "1")]
    assert await _found(world, filter=f"source_path = 'runs:/{run.run_id}/m'") == [(f"{name}-b", "1")]
    assert await _found(world, filter=f"name = '{name}' and tags.q = 'good'") == [(name, "1")]
    assert await _found(world, filter=f"name = '{name}' AND version_number >= '2'") == [(name, "2")]
    ordered = await _found(world, filter=f"name LIKE '{name}%'", order_by=["version_number ASC"])
    assert ordered == [(name, "1"), (f"{name}-b", "1"), (name, "2")]
    first = await world.ask("GET", "model-versions/search", filter=f"name = '{name}'", order_by=["version_number"], max_results=1)
    second = await world.ask(
        "GET",
        "model-versions/search",
        filter=f"name = '{name}'",
        order_by=["version_number"],
        max_results=1,
        page_token=first["next_page_token"],
    )
    assert second["model_versions"][0]["version"] == "2"
    assert "next_page_token" not in second


async def test_a_version_of_a_logged_model_knows_its_run_and_files_and_is_known_to_it(world, name):
    run = await world.run()
    model = await world.logged_model(run)
    await world.model(name)
    made = await _version(world, name, source=f"models:/{model.model_id}", model_id=model.model_id)
    assert (made["run_id"], made["model_id"], made["source"]) == (run.run_id, model.model_id, f"models:/{model.model_id}")
    uri = await world.ask("GET", "model-versions/get-download-uri", name=name, version="1")
    assert uri["artifact_uri"] == model.artifact_uri
    await _version(world, name, source=f"models:/{model.model_id}", model_id=model.model_id)
    linked = json.loads((await world.tags_of(model.model_id))["mlflow.modelVersions"])
    assert linked == [{"name": name, "version": 1}, {"name": name, "version": 2}]


async def test_a_copy_keeps_where_its_files_lie_and_says_which_version_it_was(world, name):
    await world.model(name, versions=2)
    await world.ask("POST", "registered-models/alias", name=name, alias="champion", version="1")
    await world.ask("POST", "model-versions/transition-stage", name=name, version="2", stage="Staging")
    await world.model(f"{name}-copy")
    for source, meant in ((f"{name}@champion", "1"), (f"{name}/Staging", "2"), (f"{name}/latest", "2"), (f"{name}/1", "1")):
        made = await _version(world, f"{name}-copy", source=f"models:/{source}")
        assert made["source"] == f"models:/{name}/{meant}"
        uri = await world.ask("GET", "model-versions/get-download-uri", name=f"{name}-copy", version=made["version"])
        assert uri["artifact_uri"] == "s3://bucket/m"


@pytest.mark.parametrize(
    "source",
    [
        "/etc",
        "file:///etc",
        "dummy-source",
        "s3://bucket/../other",
        "s3://bucket/%2e%2e/other",
        "https://internal.example/x",
        "models:/m-0123456789abcdef0123456789abcdef",
        "runs:/0123456789abcdef0123456789abcdef/m",
        "mlflow-artifacts:/0/0123456789abcdef0123456789abcdef/artifacts/m",
    ],
)
async def test_a_source_that_nobody_vouches_for_is_refused(world, name, source):
    await world.model(name)
    assert (await world.refused("POST", "model-versions/create", name=name, source=source))[:2] == (400, "INVALID_PARAMETER_VALUE")


async def test_a_source_of_another_run_than_the_one_named_is_refused(world, name):
    mine, other = await world.run(), await world.run()
    await world.model(name)
    for source in (f"runs:/{other.run_id}/m", f"{other.artifact_uri}/m"):
        status, _, message = await world.refused("POST", "model-versions/create", name=name, source=source, run_id=mine.run_id)
        assert status == 400
        assert "The run_id request parameter must identify the resource that contains the source" in message
    made = await _version(world, name, source=f"{mine.artifact_uri}/m", run_id=mine.run_id)
    assert made["run_id"] == mine.run_id


async def test_an_unknown_logged_model_is_told_even_where_the_files_are_elsewhere(world, name):
    await world.model(name)
    status, code, message = await world.refused("POST", "model-versions/create", name=name, source="gs://bucket/m", model_id="m-nope")
    assert (status, code, message) == (404, "RESOURCE_DOES_NOT_EXIST", "Logged model with ID 'm-nope' not found.")
