"""Artifacts over HTTP, as the mlflow client and MLflow's pages ask for them. The store is a directory; ``test_s3.py`` has a bucket."""

import asyncio
import json
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.artifacts.direct import DirectTransfers
from registry.artifacts.endpoints import endpoints
from registry.artifacts.ranges import UNSATISFIABLE, byte_range
from registry.artifacts.roots import ArtifactRoots
from registry.artifacts.routes import with_artifacts
from registry.artifacts.service import ArtifactService
from registry.artifacts.tree import ArtifactTree
from registry.artifacts.trees import Trees
from registry.logged_models.messages import CreateLoggedModel
from registry.logged_models.service import LoggedModelService
from registry.runs.experiment_messages import CreateExperiment
from registry.runs.experiments import ExperimentService
from registry.runs.messages import CreateRun
from registry.runs.service import RunService
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints
from storage.blobs import Blobs
from tests.server.speaking import listening

STORED = "/api/2.0/mlflow-artifacts/artifacts"
INVALID = {"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid path"}


class Away:
    """A metadata database that no test here should need."""


async def nothing_else(scope, receive, send):
    raise AssertionError(f"{scope['path']} is no path of artifacts")


def app_over(blobs, metadata=None, others=None, *, allowed=True):
    service = ArtifactService(Trees(ArtifactTree(blobs, "artifacts"), others or {}), ArtifactRoots(metadata or Away()))
    return with_artifacts(
        with_endpoints(nothing_else, Table(endpoints(service, DirectTransfers(service, allowed=allowed))), 1_000_000), service
    )


def client_of(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@asynccontextmanager
async def client_over(blobs, metadata=None, others=None, *, allowed=True):
    async with client_of(app_over(blobs, metadata, others, allowed=allowed)) as client:
        yield client


@pytest.fixture
def blobs(tmp_path):
    return Blobs.in_directory(tmp_path / "blobs")


@pytest.fixture(params=["in pieces", "as files"])
async def client(blobs, request):
    """Any ASGI server takes pieces; ours takes the files themselves, both ways."""
    if request.param == "in pieces":
        async with client_over(blobs) as opened:
            yield opened
        return
    async with listening(app_over(blobs)) as listener, httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.port}") as opened:
        yield opened


async def test_a_file_comes_back_as_it_was_sent_last_and_is_listed_with_its_size(client):
    for prefix in ("/api", "/ajax-api"):
        where = f"{prefix}/2.0/mlflow-artifacts/artifacts/1/run/artifacts/dir/ü model.bin"
        for content in (b"first", bytes(range(256)) * 10):
            sent = await client.put(where, content=content)
            assert (sent.status_code, sent.json()) == (200, {})
        assert (await client.get(where)).content == content
    await client.put(f"{STORED}/1/run/artifacts/empty", content=b"")
    found = (await client.get(STORED, params={"path": "1/run/artifacts"})).json()
    assert found == {"files": [{"path": "dir", "is_dir": True}, {"path": "empty", "is_dir": False, "file_size": 0}]}
    found = (await client.get(STORED, params={"path": "1/run/artifacts/dir/"})).json()
    assert found == {"files": [{"path": "ü model.bin", "is_dir": False, "file_size": 2560}]}
    assert (await client.get(STORED, params={"path": "1/run/artifacts/./dir/."})).json() == found
    for nothing in ("1/run/artifacts/empty", "1/none", "1/run/artifacts/empty/x"):
        assert (await client.get(STORED, params={"path": nothing})).json() == {}


async def test_what_is_deleted_is_gone_with_all_beneath_it_and_deleting_again_is_no_error(client):
    for path in ("1/a/x", "1/a/b/y", "1/ab"):
        await client.put(f"{STORED}/{path}", content=b"x")
    for _ in range(2):
        assert (await client.delete(f"{STORED}/1/a")).json() == {}
    assert (await client.get(STORED, params={"path": "1"})).json()["files"] == [{"path": "ab", "is_dir": False, "file_size": 1}]
    await client.delete(f"{STORED}/1/ab")
    assert (await client.get(STORED)).json() == {}


async def test_what_is_no_file_is_said_in_mlflows_errors(client):
    await client.put(f"{STORED}/1/a/x", content=b"x")
    missing = await client.get(f"{STORED}/1/none")
    assert (missing.status_code, missing.json()) == (
        404,
        {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No such artifact: '1/none'"},
    )
    folder = await client.get(f"{STORED}/1/a")
    assert (folder.status_code, folder.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    through = await client.put(f"{STORED}/1/a/x/y", content=b"x")
    assert (through.status_code, through.json()["message"]) == (400, "The path '1/a/x/y' goes through a file, or names a folder.")
    assert (await client.get(f"{STORED}/1/a/x/y")).status_code == 404
    assert (await client.post(f"{STORED}/1/a")).status_code == 405


async def asked(app, method, path, messages=(), headers=()):
    """A request as a server's protocol hands it on, for what no good client sends; status and body, or ``None`` for no answer."""
    waiting = iter(messages or [{"type": "http.request", "body": b"x", "more_body": False}])
    sent = []

    async def receive():
        return next(waiting)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers), "query_string": b""}
    await app(scope, receive, send)
    return (sent[0]["status"], sent[1]["body"]) if sent else None


