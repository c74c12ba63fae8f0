import json


async def made(client, **more):
    return (await client.call("POST", "datasets/create", {"name": "ds", "experiment_ids": [client.experiment], **more}))["dataset"]


async def put(client, dataset_id, *records):
    return await client.call("POST", f"datasets/{dataset_id}/records", {"records": json.dumps(records)})


async def records_of(client, dataset_id, **page):
    return json.loads((await client.call("GET", f"datasets/{dataset_id}/records", **page))["records"])


async def test_the_same_inputs_are_one_record_which_later_ones_add_to(client):
    dataset = await made(client)
    path = dataset["dataset_id"]
    source = {"source_type": "trace", "source_data": {"trace_id": "tr-1"}}
    first = {"inputs": {"q": "a", "n": 1}, "expectations": {"x": 1}, "tags": {"mlflow.user": "ann", "k": "1"}, "source": source}
    assert await put(client, path, first, {"inputs": {"q": "b"}, "outputs": "text"}) == {"inserted_count": 2, "updated_count": 0}
    again = {"inputs": {"n": 1, "q": "a"}, "expectations": {"y": 2}, "outputs": {"o": 1}, "tags": {"k": "2"}}
    assert await put(client, path, again) == {"inserted_count": 0, "updated_count": 1}
    one = next(record for record in await records_of(client, path) if record["inputs"]["q"] == "a")
    known = {
        "expectations": {"x": 1, "y": 2},
        "outputs": {"o": 1},
        "tags": {"mlflow.user": "ann", "k": "2"},
        "source_id": "tr-1",
        "source_type": "TRACE",
    }
    assert {key: one[key] for key in known} == known
    assert one["created_by"] == "ann"

    after = (await client.call("GET", f"datasets/{path}"))["dataset"]
    assert json.loads(after["profile"]) == {"num_records": 2}
    assert json.loads(after["schema"]) == {
        "inputs": {"q": "string", "n": "integer"}, "outputs": "string", "expectations": {"x": "integer", "y": "integer"}, "version": "1.0",
    }  # fmt: skip
    assert after["digest"] != dataset["digest"] or after["last_update_time"] == dataset["last_update_time"]
    page = await client.call("GET", f"datasets/{path}/records", max_results=1)
    assert len(await records_of(client, path, page_token=page["next_page_token"])) == 1
    gone = {"dataset_record_ids": [one["dataset_record_id"], "dr-none"]}
    assert await client.call("DELETE", f"datasets/{path}/records", gone) == {"deleted_count": 1}


async def test_datasets_are_tagged_shared_and_found(client):
    first, second = await made(client, tags='{"a": "b"}'), await made(client, name="other", experiment_ids=[])
    path = f"datasets/{first['dataset_id']}"
    tagged = (await client.call("PATCH", f"{path}/tags", {"tags": '{"a": null, "c/d": 1}'}))["dataset"]
    assert json.loads(tagged["tags"]) == {"c/d": "1"}

    async def found(filter=None, *order, **more):
        asked = {"filter_string": filter, "order_by": order, **more}
        return [each["name"] for each in (await client.call("POST", "datasets/search", asked)).get("datasets", [])]

    assert await found("tags.`c/d` = '1'") == ["ds"]
    assert await found("name LIKE 'o%' AND created_time > 0") == ["other"]
    assert await found(None, "name DESC") == ["other", "ds"]
    assert await found(experiment_ids=[client.experiment]) == ["ds"]
    await client.call("POST", f"datasets/{second['dataset_id']}/add-experiments", {"experiment_ids": [client.experiment]})
    assert sorted(await found(experiment_ids=[client.experiment])) == ["ds", "other"]
    await client.call("POST", f"{path}/remove-experiments", {"experiment_ids": [client.experiment]})
    assert await client.call("GET", f"{path}/experiment-ids") == {}
    await client.call("DELETE", f"{path}/tags/c%2Fd")
    await client.call("DELETE", path)
    await client.call("DELETE", path)
    assert (await client.call("GET", path, status=404))["message"] == f"Evaluation dataset with id '{first['dataset_id']}' not found"


async def test_a_tag_that_is_not_there_is_removed_without_a_word_also_of_a_dataset_that_is_gone(client):
    path = f"datasets/{(await made(client))['dataset_id']}"
    assert await client.call("DELETE", f"{path}/tags/none") == {}
    await client.call("DELETE", path)
    assert await client.call("DELETE", f"{path}/tags/none") == {}


async def test_tags_change_neither_the_digest_of_a_dataset_nor_who_changed_it_last(client):
    before = await made(client, tags='{"mlflow.user": "ann"}')
    path = f"datasets/{before['dataset_id']}"
    after = (await client.call("PATCH", f"{path}/tags", {"tags": '{"mlflow.user": "bob", "k": "v"}'}))["dataset"]
    await client.call("DELETE", f"{path}/tags/k")
    for dataset in (after, (await client.call("GET", path))["dataset"]):
        assert {**dataset, "tags": ""} == {**before, "tags": ""}


async def test_a_dataset_that_is_not_there_is_shared_by_no_experiment(client):
    assert await client.call("GET", "datasets/d-none/experiment-ids") == {}


async def test_what_is_no_record_is_refused_by_name(client):
    dataset_id = (await made(client))["dataset_id"]
    for wrong in ("{", "{}", "[1]", '[{"inputs": 1}]', '[{"inputs": {"a": NaN}}]', '[{"inputs": {}, "source": {"source_type": "x"}}]'):
        refused = await client.call("POST", f"datasets/{dataset_id}/records", {"records": wrong}, status=400)
        assert refused["error_code"] == "INVALID_PARAMETER_VALUE"
    for wrong in ({"filter_string": "color = 'x'"}, {"filter_string": "name > 'x'"}, {"order_by": ["tags.x"]}, {"max_results": 0}):
        await client.call("POST", "datasets/search", wrong, status=400)
    await client.call("POST", "datasets/create", {"name": "x", "experiment_ids": ["99"]}, status=404)
