async def asked(client, name="tone", status=200, **more):
    given = {
        "experiment_id": client.experiment,
        "name": name,
        "type": "FEEDBACK",
        "input": {"categorical": {"options": ["a", "b"]}},
        **more,
    }
    return (await client.call("POST", "label-schemas/create", given, status=status)).get("label_schema")


async def test_an_experiment_has_a_question_of_its_own_beside_those_that_are_added(client):
    schema = await asked(client)
    page = await client.call("GET", "label-schemas/list", experiment_id=client.experiment)
    listed = page["label_schemas"]
    assert page["next_page_token"] == ""
    assert sorted(each["name"] for each in listed) == ["Feedback", "tone"]
    own = next(each for each in listed if each["name"] == "Feedback")
    assert own["is_default"] is True
    await client.call("DELETE", "label-schemas/delete", {"schema_id": own["schema_id"]}, status=400)
    changed = {"schema_id": schema["schema_id"], "name": "mood", "input": {"categorical": {"options": ["x"]}}}
    assert (await client.call("PATCH", "label-schemas/update", changed))["label_schema"]["input"] == {"categorical": {"options": ["x"]}}
    named = {"experiment_id": client.experiment, "name": "mood"}
    assert (await client.call("GET", "label-schemas/get-by-name", **named))["label_schema"]["schema_id"] == schema["schema_id"]
    for wrong in ({"input": {"text": {}}}, {"input": {}}, {"name": "feedback"}):
        await client.call("PATCH", "label-schemas/update", {"schema_id": schema["schema_id"], **wrong}, status=400)
    await client.call("DELETE", "label-schemas/delete", {"schema_id": schema["schema_id"]})
    await client.call("GET", "label-schemas/get", schema_id=schema["schema_id"], status=404)


async def test_questions_that_cannot_be_answered_are_refused(client):
    await asked(client)
    await asked(client, status=400)
    for wrong in (
        {"numeric": {"min_value": 2, "max_value": 1}},
        {"categorical": {"options": ["a", "a"]}},
        {"pass_fail": {"positive_label": "x", "negative_label": "x"}},
        {"text": {"max_length": 0}},
        {"text": {}, "numeric": {}},
    ):
        await asked(client, "other", 400, input=wrong)


async def test_traces_wait_in_a_queue_until_somebody_has_looked(client):
    schema = await asked(client)
    queue_of = {
        "experiment_id": client.experiment,
        "name": "Triage",
        "queue_type": "CUSTOM",
        "users": ["Ann", "ann "],
        "schema_ids": [schema["schema_id"]],
    }
    queue = (await client.call("POST", "review-queues/create", queue_of))["review_queue"]
    assert queue["users"] == ["ann"]
    taken = await client.call("POST", "review-queues/create", {**queue_of, "name": "TRIAGE"}, status=400)
    assert taken["error_code"] == "RESOURCE_ALREADY_EXISTS"
    this = {"queue_id": queue["queue_id"]}
    added = {**this, "item_ids": ["tr-1", "tr-2", "tr-1"]}
    assert [item["status"] for item in (await client.call("POST", "review-queues/items/add", added))["items"]] == ["PENDING", "PENDING"]
    done = {**this, "item_id": "tr-1", "status": "COMPLETE"}
    await client.call("POST", "review-queues/items/set-status", done, status=400)
    item = (await client.call("POST", "review-queues/items/set-status", {**done, "completed_by": "Ann"}))["item"]
    assert (item["status"], item["completed_by"]) == ("COMPLETE", "ann")
    await client.call("POST", "review-queues/items/add", added)
    waiting = (await client.call("GET", f"review-queues/items/list?status=PENDING&queue_id={queue['queue_id']}"))["items"]
    assert [each["item_id"] for each in waiting] == ["tr-2"]
    locked = await client.call("POST", "review-queues/update", {**this, "update_schema_ids": True}, status=400)
    assert "locked" in locked["message"]
    await client.call("POST", "review-queues/items/remove", added)
    renamed = {**this, "name": "new", "new_owner": "Bo", "update_schema_ids": True, "update_users": True}
    after = (await client.call("POST", "review-queues/update", renamed))["review_queue"]
    assert (after["name"], after["created_by"], "users" in after) == ("new", "Bo", False)
    assert await client.call("GET", "review-queues/list", experiment_id=client.experiment, user="ann") == {"next_page_token": ""}
    await client.call("POST", "review-queues/delete", this)
    await client.call("GET", "review-queues/get", **this, status=404)


async def test_a_persons_queue_is_made_once_and_stays_as_it_is(client):
    mine = {"experiment_id": client.experiment, "user": "Ann"}
    first = (await client.call("POST", "review-queues/get-or-create-user", mine))["review_queue"]
    assert (await client.call("POST", "review-queues/get-or-create-user", mine))["review_queue"] == first
    assert (first["users"], first["queue_type"]) == (["ann"], "USER")
    await client.call("POST", "review-queues/update", {"queue_id": first["queue_id"], "name": "x"}, status=400)
    for wrong in ({"name": "default"}, {"queue_type": "USER", "users": ["bo"]}, {"schema_ids": ["ls-none"]}):
        given = {"experiment_id": client.experiment, "name": "n", "queue_type": "CUSTOM", **wrong}
        await client.call("POST", "review-queues/create", given, status=400)
