"""Artifacts in a bucket: the same promises as in a directory, and transfers that go past the server."""

import httpx
import pytest

from storage.blobs import Blobs
from tests.registry.artifacts.test_artifacts import INVALID, STORED, client_over

API = "/api/2.0/mlflow-artifacts"
PART = 5 * 1024 * 1024


@pytest.fixture
async def client(s3):
    async with client_over(Blobs.at_url(s3)) as opened:
        yield opened


async def test_a_bucket_keeps_the_promises_of_a_directory(client):
    content = bytes(range(256)) * 30_000
    where = f"{STORED}/1/run/artifacts/dir/ü model.bin"
    assert (await client.put(where, content=content)).json() == {}
    assert (await client.get(where)).content == content
    part = await client.get(where, headers={"range": "bytes=-100"})
    assert (part.status_code, part.content) == (206, content[-100:])
    await client.put(f"{STORED}/1/run/artifacts/a", content=b"x")
    listed = (await client.get(STORED, params={"path": "1/run/artifacts"})).json()
    assert listed == {"files": [{"path": "a", "is_dir": False, "file_size": 1}, {"path": "dir", "is_dir": True}]}
    assert (await client.get(STORED, params={"path": "1/run/artifacts/a"})).json() == {}
    assert (await client.get(f"{STORED}/1/run")).json()["message"] == "Artifact path refers to a directory, not a file: '1/run'"
    assert (await client.get(f"{STORED}/1/none")).status_code == 404
    assert (await client.delete(f"{STORED}/1")).json() == {}
    assert (await client.get(STORED)).json() == {}


async def test_parts_go_to_the_bucket_and_make_one_file(client):
    content = b"a" * PART + b"b" * PART + b"c"
    made = (await client.post(f"{API}/mpu/create/1/run/artifacts", json={"path": "/home/me/big.bin", "num_parts": 3})).json()
    parts = []
    async with httpx.AsyncClient() as direct:
        for each in made["credentials"]:
            start = (each["part_number"] - 1) * PART
            sent = await direct.put(each["url"], content=content[start : start + PART])
            parts.append({"part_number": each["part_number"], "etag": sent.headers["etag"], "url": each["url"]})
        done = {"path": "big.bin", "upload_id": made["upload_id"], "parts": parts[::-1]}
        assert (await client.post(f"{API}/mpu/complete/1/run/artifacts", json=done)).json() == {}
        assert (await client.get(f"{STORED}/1/run/artifacts/big.bin")).content == content

        found = (await client.get(f"{API}/presigned/1/run/artifacts/big.bin")).json()
        assert found["file_size"] == len(content)
        read = await direct.get(found["url"], headers={**found["headers"], "range": f"bytes={PART}-{PART + 1}"})
        assert (read.status_code, read.content) == (206, b"bb")


async def test_parts_that_never_came_make_no_file_and_what_is_given_up_leaves_nothing(client):
    made = (await client.post(f"{API}/mpu/create/1", json={"path": "f", "num_parts": 1})).json()
    upload = {"path": "f", "upload_id": made["upload_id"]}
    never = await client.post(f"{API}/mpu/complete/1", json={**upload, "parts": [{"part_number": 1, "etag": "x"}]})
    assert (never.status_code, never.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert never.json()["message"].startswith("S3 refuses this upload: One or more of the specified parts could not be found.")
    assert (await client.post(f"{API}/mpu/abort/1", json=upload)).json() == {}
    assert (await client.get(STORED)).json() == {}


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("mpu/create/1", {"path": "..", "num_parts": 1}, "Invalid path"),
        ("mpu/create/1", {"path": "C%3A..%5c..", "num_parts": 1}, "Invalid path"),
        ("mpu/create/%252e%252e", {"path": "f", "num_parts": 1}, "Invalid path"),
        ("mpu/create/1", {"path": "f", "num_parts": 10_001}, "num_parts must be between 1 and 10000 (got 10001)."),
        ("mpu/create/1", {"path": "f", "num_parts": 0}, "num_parts must be between 1 and 10000 (got 0)."),
    ],
)
async def test_what_no_upload_can_be_is_refused_before_the_bucket_is_asked(client, path, body, message):
    answer = await client.post(f"{API}/{path}", json=body)
    assert (answer.status_code, answer.json()) == (400, {**INVALID, "message": message})


async def test_a_store_without_signed_urls_says_so_and_the_client_sends_the_file_to_us(tmp_path, s3):
    for blobs, allowed in ((Blobs.in_directory(tmp_path), True), (Blobs.at_url(s3), False)):
        async with client_over(blobs, allowed=allowed) as client:
            refused = await client.post(f"{API}/mpu/create/1", json={"path": "f", "num_parts": 1})
            assert (refused.status_code, refused.json()["error_code"]) == (501, "NOT_IMPLEMENTED")
            assert refused.json()["message"].startswith("Multipart upload is not supported for the current artifact repository")
            assert (await client.get(f"{API}/presigned/1/f")).status_code == 501


async def test_a_bucket_that_is_not_there_is_answered_as_a_store_that_is_away(s3):
    async with client_over(Blobs.at_url("s3://no-such-bucket/x")) as client:
        answer = await client.put(f"{STORED}/f", content=b"x")
        assert (answer.status_code, answer.json()["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
        assert "the blob store s3://no-such-bucket/x does not exist" in answer.json()["message"]
