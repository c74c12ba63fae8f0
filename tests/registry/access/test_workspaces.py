"""The one workspace that there is."""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.access.workspaces import endpoints
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints

PATH = "/api/3.0/mlflow/workspaces"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(with_endpoints(Litestar([]), Table(endpoints()), 1000)) as client:
        yield client


def test_the_default_workspace_is_the_only_one(client):
    assert [each["name"] for each in client.get(PATH).json()["workspaces"]] == ["default"]
    assert client.get(f"{PATH}/default").json()["workspace"]["name"] == "default"
    missing = client.get(f"{PATH}/other")
    assert (missing.status_code, missing.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_another_one_is_refused_in_a_way_that_no_client_repeats(client):
    for answer in (client.post(PATH, json={"name": "other"}), client.patch(f"{PATH}/default", json={}), client.delete(f"{PATH}/default")):
        assert (answer.status_code, answer.json()["error_code"]) == (400, "FEATURE_DISABLED")
