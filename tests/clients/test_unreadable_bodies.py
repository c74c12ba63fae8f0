"""Bodies that no decoder takes, at the paths of the registry and of our own API."""

import pytest

from tests.clients.conftest import Resources

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize("path", ["/api/2.0/mlflow/runs/search", "/api/3.0/mlflow/gateway/budgets/create", "/api/v1/keys", "/graphql"])
@pytest.mark.parametrize("body", [b'{"name":"a\xff"}', b"[" * 90_000 + b"]" * 90_000], ids=["bytes", "depth"])
async def test_a_body_that_is_no_text_or_nested_too_deeply_is_its_senders_mistake_everywhere(resources: Resources, path: str, body: bytes):
    answer = await resources.http.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code < 500  # where nothing is required, what cannot be read is empty, as it is for MLflow