CLIMBS = ["../x", "a/../../x", "/etc/passwd", "a//b", "%2e%2e/x", "%252e%252e/x", "a\\..\\x", "a/\0", "x#y", "\uff0e\uff0e/x", "C:\\x"]


@pytest.mark.parametrize("path", CLIMBS)
async def test_no_path_leaves_the_root(blobs, path):
    app = app_over(blobs)
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        status, body = await asked(app, method, f"{STORED}/{path}")
        assert (status, json.loads(body)) == (400, INVALID)
    if "\0" not in path:
        async with client_of(app) as client:
            assert (await client.get(STORED, params={"path": path})).json() == INVALID


pieces = st.one_of(st.text(max_size=4), st.sampled_from(["..", ".", "%2e%2e", "..%2f", "%5c", "\\", "\uff0e\uff0e", "a", "%252e%252e"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(pieces, min_size=1, max_size=4).map("/".join).filter(bool))
def test_whatever_the_encoding_a_file_lands_under_the_root_or_nowhere(path):
    with tempfile.TemporaryDirectory() as home:
        root = Path(home) / "in" / "root"
        answer = asyncio.run(asked(app_over(Blobs.in_directory(root)), "PUT", f"{STORED}/{path}"))
        written = [file.relative_to(root / "artifacts").as_posix() for file in Path(home).rglob("*") if file.is_file()]
        assert written == ([path] if answer[0] == 200 else [])


async def test_a_part_of_a_file_is_sent_when_that_is_asked_for(client):
    content = bytes(range(256)) * 20_000
    await client.put(f"{STORED}/f", content=content)
    part = await client.get(f"{STORED}/f", headers={"range": "bytes=1000000-3000000"})
    assert (part.status_code, part.headers["content-range"]) == (206, f"bytes 1000000-3000000/{len(content)}")
    assert part.content == content[1_000_000:3_000_001]
    beyond = await client.get(f"{STORED}/f", headers={"range": "bytes=9999999-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(content)}")
    head = await client.head(f"{STORED}/f")
    assert (head.headers["content-length"], head.content) == (str(len(content)), b"")
    known = {"if-none-match": head.headers["etag"]}
    assert (await client.get(f"{STORED}/f", headers=known)).status_code == 304
    await client.put(f"{STORED}/f", content=b"other")
    changed = await client.get(f"{STORED}/f", headers={**known, "range": "bytes=0-1", "if-range": head.headers["etag"]})
    assert (changed.status_code, changed.content) == (200, b"other")


@pytest.mark.parametrize(
    ("header", "size", "found"),
    [
        (None, 10, None), ("bytes=0-", 10, (0, 10)), ("bytes=2-5", 10, (2, 6)), ("bytes=2-99", 10, (2, 10)), ("bytes=-3", 10, (7, 10)),
        ("bytes=-99", 10, (0, 10)), ("bytes=10-", 10, UNSATISFIABLE), ("bytes=-0", 10, UNSATISFIABLE), ("bytes=0-", 0, UNSATISFIABLE),
        ("bytes=0-1,4-5", 10, None), ("bytes=5-2", 10, None), ("bytes=-", 10, None), ("lines=0-1", 10, None),
    ],
)  # fmt: skip
def test_a_range_is_read_as_the_specification_says(header, size, found):
    assert byte_range(header, size) == found


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("page.html", "text/plain"), ("page.HTM", "text/plain"), ("x.xhtml", "text/plain"), ("x.svg", "image/svg+xml"),
        ("x.png", "image/png"), ("x.html.unknown", "application/octet-stream"), ("html", "text/plain"), ("MLmodel", "text/plain"),
        ("mlproject", "text/plain"), ("dog+step+20.webp", "image/webp"),
    ],
)  # fmt: skip
async def test_nothing_uploaded_is_a_page_of_ours(client, name, media_type):
    await client.put(f"{STORED}/{name}", content=b"<script>alert(1)</script>")
    answer = await client.get(f"{STORED}/{name}")
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"] == f"attachment; filename={name}"


async def test_a_name_of_any_letters_is_a_name_to_save_under(client):
    await client.put(f'{STORED}/日本 "x".txt', content=b"x")
    answer = await client.get(f'{STORED}/日本 "x".txt')
    assert (
        answer.headers["content-disposition"] == 'attachment; filename=" \\"x\\".txt"; filename*=UTF-8\'\'%E6%97%A5%E6%9C%AC%20%22x%22.txt'
    )


async def test_a_client_that_leaves_or_sends_less_than_it_said_leaves_the_old_file(blobs):
    app = app_over(blobs)
    half = {"type": "http.request", "body": b"x" * 900_000, "more_body": True}
    end = {"type": "http.request", "body": b"", "more_body": False}
    assert await asked(app, "PUT", f"{STORED}/f", [{**end, "body": b"old"}]) == (200, b"{}")
    assert await asked(app, "PUT", f"{STORED}/f", [half, half, {"type": "http.disconnect"}]) is None
    assert (await asked(app, "PUT", f"{STORED}/f", [half, end], [(b"content-length", b"1800000")]))[0] == 400
    assert await blobs.get("artifacts/f") == b"old"
    assert len([info async for info in blobs.list()]) == 1


async def test_a_file_is_not_read_on_for_a_client_that_left(blobs):
    await blobs.put("artifacts/f", bytes(20_000_000))
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(len(message.get("body", b"")))
        await asyncio.sleep(0)

    scope = {"type": "http", "method": "GET", "path": f"{STORED}/f", "headers": [], "query_string": b""}
    await app_over(blobs)(scope, receive, send)
    assert sum(sent) < 5_000_000


async def test_files_of_runs_and_logged_models_are_found_below_their_own_root_alone(blobs, metadata):
    experiment = (await ExperimentService(metadata).create(CreateExperiment(name="e"))).experiment_id
    run = (await RunService(metadata).create(CreateRun(experiment_id=experiment))).run.info
    model = (await LoggedModelService(metadata).create(CreateLoggedModel(experiment_id=experiment))).model.info
    async with client_over(blobs, metadata) as client:
        for uri in (run.artifact_uri, model.artifact_uri):
            await client.put(f"{STORED}/{uri.removeprefix('mlflow-artifacts:/')}/plots/a.txt", content=b"seen")
        await client.put(f"{STORED}/{experiment}/other", content=b"hidden")

        listed = (await client.get("/api/2.0/mlflow/artifacts/list", params={"run_uuid": run.run_id, "path": "plots"})).json()
        assert listed == {"root_uri": run.artifact_uri, "files": [{"path": "plots/a.txt", "is_dir": False, "file_size": 4}]}
        where = f"/api/2.0/mlflow/logged-models/{model.model_id}/artifacts"
        assert (await client.get(f"{where}/directories")).json()["files"] == [{"path": "plots", "is_dir": True}]
        assert (await client.get("/get-artifact", params={"run_id": run.run_id, "path": "plots/a.txt"})).content == b"seen"
        assert (await client.get(f"{where}/files", params={"artifact_file_path": "plots/a.txt"})).content == b"seen"
        for unknown in ({"run_id": run.run_id}, {"run_id": "0" * 32}):
            assert (await client.get("/get-artifact", params={**unknown, "path": "../../other"})).json() == INVALID
        assert (await client.get("/get-artifact", params={"run_id": "0" * 32, "path": "x"})).status_code == 404

        upload = {"run_id": run.run_id, "path": "notes/b.txt"}
        assert (await client.post("/ajax-api/2.0/mlflow/upload-artifact", params=upload, content=b"by hand")).status_code == 200
        assert (await client.get("/get-artifact", params=upload)).content == b"by hand"
        for content, message in ((b"", "Request must specify data."), (b"x" * 11_000_000, "Artifact size is too large. Max size is 10MB.")):
            refused = await client.post("/ajax-api/2.0/mlflow/upload-artifact", params=upload, content=content)
            assert (refused.status_code, refused.json()["message"]) == (400, message)
        assert (await client.get("/get-artifact", params=upload)).content == b"by hand"


async def test_a_place_that_the_settings_do_not_name_is_not_read_whatever_a_client_wrote_down(blobs, metadata, tmp_path):
    (tmp_path / "secret").write_text("of this machine")
    bucket = Blobs.in_memory()
    await bucket.put("2/f", b"in the bucket")
    experiments = ExperimentService(metadata, "s3://bucket/prefix/")
    ours = (await experiments.create(CreateExperiment(name="ours"))).experiment_id
    async with client_over(blobs, metadata, {"s3://bucket/prefix": ArtifactTree(bucket)}) as client:
        run = (await RunService(metadata).create(CreateRun(experiment_id=ours))).run.info
        assert run.artifact_uri == f"s3://bucket/prefix/{ours}/{run.run_id}/artifacts"
        await bucket.put(f"{ours}/{run.run_id}/artifacts/f", b"in the bucket")
        assert (await client.get("/get-artifact", params={"run_id": run.run_id, "path": "f"})).content == b"in the bucket"
        for location in (f"file://{tmp_path}", str(tmp_path), "s3://bucket/prefixed", "s3://other/x", "http://host/files"):
            other = (await experiments.create(CreateExperiment(name=location, artifact_location=location))).experiment_id
            run = (await RunService(metadata).create(CreateRun(experiment_id=other))).run.info
            refused = await client.get("/get-artifact", params={"run_id": run.run_id, "path": "f"})
            assert refused.status_code == 400 and "which this server does not read" in refused.json()["message"]
