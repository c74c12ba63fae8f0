"""Skills: numbered versions, files that are whole or not there, and the answers that MLflow 3.18 gives."""

import asyncio
import io
import json
import tarfile
from pathlib import Path

import pytest

from registry.errors import InvalidParameterValue
from registry.skills import tree

RECORDED = Path(__file__).parent / "recorded.jsonl"
GIT = "https://github.com/acme/skills.git"


def packed(files: dict[str, bytes], *others: tarfile.TarInfo) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for other in others:
            tar.addfile(other)
    return held.getvalue()


def form(archive: bytes, **metadata: object) -> dict[str, object]:
    return {"metadata": (None, json.dumps(metadata), "application/json"), "content": ("content.tar.gz", archive, "application/gzip")}


@pytest.mark.parametrize("migrated_settings", ["sqlite"], indirect=True)
async def test_requests_one_after_another_are_answered_as_mlflow_does(client):
    different = []
    for line in RECORDED.read_text().splitlines():
        case = json.loads(line)
        sent = {} if case["body"] is None else {"json": case["body"]}
        answer = await client.http.request(case["method"], f"/api/3.0/mlflow{case['path']}", **sent)
        told = answer.json()
        if (answer.status_code, told.get("error_code"), told.get("message")) != (case["status"], case.get("code"), case.get("message")):
            different.append((line, answer.status_code, told))
    assert not different


async def test_uploaded_files_are_there_as_long_as_their_version_is(client):
    archive = packed({"SKILL.md": b"# hi", "scripts/run.py": b"print(1)"})
    version = await client.call("POST", "/@acme/reviewer/versions", files=form(archive, name="reviewer", organization="acme"))
    # What MLflow's client computes of these two files.
    assert version["digest"] == "efc6760766d934493e4e3a0821d8009b7a87c778495666ccedeba53dfb3ae80e"
    place = version["source"].removeprefix("mlflow-artifacts:/")
    assert place.startswith("skills/@acme/reviewer/")
    assert [entry.name for entry in await client.tree.list(place)] == ["SKILL.md", "scripts"]
    refused = await client.call("POST", "/@acme/reviewer/versions", files=form(archive, digest="a" * 64), status=400)
    assert "does not match the uploaded content" in refused["message"]
    assert len(await client.tree.list("skills/@acme/reviewer")) == 1
    await client.call("DELETE", "/@acme/reviewer")
    assert await client.tree.list("skills") == []


HOSTILE = {
    "a way out": packed({"../x": b"1"}),
    "an absolute path": packed({"/etc/x": b"1"}),
    "capitals": packed({"a": b"1", "A": b"2"}),
    "a file that is a folder": packed({"a/b": b"1", "a": b"2"}),
    "a device": packed({"CON.txt": b"1"}),
    "no address": packed({"a%2e": b"1"}),
    "nothing": packed({}),
    "no archive": b"junk",
    "half of it": packed({"a": b"1" * 10_000})[:-20],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_archives_that_mean_something_else_elsewhere_are_refused(what):
    with pytest.raises(InvalidParameterValue):
        tree.read_archive(HOSTILE[what])


def test_links_and_bombs_are_refused_before_they_are_unpacked(monkeypatch):
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(InvalidParameterValue, match="not a regular file"):
        tree.read_archive(packed({"a": b"1"}, link))
    monkeypatch.setattr(tree, "MOST_BYTES", 1000)
    monkeypatch.setattr(tree, "HEADERS", 20_000)
    for size in (2_000, 50_000):
        with pytest.raises(InvalidParameterValue, match="size limit"):
            tree.read_archive(packed({"a": b"0" * size}))


async def test_versions_registered_at_once_get_consecutive_numbers_and_a_repository_is_registered_once(client):
    made = await asyncio.gather(*(client.call("POST", "/busy/versions", {"source": GIT, "ref": str(each)}) for each in range(8)))
    assert sorted(version["version"] for version in made) == list(range(1, 9))
    batch = [{"name": name, "source": GIT, "subpath": name, "digest": "a" * 64} for name in ("one", "two")]
    first = await client.call("POST", "/bulk-register", {"organization": "acme", "skills": batch})
    batch[1]["digest"] = "b" * 64
    again = await client.call("POST", "/bulk-register", {"organization": "acme", "skills": batch[::-1]})
    assert [(each["name"], each["version"]) for each in first["skill_versions"]] == [("one", 1), ("two", 1)]
    assert [(each["name"], each["version"]) for each in again["skill_versions"]] == [("two", 2), ("one", 1)]


async def test_searches_and_their_pages_belong_together(client):
    for name, description in (("alpha", "Reads  logs"), ("beta", None), ("gamma", "Writes logs")):
        await client.call("POST", "", {"name": name, "description": description})
        await client.call("POST", f"/{name}/versions", {"source": GIT, "status": "draft" if name == "beta" else "active"})
    await client.call("POST", "/alpha/tags", {"key": "team", "value": "ops"})

    async def names(**asked):
        return [each["name"] for each in (await client.call("GET", "", params=asked))["skills"]]

    assert await names(filter_string="search_text ILIKE '%READS LOGS%'") == ["alpha"]
    assert await names(filter_string="status IN ('draft') AND source_type = 'git'") == ["beta"]
    assert await names(filter_string="tags.team = 'ops' AND organization = ''") == ["alpha"]
    assert await names(order_by="name DESC", include_skill_identities=["alpha", "gamma"]) == ["gamma", "alpha"]
    assert await names(include_skill_identities="") == []
    first = await client.call("GET", "", params={"max_results": 2})
    rest = await client.call("GET", "", params={"max_results": 2, "page_token": first["next_page_token"]})
    assert [each["name"] for each in rest["skills"]] == ["gamma"] and rest["next_page_token"] is None
    stolen = await client.call("GET", "/alpha/versions", params={"page_token": first["next_page_token"]}, status=400)
    assert "different query scope" in stolen["message"]


async def test_moves_of_aliases_are_written_down_and_a_deleted_version_loses_its_own(client):
    for _ in range(2):
        await client.call("POST", "/reviewer/versions", {"source": GIT, "status": "draft"})
    for number in (1, 2):
        await client.call("POST", "/reviewer/aliases", {"alias": "prod", "version": number})
    assert (await client.call("GET", "/reviewer"))["aliases"] == [{"alias": "prod", "version": 2}]
    await client.call("DELETE", "/reviewer/versions/2")
    skill = await client.call("GET", "/reviewer")
    assert (skill["aliases"], skill["latest_version"]) == ([], 1)
    moves = (await client.moves.log("reviewer")).moves
    assert [(move.kind, move.before, move.after) for move in reversed(moves)] == [
        ("skill", "", "1"),
        ("skill", "1", "2"),
        ("skill", "2", ""),
    ]
