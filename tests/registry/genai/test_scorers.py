import asyncio
import json

from registry.gateway_admin import endpoint_store
from registry.gateway_admin.stamps import stamped
from registry.scorers.service import ScorerService
from server.registry_adapters import RegisteredScorers

JUDGE = json.dumps(
    {"name": "polite", "instructions_judge_pydantic_data": {"model": "gateway:/chat", "instructions": "Is {{ outputs }} polite?"}}
)


async def register(client, serialized=JUDGE, status=200, **more):
    named = {"experiment_id": client.experiment, "name": "polite", "serialized_scorer": serialized, **more}
    return await client.call("POST", "scorers/register", named, status=status)


async def test_versions_count_up_whoever_registers_at_once_and_the_latest_is_served(client):
    made = await asyncio.gather(*(register(client) for _ in range(4)))
    assert sorted(each["version"] for each in made) == [1, 2, 3, 4]
    assert len({each["scorer_id"] for each in made}) == 1
    (latest,) = (await client.call("GET", "scorers/list", experiment_id=client.experiment))["scorers"]
    assert (latest["scorer_version"], latest["experiment_id"]) == (4, int(client.experiment))
    named = {"experiment_id": client.experiment, "name": "polite"}
    assert len((await client.call("GET", "scorers/versions", **named))["scorers"]) == 4
    assert (await client.call("GET", "scorers/get", **named, version=2))["scorer"]["serialized_scorer"] == JUDGE
    await client.call("DELETE", "scorers/delete", {**named, "version": 4})
    assert (await client.call("GET", "scorers/get", **named))["scorer"]["scorer_version"] == 3
    assert (await register(client))["version"] == 5
    await client.call("DELETE", "scorers/delete", named)
    gone = await client.call("GET", "scorers/get", **named, status=404)
    assert gone["message"] == f"Scorer with name 'polite' not found for experiment {client.experiment}."
    other_version = await client.call("GET", "scorers/get", **named, version=7, status=404)
    assert other_version["message"] == gone["message"]  # as there is no version at all
    assert await client.call("GET", "scorers/list") == {}
    both = await client.call("GET", "scorers/list", experiment_id=client.experiment, experiment_ids=[client.experiment], status=400)
    assert both["message"].startswith("Cannot specify both 'experiment_id' and 'experiment_ids'.")


async def test_code_is_not_kept_and_what_is_no_json_neither(client):
    for wrong in ("{", json.dumps({"scorers": [{"call_source": "import os"}]})):
        assert (await register(client, wrong, 400))["error_code"] == "INVALID_PARAMETER_VALUE"
    await register(client, experiment_id="99", status=404)


async def test_a_judge_has_a_model_that_the_gateway_answers(client):
    missing = await register(client, JUDGE.replace("gateway:/chat", "gateway:/nope"), 404)
    assert missing["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert missing["message"].startswith("GatewayEndpoint not found (name='nope')")
    wrapped = json.dumps({"memory_augmented_judge_data": {"base_judge": json.loads(JUDGE.replace("chat", "nope"))}})
    await register(client, wrapped, 404)
    for wrong in (json.loads(JUDGE) | {"builtin_scorer_pydantic_data": {"model": model}} for model in (7, " ")):
        assert (await register(client, json.dumps(wrong), 400))["message"].startswith("Scorer model ")
    await register(client, JUDGE.replace("gateway:/chat", "openai:/nope"))  # asked by the client itself


async def test_judges_follow_an_endpoint_to_its_new_name(client, metadata_any):
    await register(client)
    await register(client, JUDGE.replace("gateway:/chat", "openai:/chat"))
    adapter = RegisteredScorers(ScorerService(metadata_any))
    await metadata_any.run(lambda connection: adapter.endpoint_renamed(connection, "cha", "other"))
    await metadata_any.run(lambda connection: adapter.endpoint_renamed(connection, "chat", "talk"))
    kept = (await client.call("GET", "scorers/versions", experiment_id=client.experiment, name="polite"))["scorers"]
    models = [json.loads(each["serialized_scorer"])["instructions_judge_pydantic_data"]["model"] for each in kept]
    assert models == ["gateway:/talk", "openai:/chat"]


async def test_a_judge_is_bound_to_the_endpoint_that_it_uses_as_long_as_it_is_there(client, metadata_any):
    for name in ("chat", "talk"):
        row = {"endpoint_id": f"e-{name}", "name": name, "usage_tracking": False, **stamped(None)}
        await metadata_any.run(lambda connection, row=row: endpoint_store.insert_endpoint(connection, row, []))

    async def bound():
        found = await metadata_any.read(endpoint_store.read_bindings)
        return [(each.endpoint_id, each.resource_type, each.resource_id, each.display_name) for each in found]

    scorer_id = (await register(client))["scorer_id"]
    await register(client)
    assert await bound() == [("e-chat", "scorer", scorer_id, "polite")]
    await register(client, JUDGE.replace("gateway:/chat", "gateway:/talk"))
    await register(client, JUDGE.replace("gateway:/chat", "openai:/gpt-4o"))  # the version before it uses the endpoint still
    assert await bound() == [("e-talk", "scorer", scorer_id, "polite")]
    named = {"experiment_id": client.experiment, "name": "polite"}
    await client.call("DELETE", "scorers/delete", {**named, "version": 1})
    assert len(await bound()) == 1
    await client.call("DELETE", "scorers/delete", named)
    assert await bound() == []


async def test_a_judge_is_told_how_much_of_what_happens_it_looks_at(client):
    scorer_id = (await register(client))["scorer_id"]
    named = {"experiment_id": client.experiment, "name": "polite"}
    first = (await client.call("PUT", "scorers/online-config", {**named, "sample_rate": 0.5, "filter_string": "status = 'OK'"}))["config"]
    second = (await client.call("PUT", "scorers/online-config", {**named, "sample_rate": 0}))["config"]
    assert first["online_scoring_config_id"] != second["online_scoring_config_id"]
    (config,) = (await client.call("GET", "scorers/online-configs", scorer_ids=[scorer_id, "other"]))["configs"]
    assert (
        config
        == second
        == {**second, "sample_rate": 0.0, "filter_string": None, "scorer_id": scorer_id, "experiment_id": client.experiment}
    )
    for wrong in ({"sample_rate": 2}, {"sample_rate": "x"}, {"sample_rate": 1, "filter_string": "color = 1"}):
        await client.call("PUT", "scorers/online-config", {**named, **wrong}, status=400)
    await register(client, JUDGE.replace("gateway:/chat", "openai:/gpt-4o"))
    refused = await client.call("PUT", "scorers/online-config", {**named, "sample_rate": 1}, status=400)
    assert "does not use a gateway model" in refused["message"]


async def test_a_number_that_no_database_holds_is_the_callers_mistake(client):
    await register(client)
    named = {"experiment_id": client.experiment, "name": "polite"}
    for version in (2**40, 2**63):
        refused = await client.call("DELETE", "scorers/delete", {**named, "version": version}, status=None)
        assert refused["error_code"] in {"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"}
    await client.call("GET", "datasets/search", experiment_ids=str(10**30), status=400)
