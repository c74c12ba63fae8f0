"""Artifacts in Azure's store, where its emulator is installed (``npm install azurite``): the promises of a directory, and signed URLs."""

import base64
import hashlib
import hmac
import shutil
import subprocess
import time
from collections.abc import Iterator
from email.utils import formatdate

import httpx
import pytest

from storage.blobs import Blobs
from tests.registry.artifacts.test_artifacts import STORED, client_over

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account and key of every such emulator: its documentation prints them."""


@pytest.fixture
def azure(free_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("Azure's emulator (azurite-blob) is not on this machine")
    address = f"http://127.0.0.1:{free_port}"
    settings = {"STORAGE_ACCOUNT_NAME": ACCOUNT, "STORAGE_ACCOUNT_KEY": KEY, "STORAGE_USE_EMULATOR": "true"}
    for name, value in settings.items():
        monkeypatch.setenv(f"AZURE_{name}", value)
    monkeypatch.setenv("AZURITE_BLOB_STORAGE_URL", address)
    command = [program, "--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--blobPort", str(free_port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as emulator:
        _make_container(address, "container")
        yield "az://container/some/prefix"
        emulator.kill()


def _make_container(address: str, name: str) -> None:
    date, path = formatdate(usegmt=True), f"/{ACCOUNT}/{name}"
    signed = "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:2021-08-06\n/{ACCOUNT}{path}\nrestype:container"
    signature = base64.b64encode(hmac.new(base64.b64decode(KEY), signed.encode(), hashlib.sha256).digest()).decode()
    headers = {"x-ms-date": date, "x-ms-version": "2021-08-06", "authorization": f"SharedKey {ACCOUNT}:{signature}"}
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.put(f"{address}{path}?restype=container", headers=headers).raise_for_status()
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the emulator does not answer"
            time.sleep(0.1)
        else:
            return


async def test_azure_keeps_the_promises_of_a_directory_and_signs_urls(azure):
    blobs = Blobs.at_url(azure)
    content = bytes(range(256)) * 50_000
    where = f"{STORED}/1/run/artifacts/dir/ü model+%.bin"
    async with client_over(blobs) as client, httpx.AsyncClient() as direct:
        assert (await client.put(where.replace("%", "%25"), content=content)).json() == {}
        assert (await client.get(where.replace("%", "%25"))).content == content
        await client.put(f"{STORED}/1/run/artifacts/a", content=b"x")
        listed = (await client.get(STORED, params={"path": "1/run/artifacts"})).json()
        assert listed == {"files": [{"path": "a", "is_dir": False, "file_size": 1}, {"path": "dir", "is_dir": True}]}
        written = await direct.put(await blobs.signed("PUT", "artifacts/1/signed", 60), content=b"past us", headers=blobs.put_headers)
        assert (written.status_code, (await client.get(f"{STORED}/1/signed")).content) == (201, b"past us")
        assert (await direct.get(await blobs.signed("GET", "artifacts/1/signed", 60))).content == b"past us"
        assert (await client.delete(f"{STORED}/1")).json() == {}
        assert (await client.get(STORED)).json() == {}
