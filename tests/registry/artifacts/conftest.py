"""A real S3 server, moto's, in a thread of the tests' process: one for all of them."""

from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

BUCKET = "bucket"


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a folder in an empty bucket, with keys in the environment as AWS's own tools find them."""
    import httpx

    for name, value in {
        "ACCESS_KEY_ID": "testing",
        "SECRET_ACCESS_KEY": "testing",
        "REGION": "eu-west-1",
        "ENDPOINT_URL": s3_server,
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    httpx.post(f"{s3_server}/moto-api/reset").raise_for_status()
    body = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
    httpx.put(f"{s3_server}/{BUCKET}", content=body).raise_for_status()
    return f"s3://{BUCKET}/some/prefix"
