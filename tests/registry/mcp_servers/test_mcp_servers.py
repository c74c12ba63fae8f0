"""MCP servers: their latest version, what leads to it, and the answers that MLflow 3.18 gives."""

import json
from pathlib import Path

import pytest

from registry.errors import InvalidParameterValue
from registry.mcp_servers.semver import precedence

RECORDED = Path(__file__).parent / "recorded.jsonl"
NAME = "com.example/weather"
AT = "/com.example%2Fweather"


def version(number: str, **more: object) -> dict[str, object]:
    return {"server_json": {"name": NAME, "version": number, **more}}


@pytest.mark.parametrize("migrated_settings", ["sqlite"], indirect=True)
async def test_requests_one_after_another_are_answered_as_mlflow_does(client):
    different = []
    for line in RECORDED.read_text().splitlines():
        case = json.loads(line)
        sent = {} if case["body"] is None else {"json": case["body"]}
        answer = await client.http.request(case["method"], f"/api/3.0/mlflow{case['path']}", **sent)
        told = answer.json()
        if (answer.status_code, told.get("error_code"), told.get("message")) != (case["status"], case.get("code"), case.get("message")):
            different.append((line, answer.status_code, told))
    assert not different


def test_versions_are_ordered_as_semantic_versioning_orders_them():
    # The example of semver.org, section 11, with numbers beside it.
    ordered = ["1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-alpha-1", "1.0.0-beta.2"]
    ordered += ["1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1-0", "1.2.0", "1.10.0", "2.0.0", "10.0.0"]
    keys = [precedence(each, "version") for each in ordered]
    assert keys == sorted(keys) and len(set(keys)) == len(keys)
    assert precedence("1.0.0+a", "version") == precedence("1.0.0+b", "version")
    for wrong in ("1", "01.0.0", "1.0.0-01", "1.0.0-", "v1.0.0", "1.0.0\n", f"1.0.0-{'a' * 128}", "2147483648.0.0"):
        with pytest.raises(InvalidParameterValue):
            precedence(wrong, "version")


async def test_the_latest_version_is_the_highest_active_one_and_endpoints_follow_it(client):
    for number, status in (("1.9.0", "active"), ("1.10.0", "active"), ("2.0.0-rc.1", "draft")):
        await client.call("POST", f"{AT}/versions", {**version(number, description=f"of {number}"), "status": status})
    there = await client.call("POST", f"{AT}/endpoints", {"url": "https://w/mcp", "server_alias": "latest"})
    assert there["resolved_version"]["version"] == "1.10.0"
    server = await client.call("GET", AT)
    assert (server["latest_version"], server["status"], server["description"]) == ("1.10.0", "active", "of 1.10.0")
    for number in ("1.10.0", "1.9.0"):
        await client.call("PATCH", f"{AT}/versions/{number}", {"status": "deprecated"})
    assert (await client.call("GET", f"{AT}/aliases/latest"))["version"] == "2.0.0-rc.1"
    for number in ("1.10.0", "1.9.0", "2.0.0-rc.1"):
        await client.call("DELETE", f"{AT}/versions/{number}")
    assert (await client.call("GET", AT))["latest_version"] is None
    assert (await client.call("GET", "/endpoints"))["mcp_access_endpoints"] == []


async def test_searches_find_by_attributes_tags_and_semantic_versions(client):
    for number in ("1.0.0", "1.9.0", "1.10.0", "2.0.0"):
        await client.call("POST", f"{AT}/versions", version(number))
    await client.call("POST", "", {"name": "com.example/Other", "description": "d"})
    await client.call("POST", f"{AT}/tags", {"key": "team", "value": "search"})
    await client.call("POST", f"{AT}/endpoints", {"url": "https://w/mcp", "server_version": "1.9.0", "transport_type": "sse"})

    async def servers(**asked):
        return [each["name"] for each in (await client.call("GET", "", **asked))["mcp_servers"]]

    async def versions(**asked):
        return [each["version"] for each in (await client.call("GET", f"{AT}/versions", **asked))["mcp_server_versions"]]

    assert await servers() == ["com.example/Other", NAME]
    assert await servers(filter_string="tags.team = 'search' AND status = 'draft'") == [NAME]
    assert await servers(filter_string="has_access_endpoints = 'false'") == ["com.example/Other"]
    assert await servers(filter_string="name ILIKE '%other'", order_by=["created_at DESC", "name"]) == ["com.example/Other"]
    assert await versions(filter_string="version > '1.9.0'", order_by="version DESC") == ["2.0.0", "1.10.0"]
    found = (await client.call("GET", "/endpoints", filter_string=f"server_name = '{NAME}' AND transport_type = 'sse'"))[
        "mcp_access_endpoints"
    ]
    assert [each["resolved_version"]["version"] for each in found] == ["1.9.0"]
    first = await client.call("GET", "", max_results=1)
    rest = await client.call("GET", "", max_results=1, page_token=first["next_page_token"])
    assert [first["mcp_servers"][0]["name"], rest["mcp_servers"][0]["name"], rest["next_page_token"]] == ["com.example/Other", NAME, None]


async def test_moves_of_aliases_are_written_down_and_makers_manage_what_they_made(client):
    for number in ("1.0.0", "1.1.0"):
        await client.call("POST", f"{AT}/versions", version(number))
        await client.call("POST", f"{AT}/aliases", {"alias": "prod", "version": number})
    await client.call("POST", f"{AT}/aliases", {"alias": "prod", "version": "1.1.0"})
    await client.call("DELETE", f"{AT}/aliases/prod")
    moves = (await client.moves.log(NAME)).moves
    assert [(move.kind, move.alias, move.before, move.after) for move in reversed(moves)] == [
        ("mcp_server", "prod", "", "1.0.0"),
        ("mcp_server", "prod", "1.0.0", "1.1.0"),
        ("mcp_server", "prod", "1.1.0", ""),
    ]
    await client.call("DELETE", AT)
    assert client.owners.told == [("made", "mcp_server", NAME), ("removed", "mcp_server", NAME)]
