"""The load of whole files, put on a server that says what it saw."""

import asyncio
import itertools
import random
from collections import Counter
from pathlib import Path

from bench.transfers import Transfers, measure
from registry.artifacts.body import POUR
from registry.artifacts.transfer import SEND_FILE
from storage.unfinished import UnfinishedFile
from tests.server.speaking import listening

BODY = random.Random(6).randbytes(3 * 1024 * 1024)


async def loaded(app, **load) -> object:
    async with listening(app) as listener:
        transfers = Transfers(url=f"http://127.0.0.1:{listener.port}", connections=3, seconds=0.5, **load)
        return await asyncio.to_thread(measure, transfers)


async def test_uploads_are_whole_files_under_all_names_in_turn(tmp_path):
    (tmp_path / "body").write_bytes(BODY)
    seen: Counter[str] = Counter()
    numbers = itertools.count()

    async def app(scope, receive, send) -> None:
        where = tmp_path / str(next(numbers))
        assert await scope["extensions"][POUR](UnfinishedFile(where, len(BODY)), len(BODY))
        seen[scope["path"]] += where.read_bytes() == BODY
        where.unlink()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}", "more_body": False})

    sample = await loaded(app, paths=("/a", "/b", "/c"), body=str(tmp_path / "body"))
    assert sample.errors == 0
    assert set(seen) == {"/a", "/b", "/c"}
    assert max(seen.values()) - min(seen.values()) <= 1
    assert 0 < sample.requests_per_second * 0.5 <= sum(seen.values())
    assert 0 < sample.p50_ms <= sample.p99_ms


async def test_downloads_are_counted_when_they_are_whole_and_what_is_none_is_an_error(tmp_path):
    (tmp_path / "f").write_bytes(BODY)
    sent: Counter[int] = Counter()

    async def app(scope, receive, send) -> None:
        number = sum(sent.values())
        status = (200, 404, 500)[number % 3]
        sent[status] += 1
        if status == 500:
            raise RuntimeError("a third of the requests ends badly")
        with Path(tmp_path / "f").open("rb", buffering=0) as file:
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(BODY))]})
            await send({"type": SEND_FILE, "file": file, "offset": 0, "count": len(BODY), "more_body": False})

    sample = await loaded(app, paths=("/f",))
    assert 0 < sample.requests_per_second * 0.5 <= sent[200]
    assert sample.errors == sent[404] + sent[500]
