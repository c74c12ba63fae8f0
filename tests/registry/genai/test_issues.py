async def written(client, name, code=200, **more):
    given = {"experiment_id": client.experiment, "name": name, "description": "d", **more}
    return (await client.call("POST", "issues", given, status=code)).get("issue")


async def test_issues_are_found_by_what_they_are_and_the_gravest_come_first(client):
    slow = await written(client, "Slow answers", severity="low", categories=["speed"], issue_id="iss-slow")
    await written(client, "Wrong answers", severity="high", status="resolved")
    assert (slow["status"], slow["last_seen_timestamp"]) == ("pending", slow["created_timestamp"])

    async def found(**asked):
        return [each["name"] for each in (await client.call("POST", "issues/search", asked)).get("issues", [])]

    assert await found(experiment_id=client.experiment) == ["Wrong answers", "Slow answers"]
    assert await found(order_by=["name"]) == ["Slow answers", "Wrong answers"]
    assert (
        await found(filter_string="status = 'pending'") == await found(categories=["speed"]) == await found(name="SLOW") == ["Slow answers"]
    )
    assert await found(severities=["medium"]) == []
    asked = {"max_results": 1, "include_total_count": True, "include_trace_count": True, "view": "basic"}
    page = await client.call("POST", "issues/search", asked)
    assert (page["total_count"], page["issues"][0]["trace_count"] > 0, page["issues"][0]["description"]) == (2, True, "")
    last = await client.call("POST", "issues/search", {"max_results": 1, "page_token": page["next_page_token"]})
    assert ([each["name"] for each in last["issues"]], last["next_page_token"]) == (["Slow answers"], "")


async def test_an_issue_is_changed_piece_by_piece(client):
    await written(client, "Slow", issue_id="iss-1", metadata={"a": "1", "b": "2"}, last_seen_timestamp=500)
    changed = {"status": "rejected", "metadata": {"c": "3"}, "delete_metadata_keys": ["a"], "categories": [], "last_seen_timestamp": 400}
    after = (await client.call("PATCH", "issues/iss-1", changed))["issue"]
    assert (after["status"], after["metadata"], after["last_seen_timestamp"]) == ("rejected", {"b": "2", "c": "3"}, 500)
    assert (await client.call("GET", "issues/iss-1"))["issue"] == after
    assert (await client.call("GET", "issues/iss-2", status=404))["message"] == "Issue with ID 'iss-2' not found"
    for wrong in ({"status": "open"}, {"metadata": {"x": "1"}, "delete_metadata_keys": ["x"]}, {"name": " "}):
        await client.call("PATCH", "issues/iss-1", wrong, status=400)
    await written(client, "again", 400, issue_id="iss-1")
    await written(client, "x", 400, severity="huge")
