"""Registered models and the log of moves over our own API."""

import httpx
import pytest
from litestar import Litestar

from registry.models.alias_service import AliasService
from registry.models.reader import ModelReader
from registry.models.registrar import Registrar
from registry.models.routes import router


@pytest.fixture
async def client(world):
    aliases = AliasService(world.metadata, Registrar(), world.moves, world.prompts.forget)
    app = Litestar([router(ModelReader(world.metadata), aliases, world.moves)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test/api/v1") as client:
        yield client


async def test_versions_are_named_by_number_alias_stage_and_latest(world, client, name):
    await world.model(name, versions=3)
    assert (await client.put(f"/models/{name}/aliases/champion", json={"version": 1})).json()["aliases"] == ["champion"]
    staged = await client.put(f"/models/{name}/versions/2/stage", json={"stage": "staging", "reason": "try it"})
    assert staged.json()["stage"] == "Staging"
    for selector, number in (("1", 1), ("champion", 1), ("Staging", 2), ("latest", 3)):
        assert (await client.get(f"/models/{name}/versions/{selector}")).json()["version"] == number
    for selector in ("9", "99999999999999999999", "nobody", "production"):
        answer = await client.get(f"/models/{name}/versions/{selector}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "resource_does_not_exist")
    detail = (await client.get(f"/models/{name}")).json()
    assert [version["version"] for version in detail["versions"]] == [3, 2, 1]


async def test_moves_are_read_page_by_page_newest_first(world, client, name):
    await world.model(name, versions=2)
    for version in (1, 2, 1):
        await client.put(f"/models/{name}/aliases/a", json={"version": version, "reason": f"to {version}"})
    await client.delete(f"/models/{name}/aliases/a?reason=enough")
    first = (await client.get(f"/moves?name={name}&limit=3")).json()
    second = (await client.get(f"/moves?name={name}&limit=3&cursor={first['next_cursor']}")).json()
    assert [move["reason"] for move in first["moves"] + second["moves"]] == ["enough", "to 1", "to 2", "to 1"]
    assert second["next_cursor"] is None


async def test_models_are_listed_in_pages(world, client, name):
    for number in range(3):
        await world.model(f"{name}-{number}")
    first = (await client.get(f"/models?filter=name LIKE '{name}-%25'&limit=2")).json()
    second = (await client.get(f"/models?filter=name LIKE '{name}-%25'&limit=2&cursor={first['next_cursor']}")).json()
    assert [model["name"] for model in first["models"] + second["models"]] == [f"{name}-{number}" for number in range(3)]


async def test_a_bad_request_is_told_what_was_wrong(client):
    for method, path, body, message in (
        ("GET", "/moves?cursor=x", None, "next_cursor"),
        ("GET", "/models?filter=size%3D'1'", None, "Invalid attribute key"),
        ("PUT", "/models/a/aliases/latest", {"version": 1}, "reserved"),
        ("PUT", "/models/a/aliases/b", {"version": "x"}, "cannot be read"),
        ("PUT", "/models/a/versions/1/stage", {"stage": "Dev"}, "Invalid Model Version stage"),
    ):
        answer = await client.request(method, path, json=body)
        assert answer.status_code == 400, path
        assert message in answer.json()["error"]["message"]
