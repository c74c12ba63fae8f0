"""What the framework answers by itself."""

import httpx
import pytest
from litestar import Router, delete, get, post
from litestar.params import FromPath

from server.framework import Framework


@get("/things/{name:str}", sync_to_thread=False)
def read(name: FromPath[str]) -> str:
    return name


@delete("/things/{name:str}", sync_to_thread=False)
def remove(name: FromPath[str]) -> None:
    assert name


@post("/things", sync_to_thread=False)
def make() -> str:
    return "made"


@get("/plain", sync_to_thread=False)
def plain() -> str:
    return "plain"


@pytest.fixture
def client():
    things = Router("/api", route_handlers=[read, remove, make], response_headers={"x-area": "things"})
    other = Router("/other", route_handlers=[plain])
    app = Framework(route_handlers=[things, other, plain], logging_config=None)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tidegate")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/things", "OPTIONS, POST"),
        ("/api/things/tide", "DELETE, GET, OPTIONS"),
        ("/other/plain", "GET, OPTIONS"),
        ("/plain", "GET, OPTIONS"),
    ],
)
async def test_each_path_tells_what_may_be_asked_of_it(client, path, allowed):
    answer = await client.options(path)
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (204, b"", allowed)


async def test_what_a_path_tells_has_the_headers_of_its_area(client):
    assert (await client.options("/api/things")).headers["x-area"] == "things"
    assert "x-area" not in (await client.options("/other/plain")).headers


async def test_paths_are_answered_by_their_own_handlers(client):
    assert (await client.get("/api/things/tide")).text == "tide"
    assert (await client.post("/api/things")).text == "made"
    assert (await client.get("/nowhere")).status_code == 404
