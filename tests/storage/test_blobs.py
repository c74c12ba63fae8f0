"""What blobs promise, of a directory and of memory; clouds differ in the URL only, which obstore reads."""

import asyncio
import os
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import storage
from config.schema import StorageSettings
from storage.blob_paths import blob_path
from storage.blobs import Blobs
from storage.errors import BlobNotFound, BlobPathRefused, BlobsUnavailable, SettingsError

CLIMBS = [
    "", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "./a", "a/./b", "a//b", "a/", "a\\..\\b", "..\\x", "a\x00b", "a\nb",
    "%2e%2e/x", "%2E%2e/x", "a/%2e%2e%2fx", "..%2fx", "%2fetc", "%252e%252e/x", "%25252e%25252e/x", "..%5cx", "%5c%5chost",
    "a/%00", "\uff0e\uff0e/x", "a/\u2024\u2024/b", "a\uff0fb", "\uff3c..", "%ef%bc%8e%ef%bc%8e/x", "a/ .. /b", "%" + "25" * 20 + "2e",
    "a/b#1",
    "a/\u2025/b", "\ud800", "\u2028",
]  # fmt: skip


@pytest.fixture(params=["directory", "memory"])
def blobs(request, tmp_path):
    return Blobs.in_directory(tmp_path / "blobs") if request.param == "directory" else Blobs.in_memory()


async def test_a_blob_is_read_as_it_was_written_last(blobs):
    await blobs.put("runs/1/model.bin", b"first")
    await blobs.put("runs/1/model.bin", b"second")
    assert await blobs.get("runs/1/model.bin") == b"second"
    info = await blobs.info("runs/1/model.bin")
    assert (info.path, info.size, info.modified.utcoffset().total_seconds()) == ("runs/1/model.bin", 6, 0)


async def test_a_large_blob_travels_in_pieces_both_ways(blobs):
    async def pieces():
        for number in range(12):
            yield bytes([number]) * 1_000_000

    await blobs.put("large", pieces())
    received = [piece async for piece in blobs.stream("large")]
    assert b"".join(received) == b"".join(bytes([number]) * 1_000_000 for number in range(12))


async def test_a_file_is_never_in_memory_whole(tmp_path):
    blobs = Blobs.in_directory(tmp_path)
    await blobs.put("large", b"x" * 12_000_000)
    assert max([len(piece) async for piece in blobs.stream("large")]) < 3_000_000


async def test_an_open_file_is_of_the_version_that_is_told_with_it_whatever_is_written_meanwhile(tmp_path):
    blobs = Blobs.in_directory(tmp_path)
    await blobs.put("f", b"first")
    opened = await blobs.open_file("f")
    assert opened is not None
    with opened.file as file:
        assert opened.info == await blobs.info("f")
        await blobs.put("f", b"the second")
        assert (file.read(), opened.info.size) == (b"first", 5)
    (tmp_path / "f#123").write_bytes(b"half of the third")
    with pytest.raises(BlobPathRefused):
        await blobs.open_file("f#123")
    for nothing in ("none", "f/g"):
        with pytest.raises((BlobNotFound, BlobPathRefused)):
            await blobs.open_file(nothing)
    assert await Blobs.in_memory().open_file("f") is None


async def test_a_stream_that_breaks_leaves_the_old_blob(blobs):
    async def broken():
        yield b"x" * 8_000_000
        raise ConnectionResetError("the client left")

    await blobs.put("a", b"old")
    with pytest.raises((ConnectionResetError, BlobsUnavailable)):
        await blobs.put("a", broken())
    assert await blobs.get("a") == b"old"
    assert [info.path async for info in blobs.list()] == ["a"]


async def test_what_is_not_there_is_not_found(blobs):
    with pytest.raises(BlobNotFound, match="'no/such'"):
        await blobs.get("no/such")
    with pytest.raises(BlobNotFound):
        await blobs.info("no/such")
    with pytest.raises(BlobNotFound):
        [piece async for piece in blobs.stream("no/such")]
    assert not await blobs.exists("no/such")
    await blobs.delete("no/such")


async def test_a_deleted_blob_is_gone(blobs):
    await blobs.put("a/b", b"")
    assert await blobs.exists("a/b")
    await blobs.delete("a/b")
    assert not await blobs.exists("a/b")


async def test_a_listing_holds_what_lies_under_the_folder_and_nothing_beside_it(blobs):
    for path in ("a/1", "a/b/2", "ab/3", "c"):
        await blobs.put(path, b"x")
    assert sorted([info.path async for info in blobs.list("a")]) == ["a/1", "a/b/2"]
    assert sorted([info.path async for info in blobs.list("a/")]) == ["a/1", "a/b/2"]
    assert len([info async for info in blobs.list()]) == 4
    assert [info async for info in blobs.list("none")] == []


