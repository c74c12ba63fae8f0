"""The table of endpoints over HTTP."""

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from registry.errors import InvalidState, ResourceDoesNotExist
from registry.wire import Endpoint, Message, RequiredText
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints
from storage.errors import MetadataUnavailable


class Get(Message):
    name: RequiredText

    class Response(Message):
        name: str | None = None


async def echo(request: Get) -> Get.Response:
    return Get.Response(name=request.name)


async def fail(request: Get) -> None:
    raise {
        "missing": ResourceDoesNotExist("no such thing"),
        "state": InvalidState("not now"),
        "away": MetadataUnavailable("locked"),
        "large": OverflowError("Python int too large to convert to SQLite INTEGER"),
        "bug": KeyError("secret"),
    }[request.name]


@get("/api/2.0/other", sync_to_thread=False)
def other() -> str:
    return "the framework's"


@pytest.fixture(scope="module")
def client():
    table = Table(
        [
            Endpoint("GET", "/2.0/mlflow/things/get", Get, echo),
            Endpoint("POST", "/2.0/mlflow/things/get", Get, echo),
            Endpoint("POST", "/2.0/mlflow/things/fail", Get, fail),
            Endpoint("DELETE", "/2.0/mlflow/things/{name}", Get, echo),
            Endpoint("PATCH", "/2.0/mlflow/rest/{name:path}", Get, echo),
        ]
    )
    with TestClient(with_endpoints(Litestar([other]), table, 1000)) as client:
        yield client


def test_a_path_is_served_under_both_prefixes(client):
    for prefix in ("/api", "/ajax-api"):
        assert client.get(f"{prefix}/2.0/mlflow/things/get", params={"name": "a b"}).json() == {"name": "a b"}


def test_a_parameter_of_the_path_reaches_the_message(client):
    assert client.delete("/api/2.0/mlflow/things/a%20b").json() == {"name": "a b"}
    assert client.patch("/api/2.0/mlflow/rest/a/b").json() == {"name": "a/b"}


def test_paths_outside_the_table_are_the_frameworks(client):
    assert client.get("/api/2.0/other").text == "the framework's"
    assert client.get("/api/2.0/mlflow/nothing").status_code == 404


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("missing", 404, "RESOURCE_DOES_NOT_EXIST"),
        ("state", 400, "INVALID_STATE"),
        ("away", 503, "TEMPORARILY_UNAVAILABLE"),
        ("large", 400, "INVALID_PARAMETER_VALUE"),
        ("bug", 500, "INTERNAL_ERROR"),
    ],
)
def test_an_error_has_mlflows_code_and_status(client, name, status, code):
    answer = client.post("/api/2.0/mlflow/things/fail", json={"name": name})
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert "secret" not in answer.text


def test_a_body_that_does_not_say_it_is_json_is_refused(client):
    path = "/api/2.0/mlflow/things/get"
    other = client.post(path, content=b"{}", headers={"content-type": "text/plain"})
    assert (other.status_code, other.json()["message"]) == (400, "Bad Request. Content-Type must be one of ['application/json'].")
    assert client.post(path, content=b"{}").json()["message"] == "Bad Request. Content-Type header is missing."
    assert client.post(path, content=b'{"name":"a"}', headers={"content-type": "application/json; charset=utf-8"}).status_code == 200


def test_a_wrong_method_and_a_large_body_are_the_callers_mistakes(client):
    assert client.put("/api/2.0/mlflow/things/get").status_code == 405
    assert client.post("/api/2.0/mlflow/things/get", json={"name": "a" * 1000}).status_code == 413


def test_two_endpoints_at_one_path_and_method_are_refused():
    with pytest.raises(ValueError, match="GET /x is in the table of endpoints twice"):
        Table([Endpoint("GET", "/x", Get, echo), Endpoint("GET", "/x", Get, echo)])
