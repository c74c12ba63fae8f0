"""Artifacts in Google's store: the promises of a directory, and signed URLs."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from storage.blobs import Blobs
from tests.registry.artifacts.google import Google, google_storage
from tests.registry.artifacts.test_artifacts import STORED, client_over


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with google_storage(tmp_path) as (front, url, account):
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(account))
        monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "true")  # no token is asked for: Google alone gives one; URLs are signed nevertheless
        httpx.put(f"{url}/bucket").raise_for_status()
        yield front


async def test_google_keeps_the_promises_of_a_directory_and_signs_urls(google):
    blobs = Blobs.at_url("gs://bucket/some/prefix")
    content = bytes(range(256)) * 50_000
    where = f"{STORED}/1/run/artifacts/dir/ü model.bin"
    async with client_over(blobs) as client, httpx.AsyncClient() as direct:
        assert (await client.put(where, content=content)).json() == {}
        assert google.asked.count("POST /bucket/some/prefix/artifacts/1/run/artifacts/dir/ü model.bin") == 2  # in parts: begun and ended
        assert (await client.get(where)).content == content
        part = await client.get(where, headers={"range": "bytes=-100"})
        assert (part.status_code, part.content) == (206, content[-100:])
        await client.put(f"{STORED}/1/run/artifacts/a", content=b"x")
        listed = (await client.get(STORED, params={"path": "1/run/artifacts"})).json()
        assert listed == {"files": [{"path": "a", "is_dir": False, "file_size": 1}, {"path": "dir", "is_dir": True}]}
        assert (await client.get(f"{STORED}/1/none")).status_code == 404
        written = await direct.put(await blobs.signed("PUT", "artifacts/1/signed", 60), content=b"past us", headers=blobs.put_headers)
        assert (written.status_code, (await client.get(f"{STORED}/1/signed")).content) == (200, b"past us")
        assert (await direct.get(await blobs.signed("GET", "artifacts/1/signed", 60))).content == b"past us"
        assert (await client.delete(f"{STORED}/1")).json() == {}
        assert (await client.get(STORED)).json() == {}