@pytest.mark.parametrize("path", CLIMBS)
async def test_no_path_leaves_the_root(blobs, path):
    for attempt in (blobs.get(path), blobs.put(path, b"x"), blobs.info(path), blobs.delete(path), blobs.exists(path)):
        with pytest.raises(BlobPathRefused):
            await attempt
    with pytest.raises(BlobPathRefused):
        [piece async for piece in blobs.stream(path)]


@pytest.mark.parametrize("prefix", [climb for climb in CLIMBS if climb not in {"", "a/"}])
async def test_no_listing_leaves_the_root(blobs, prefix):
    with pytest.raises(BlobPathRefused):
        [info async for info in blobs.list(prefix)]


@pytest.mark.parametrize(
    "path", ["100%.txt", "a b.txt", "ü/日本.txt", "#a", "..a", "a..", "...", "%41", "~", "con", "[x]{y}*?.txt", ".hidden"]
)
async def test_odd_but_harmless_names_are_kept_as_they_are(blobs, path):
    await blobs.put(path, b"x")
    assert await blobs.get(path) == b"x"
    assert [info.path async for info in blobs.list()] == [path]


async def test_a_blob_is_no_folder(tmp_path):
    blobs = Blobs.in_directory(tmp_path)
    await blobs.put("a/b", b"x")
    for path in ("a/b/c", "a"):
        with pytest.raises(BlobPathRefused, match="goes through a blob, or names a folder"):
            await blobs.put(path, b"x")


segments = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["..", ".", "%2e%2e", "%2f", "a", "\\", "\uff0e\uff0e", "\uff052e"]),
    st.sampled_from(["..", "../", "/"]).map(quote),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(segments, max_size=5).map("/".join))
@example("%2e%2e/x")
def test_whatever_the_path_a_file_lands_under_the_root_or_nowhere(path):
    with tempfile.TemporaryDirectory() as home:
        root = Path(home) / "in" / "root"
        try:
            asyncio.run(Blobs.in_directory(root).put(path, b"x"))
        except BlobPathRefused:
            written = []
        else:
            written = [path]
        found = [file.relative_to(root).as_posix() for file in Path(home).rglob("*") if file.is_file()]
        assert found == written


@given(
    st.text(
        alphabet=st.characters(codec="utf-8", exclude_characters="/\\.%", exclude_categories=["C", "Z", "P", "S", "M"]),
        min_size=1,
        max_size=60,
    )
)
def test_a_name_of_letters_and_digits_is_never_refused(name):
    assert blob_path(f"{name}/{name}") == f"{name}/{name}"


@pytest.mark.parametrize("url", ["ftp://host/x", "bucket", "s3://", "az://container/x"])
def test_a_url_that_names_no_store_is_refused_with_what_may_be_written(url):
    with pytest.raises(SettingsError, match=r"storage\.blobs"):
        storage.open_blobs(StorageSettings(blobs=url))


def test_by_default_blobs_lie_in_the_data_directory(tmp_path):
    storage.open_blobs(StorageSettings(path=str(tmp_path)))
    assert (tmp_path / "blobs").is_dir()


@pytest.mark.parametrize("url", ["s3://bucket/prefix", "gs://bucket/prefix"])
def test_a_bucket_is_named_by_its_url(url):
    assert isinstance(storage.open_blobs(StorageSettings(blobs=url)), Blobs)


async def test_a_store_that_is_away_says_so(tmp_path):
    blobs = Blobs.in_directory(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    (tmp_path / "gone").write_text("a file where the directory was")
    with pytest.raises((BlobsUnavailable, BlobPathRefused)):
        await blobs.put("a", b"x")


async def test_what_a_killed_process_was_writing_is_removed_and_nothing_else(tmp_path):
    blobs = Blobs.in_directory(tmp_path)
    await blobs.put("a/kept#1x", b"whole")
    now = time.time()
    dead, living = 2**22 + 1, os.getppid()  # the first is above the highest number that Linux gives
    for name, age in ((f"dead#{dead * 1_000_000 + 7}", 60), (f"living#{living * 1_000_000}", 60), (f"young#{dead * 1_000_000}", -60)):
        (tmp_path / "a" / name).write_bytes(b"half")
        os.utime(tmp_path / "a" / name, (now - age, now - age))
    await blobs.remove_unfinished(now)
    assert {path.name.partition("#")[0] for path in (tmp_path / "a").iterdir()} == {"kept", "living", "young"}
