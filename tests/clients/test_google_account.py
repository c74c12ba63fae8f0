"""What Google keeps for an account, with its own SDK: files in parts that carry no key, cached contents, and whose account is asked."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from google import genai
from google.genai import _api_client, errors, types

from tests.cloud import Cloud, Said, Sent, scripted_cloud
from tests.running import RunningServer, start_server

CONFIG = """
security: {{api_keys: [env:SERVER_KEY]}}
providers:
  one: {{kind: gemini, base_url: "{url}/one", api_key: env:UP_KEY}}
  two: {{kind: gemini, base_url: "{url}/two/v1beta", api_key: env:UP_KEY}}
  cloud: {{kind: vertex, base_url: "{url}/cloud", project: tides, region: europe-west4, api_key: env:UP_KEY}}
routes:
  - {{name: ebbing, targets: [{{model: cloud/gemini-2.5-flash}}]}}
  - {{name: either, targets: [{{model: one/gemini-2.5-flash, weight: 1000000}}, {{model: two/gemini-2.5-flash}}]}}
"""
UP_KEY, SERVER_KEY = "canary-of-the-vendor", "sk-of-this-server-22bb"
SOUND = bytes(range(256)) * 100
LEFT_OUT = {"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Google:
    """The vendor: it takes uploads in parts, and keeps files and cached contents."""

    def __init__(self) -> None:
        self.uploads: dict[str, bytes] = {}
        self.cached: dict[str, dict] = {}

    def answer(self, sent: Sent) -> Said:
        url = urlsplit(sent.target)
        account, _, path = url.path[1:].partition("/")
        if path.startswith("upload/"):
            return self._upload(account, parse_qs(url.query).get("upload_id", [""])[0], sent)
        if account == "cloud":
            return self._in_cloud(path.removeprefix("v1/"), sent)
        name = path.removeprefix("v1beta/")
        if name.endswith(":predictLongRunning"):
            return _json({"name": f"models/veo/operations/of-{account}"})
        if "/operations/" in name:
            return _json({"name": name, "done": True})
        if name.endswith(":download"):
            return Said(pieces=(SOUND,), content_type="audio/wav")
        if name.startswith("files"):
            return _json({"files": [_file(account)]} if name == "files" else {} if sent.method == "DELETE" else _file(account))
        if name == "cachedContents" and sent.method == "POST":
            made = {"name": "cachedContents/c1", **json.loads(sent.body)}
            self.cached["cachedContents/c1"] = made
            return _json(made)
        if name.startswith("cachedContents/"):
            return _json({} if sent.method == "DELETE" else self.cached[name])
        return _json({"candidates": [{"content": {"role": "model", "parts": [{"text": "ebb"}]}, "finishReason": "STOP"}]})

    def _in_cloud(self, path: str, sent: Sent) -> Said:
        """Vertex AI: everything is within a project, which answers call by its number."""
        assert path.startswith("projects/tides/locations/europe-west4/"), path
        name = path.removeprefix("projects/tides/locations/europe-west4/")
        if name == "cachedContents" and sent.method == "POST":
            made = {**json.loads(sent.body), "name": "projects/77/locations/europe-west4/cachedContents/9"}
            self.cached[name + "/9"] = made
            return _json(made)
        if name == "cachedContents":
            return _json({"cachedContents": list(self.cached.values())[-1:]})
        if name.startswith("cachedContents/"):
            return _json({} if sent.method == "DELETE" else self.cached[name])
        if name.endswith(":countTokens"):
            return _json({"totalTokens": 31})
        if name.endswith(":predict"):
            return _json({"predictions": [{"bytesBase64Encoded": "aGk=", "mimeType": "image/png"}]})
        answer = {"candidates": [{"content": {"role": "model", "parts": [{"text": "ebb"}]}, "finishReason": "STOP"}]}
        if "alt=sse" in sent.target:
            return Said(pieces=(b"data: " + json.dumps(answer).encode() + b"\n\n",), content_type="text/event-stream")
        return _json(answer)

    def _upload(self, account: str, identity: str, sent: Sent) -> Said:
        command = sent.headers.get("x-goog-upload-command", "")
        if command == "start":
            self.uploads["u/1"] = b""
            address = f"https://vendor.example/{account}/upload/v1beta/files?upload_id=u%2F1&upload_protocol=resumable"
            return Said(
                pieces=(),
                content_type="text/plain; charset=utf-8",
                headers=(("x-goog-upload-url", address), ("x-goog-upload-status", "active")),
            )
        self.uploads[identity] += sent.body
        final = "finalize" in command
        return _json({"file": _file(account)} if final else {}, ("x-goog-upload-status", "final" if final else "active"))


def _file(account: str) -> dict:
    address = f"https://generativelanguage.googleapis.com/v1beta/files/{account}1"
    return {
        "name": f"files/{account}1",
        "mimeType": "audio/wav",
        "uri": address,
        "state": "ACTIVE",
        "source": "GENERATED",
        "downloadUri": address,
    }


def _json(value: dict, *headers: tuple[str, str]) -> Said:
    return Said(pieces=(json.dumps(value).encode(),), headers=headers)


class Rig:
    def __init__(self, server: RunningServer, cloud: Cloud, google: Google) -> None:
        self.server, self.cloud, self.vendor = server, cloud, google
        self.http = httpx.AsyncClient(base_url=server.url, timeout=20, headers={"authorization": f"Bearer {SERVER_KEY}"})
        self.keyless = httpx.AsyncClient(base_url=server.url, timeout=20)

    def client(self, path: str = "", version: str | None = None, **headers: str):
        options = {"base_url": f"{self.server.url}{path}", "headers": headers, "api_version": version}
        return genai.Client(api_key=SERVER_KEY, http_options=options).aio

    def cloud_client(self):
        return genai.Client(vertexai=True, api_key=SERVER_KEY, http_options={"base_url": self.server.url}).aio

    async def begin(self, path: str = "/upload/v1beta/files", key: str = SERVER_KEY) -> str:
        """The address at which an upload goes on."""
        headers = {"x-goog-api-key": key, "x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
        answer = await self.keyless.post(path, headers=headers, json={"file": {}})
        assert answer.status_code == 200, answer.text
        return answer.headers["x-goog-upload-url"]

    async def key(self, **about: object) -> tuple[str, str]:
        made = (await self.http.post("/api/v1/keys", json=about)).json()
        return made["key"], made["about"]["id"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("google")
    google = Google()
    async with scripted_cloud(google.answer) as cloud:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(url=cloud.url))
        server = await asyncio.to_thread(start_server, home / "data", config=config, env={"UP_KEY": UP_KEY, "SERVER_KEY": SERVER_KEY})
        try:
            yield Rig(server, cloud, google)
        finally:
            await asyncio.to_thread(server.stop)


@pytest.mark.parametrize("path", ["", "/gemini", "/gateway/gemini"])
async def test_a_file_goes_up_in_parts_that_come_by_us_and_bring_no_key(rig: Rig, path: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_api_client, "CHUNK_SIZE", 10_000)
    before = len(rig.cloud.sent)
    made = await rig.client(path=path).files.upload(file=io.BytesIO(SOUND), config={"mime_type": "audio/wav"})
    assert (made.name, rig.vendor.uploads["u/1"]) == ("files/one1", SOUND)
    start, *parts = rig.cloud.sent[before:]
    assert (start.target, start.headers["x-goog-upload-header-content-type"]) == ("/one/upload/v1/files", "audio/wav")
    assert [part.target for part in parts] == ["/one/upload/v1beta/files?upload_id=u%2F1&upload_protocol=resumable"] * 3
    assert [part.headers["x-goog-upload-offset"] for part in parts] == ["0", "10000", "20000"]
    assert {part.headers["x-goog-api-key"] for part in (start, *parts)} == {UP_KEY}
    assert SERVER_KEY not in json.dumps([part.headers for part in (start, *parts)])


async def test_files_are_listed_read_fetched_and_deleted(rig: Rig):
    files = rig.client().files
    assert [file.name async for file in await files.list()] == ["files/one1"]
    assert (await files.get(name="files/one1")).state == "ACTIVE"
    assert await files.download(file="files/one1") == SOUND
    await files.delete(name="files/one1")
    assert (rig.cloud.sent[-1].method, rig.cloud.sent[-1].target) == ("DELETE", "/one/v1beta/files/one1")


async def test_an_upload_goes_to_the_account_that_is_named_and_its_file_is_asked_for_there(rig: Rig):
    sound = io.BytesIO(SOUND)
    made = await rig.client(**{"x-tidegate-provider": "two"}).files.upload(file=sound, config={"mime_type": "audio/wav"})
    await rig.client().files.get(name=made.name)
    assert rig.cloud.sent[-1].target == "/two/v1beta/files/two1"
    refused = await rig.http.get("/v1beta/files", headers={"x-tidegate-provider": "nobody"})
    assert (refused.status_code, refused.json()["error"]["status"]) == (404, "NOT_FOUND")
    refused = await rig.http.get("/v1beta/files", headers={"x-tidegate-provider": "fake"})
    assert (refused.status_code, "There are: one, two" in refused.json()["error"]["message"]) == (400, True)


async def test_contents_are_cached_for_a_model_by_the_name_it_has_here(rig: Rig):
    client = rig.client()
    made = await client.caches.create(model="two/gemini-2.5-flash", config={"contents": "the tide tables", "ttl": "60s"})
    sent = rig.cloud.sent[-1]
    assert (sent.target, json.loads(sent.body)["model"]) == ("/two/v1beta/cachedContents", "models/gemini-2.5-flash")
    assert (await client.caches.get(name=made.name)).model == "models/gemini-2.5-flash"
    await client.caches.update(name=made.name, config={"ttl": "90s"})
    assert (rig.cloud.sent[-1].method, rig.cloud.sent[-1].target.partition("?")[0]) == ("PATCH", "/two/v1beta/cachedContents/c1")
    said = await client.models.generate_content(model="two/gemini-2.5-flash", contents="when?", config={"cached_content": made.name})
    assert (said.text, json.loads(rig.cloud.sent[-1].body)["cachedContent"]) == ("ebb", made.name)
    await client.caches.delete(name=made.name)
    assert rig.cloud.sent[-1].method == "DELETE"


async def test_a_request_that_names_what_an_account_keeps_goes_to_that_account(rig: Rig):
    client = rig.client()
    cached = await client.caches.create(model="two/gemini-2.5-flash", config={"contents": "the tide tables"})
    await client.models.generate_content(model="either", contents="when?", config={"cached_content": cached.name})
    assert rig.cloud.sent[-1].target.startswith("/two/v1beta/models/gemini-2.5-flash:")
    made = await rig.client(**{"x-tidegate-provider": "two"}).files.upload(file=io.BytesIO(SOUND), config={"mime_type": "audio/wav"})
    await client.models.generate_content(model="either", contents=[made, "what?"])
    assert rig.cloud.sent[-1].target.startswith("/two/")
    await client.models.generate_content(model="either", contents="when?")
    assert rig.cloud.sent[-1].target.startswith("/one/")


@pytest.mark.parametrize("model", ["cloud/gemini-2.5-flash", "ebbing"])
async def test_contents_are_cached_on_vertex_ai_in_the_accounts_own_project(rig: Rig, model: str):
    client = rig.cloud_client()
    made = await client.caches.create(model=model, config={"contents": "the tide tables", "ttl": "60s"})
    sent = rig.cloud.sent[-1]
    assert sent.target == "/cloud/v1/projects/tides/locations/europe-west4/cachedContents"
    assert json.loads(sent.body)["model"] == "projects/tides/locations/europe-west4/publishers/google/models/gemini-2.5-flash"
    assert sent.headers["authorization"] == f"Bearer {UP_KEY}"
    assert made.name == "projects/77/locations/europe-west4/cachedContents/9"
    assert (await client.caches.get(name=made.name)).name == made.name
    assert [each.name async for each in await client.caches.list()] == [made.name]
    await client.caches.update(name=made.name, config={"ttl": "90s"})
    at = "/cloud/v1/projects/tides/locations/europe-west4/cachedContents/9"
    assert (rig.cloud.sent[-1].method, rig.cloud.sent[-1].target.partition("?")[0]) == ("PATCH", at)
    said = await client.models.generate_content(model=model, contents="when?", config={"cached_content": made.name})
    assert (said.text, json.loads(rig.cloud.sent[-1].body)["cachedContent"]) == ("ebb", made.name)
    await client.caches.delete(name=made.name)
    assert (rig.cloud.sent[-1].method, rig.cloud.sent[-1].target) == ("DELETE", at)


async def test_a_client_of_geminis_caches_on_vertex_ai_by_the_models_name_alone(rig: Rig):
    client = rig.client(version="v1beta")
    made = await client.caches.create(model="cloud/gemini-2.5-flash", config={"contents": "the tide tables"})
    assert rig.cloud.sent[-1].target == "/cloud/v1/projects/tides/locations/europe-west4/cachedContents"
    listed = await rig.http.get("/v1beta/cachedContents", headers={"x-tidegate-provider": "cloud"})
    assert listed.json()["cachedContents"][0]["name"] == made.name
    refused = await rig.http.get("/v1beta/files", headers={"x-tidegate-provider": "cloud"})
    assert (refused.status_code, refused.json()["error"]["status"]) == (404, "NOT_FOUND")


async def test_vertex_ais_client_asks_any_model_counts_and_streams(rig: Rig):
    client = rig.cloud_client()
    assert (await client.models.count_tokens(model="ebbing", contents="when?")).total_tokens == 31
    streamed = [chunk.text async for chunk in await client.models.generate_content_stream(model="ebbing", contents="when?")]
    assert streamed == ["ebb"]
    assert (await client.models.generate_content(model="fake/echo", contents="high water")).text == "high water"
    painted = await rig.http.post("/v1beta1/publishers/cloud/models/imagen-4:predict", json={"instances": [{"prompt": "the sea"}]})
    assert painted.json()["predictions"][0]["mimeType"] == "image/png"
    assert rig.cloud.sent[-1].target.endswith("/publishers/google/models/imagen-4:predict")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1beta1/projects/p/locations/l/batchPredictionJobs", "NOT_FOUND"),
        ("POST", "/v1/projects/p/locations/l/publishers/google/models/nobody:generateContent", "NOT_FOUND"),
        ("POST", "/v1beta1/publishers/fake/models/echo:predictLongRunning", "NOT_FOUND"),
        ("GET", "/v1beta1/projects/p/locations/l/cachedContents/..%2f..%2fendpoints", "NOT_FOUND"),
        ("PUT", "/v1beta1/cachedContents/1", "INVALID_ARGUMENT"),
    ],
)
async def test_what_of_vertex_ai_is_not_here_is_refused_as_google_does(rig: Rig, method: str, path: str, status: str):
    before = len(rig.cloud.sent)
    refused = await rig.http.request(method, path, json={"contents": [{"parts": [{"text": "x"}]}]} if method == "POST" else None)
    assert (refused.json()["error"]["status"], len(rig.cloud.sent)) == (status, before)
    assert (await rig.keyless.request(method, path)).json()["error"]["status"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("model", "status", "said"), [("fake/echo", 400, "Gemini's own API"), ("nobody/m", 404, "nobody"), ("", 400, "'model'")]
)
async def test_contents_for_a_model_of_nobody_who_caches_are_refused(rig: Rig, model: str, status: int, said: str):
    refused = await rig.http.post("/v1beta/cachedContents", json={"model": f"models/{model}", "contents": []})
    assert (refused.status_code, said in refused.json()["error"]["message"]) == (status, True)


async def test_a_part_is_let_in_as_long_as_the_key_that_began_it_is_good(rig: Rig):
    secret, identity = await rig.key(name="uploads", models=["one/*"])
    address = await rig.begin(key=secret)
    assert address.startswith(f"{rig.server.url}/upload/v1beta/files?upload_id=")
    assert secret not in address
    assert (await rig.keyless.post(address, content=SOUND, headers={"x-goog-upload-command": "upload"})).status_code == 200
    await rig.http.delete(f"/api/v1/keys/{identity}")
    before = len(rig.cloud.sent)
    refused = await rig.keyless.post(address, content=SOUND, headers=LEFT_OUT)
    assert (refused.status_code, refused.json()["error"]["status"], len(rig.cloud.sent)) == (401, "UNAUTHENTICATED", before)


async def test_an_address_opens_its_own_upload_and_nothing_else(rig: Rig):
    address = await rig.begin()
    ticket = urlsplit(address).query
    before = len(rig.cloud.sent)
    assert (await rig.keyless.get(f"/v1beta/files?{ticket}")).status_code == 401
    assert (await rig.keyless.get(f"/gemini/v1beta/files?{ticket}")).status_code == 401
    assert (await rig.keyless.get(f"/upload/v1beta/files?{ticket}")).status_code == 405
    assert (await rig.keyless.post("/upload/v1beta/files", json={})).status_code == 401
    forged = address[:-60] + ("A" if address[-60] != "A" else "B") + address[-59:]
    refused = await rig.keyless.post(forged, content=b"x")
    assert (refused.status_code, refused.json()["error"]["status"], len(rig.cloud.sent)) == (404, "NOT_FOUND", before)
    # Another path and another command lead to the same upload.
    await rig.keyless.post(f"/gemini/upload/v1beta/fileSearchStores/s:x?{ticket}", content=b"x", headers={"x-goog-upload-command": "query"})
    assert rig.cloud.sent[-1].target.startswith("/one/upload/v1beta/files?upload_id=u%2F1")


async def test_an_upload_that_is_passed_through_raw_goes_on_by_us_too(rig: Rig):
    address = await rig.begin("/passthrough/two/upload/v1beta/files")
    assert (await rig.keyless.post(address, content=b"ebb", headers=LEFT_OUT)).json()["file"]["name"] == "files/two1"
    assert rig.cloud.sent[-1].target.startswith("/two/upload/v1beta/files?upload_id=")


async def test_each_part_is_a_span_of_the_key_that_began_it(rig: Rig):
    secret, _ = await rig.key(name="counted")
    part = await rig.keyless.post(await rig.begin(key=secret), content=b"ebb", headers=LEFT_OUT)
    trace = (await rig.http.get(f"/api/v1/traces/{part.headers['x-tidegate-trace-id']}")).json()
    assert trace["spans"][0]["attributes"]["tidegate.key.name"] == "counted"
    assert secret not in json.dumps(trace)


async def test_what_is_not_there_is_told_as_google_tells_it(rig: Rig):
    with pytest.raises(errors.ClientError, match="cachedContents") as refused:
        await rig.client(version="v1beta").tunings.get(name="tunedModels/x")
    assert refused.value.status == "NOT_FOUND"


@pytest.mark.parametrize("version", ["v1", "v1beta"])
async def test_both_versions_of_the_api_are_told_from_openais_by_googles_headers(rig: Rig, version: str):
    client = rig.client(version=version)
    assert [file.name async for file in await client.files.list()] == ["files/one1"]
    await client.batches.get(name="batches/b1")
    assert rig.cloud.sent[-1].target == "/one/v1beta/batches/b1"
    await client.operations.get(types.GenerateVideosOperation(name="models/veo/operations/o1"))
    assert rig.cloud.sent[-1].target == "/one/v1beta/models/veo/operations/o1"


async def test_what_only_googles_models_do_is_refused_in_its_words_and_asked_for_again_where_it_began(rig: Rig):
    narrow, _ = await rig.key(name="narrow", models=["one/*"])
    path, body = "/v1beta/models/two/veo:predictLongRunning", {"instances": [{"prompt": "the sea"}]}
    refused = await rig.keyless.post(path, json=body, headers={"x-goog-api-key": narrow})
    assert (refused.status_code, refused.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    begun = (await rig.http.post(path, json=body)).json()
    await rig.http.get(f"/v1beta/{begun['name']}")
    assert rig.cloud.sent[-1].target == f"/two/v1beta/{begun['name']}"
