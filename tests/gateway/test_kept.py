"""Kept responses: what of them is in memory, told by taking away what lies in the store."""

import msgspec
import pytest

from gateway import kept
from gateway.kept import Kept, KeptResponses
from storage.blobs import Blobs


def response(identity: str, size: int) -> Kept:
    return Kept(id=identity, owner="", items=msgspec.Raw(b"[]"), asked=0, response=msgspec.Raw(b'"' + b"x" * (size - 4) + b'"'))


async def in_memory(shelf: KeptResponses, blobs: Blobs, *identities: str) -> list[str]:
    for blob in [blob async for blob in blobs.list("gateway/responses")]:
        await blobs.delete(blob.path)
    return [identity for identity in identities if await shelf.find(identity) is not None]


async def test_so_many_bytes_of_the_latest_are_in_memory_and_the_rest_is_read_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept, "IN_MEMORY", 1000)
    blobs = Blobs.in_memory()
    shelf = KeptResponses(blobs)
    for identity, size in (("a", 400), ("b", 400), ("c", 500), ("d", 100)):
        await shelf.keep(response(identity, size))
    assert [found.id for each in "abcd" if (found := await shelf.find(each)) is not None] == ["a", "b", "c", "d"]
    assert await in_memory(shelf, blobs, *"abcd") == ["b", "c", "d"]


async def test_a_response_that_is_kept_again_or_forgotten_takes_no_room_twice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept, "IN_MEMORY", 1000)
    blobs = Blobs.in_memory()
    shelf = KeptResponses(blobs)
    for _ in range(5):
        await shelf.keep(response("a", 400))
    await shelf.keep(response("b", 500))
    await shelf.forget("b")
    await shelf.keep(response("c", 600))
    assert await in_memory(shelf, blobs, *"abc") == ["a", "c"]
