"""Forms with large files: sent on while they arrive, in little memory, whichever way the client orders its fields; kept where they may be sent twice."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.running import RunningServer, start_server

pytestmark = pytest.mark.asyncio(loop_scope="module")
MEGABYTE = bytes(range(256)) * 4096
CONFIG = """
server: {{max_body_bytes: 50000000}}
providers:
  up: {{kind: openai, base_url: "{url}/v1"}}
routes:
  - {{name: twice, targets: [{{model: up/one}}], retries: 1, backoff: {{base: 0.01}}}}
  - {{name: guarded, targets: [{{model: up/one}}], guardrails: [words]}}
guardrails: [{{name: words, on: [input], detect: {{words: [kraken]}}}}]
"""


@dataclass
class Listener:
    """A vendor that counts what it is sent as it comes. ``refuse``: the statuses of the next answers; 413 comes before the body was read."""

    port: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    seen: int = 0
    refuse: list[int] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        self.heads.append(head)
        self.seen = 0
        status = self.refuse.pop(0) if self.refuse else 200
        if status != 413:
            self.bodies.append(await self._digest(head, reader))
        body = b'{"text": "ebb"}' if status == 200 else b'{"error": {"message": "no", "type": "t", "code": null}}'
        writer.write(b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        await asyncio.sleep(0.3 if status == 413 else 0)  # it is heard before it hangs up
        writer.close()

    async def _digest(self, head: str, reader: asyncio.StreamReader) -> str:
        digest = hashlib.sha256()
        if "chunked" in head:
            while size := int(await reader.readline(), 16):
                digest.update(await self._counted(reader.readexactly(size)))
                await reader.readline()
            await reader.readline()
            return digest.hexdigest()
        left = int(head.partition("content-length: ")[2].split("\r\n")[0])
        while left:
            piece = await self._counted(reader.read(min(left, 65536)))
            left -= len(piece)
            digest.update(piece)
        return digest.hexdigest()

    async def _counted(self, reading) -> bytes:
        piece = await reading
        self.seen += len(piece)
        return piece


class Rig:
    def __init__(self, server: RunningServer, up: Listener) -> None:
        self.server, self.up = server, up
        self.http = httpx.AsyncClient(base_url=server.url, timeout=30)

    async def hear(self, content, path: str = "/v1/audio/transcriptions", **headers: str) -> httpx.Response:
        return await self.http.post(path, content=content, headers={"content-type": "multipart/form-data; boundary=b", **headers})

    async def heard(self, size: int) -> int:
        """Wait until the vendor has more than so many bytes; how many those are."""
        async with asyncio.timeout(10):
            while self.up.seen <= size:
                await asyncio.sleep(0.01)
        return self.up.seen

    def memory(self) -> int:
        status = Path(f"/proc/{self.server.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("uploads")
    up = Listener()
    async with await asyncio.start_server(up.serve, "127.0.0.1", 0) as listening:
        up.port = listening.sockets[0].getsockname()[1]
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(url=f"http://127.0.0.1:{up.port}"))
        server = await asyncio.to_thread(start_server, home / "data", config=config)
        try:
            yield Rig(server, up)
        finally:
            await asyncio.to_thread(server.stop)


def text(name: str, value: str) -> bytes:
    return f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


FILE = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\ncontent-type: audio/wav\r\n\r\n'
END = b"\r\n--b--\r\n"


async def parts(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def sha(*pieces: bytes) -> str:
    return hashlib.sha256(b"".join(pieces)).hexdigest()


async def test_a_file_goes_on_while_it_arrives_and_takes_no_memory(rig: Rig):
    await rig.hear(text("model", "up/one") + FILE + MEGABYTE + END)
    before, most, early = rig.memory(), 0, 0

    async def slowly() -> AsyncIterator[bytes]:
        nonlocal most, early
        yield text("model", "up/one") + FILE
        for number in range(40):
            yield MEGABYTE
            most = max(most, rig.memory())
            if number == 20:
                early = await rig.heard(10 * len(MEGABYTE))
        yield END

    length = len(text("model", "up/one") + FILE + END) + 40 * len(MEGABYTE)
    answer = await rig.hear(slowly(), **{"content-length": str(length)})
    assert (answer.status_code, answer.json()["text"]) == (200, "ebb")
    assert rig.up.bodies[-1] == sha(text("model", "one"), FILE, *[MEGABYTE] * 40, END)
    assert early > 10 * len(MEGABYTE)
    assert most - before < 16 * 1024 * 1024


@pytest.mark.parametrize("known", [True, False])
async def test_a_model_behind_its_file_is_found_and_renamed(rig: Rig, known: bool):
    sent = [FILE, MEGABYTE, MEGABYTE, b"\r\n", text("model", "up/one"), text("language", "de")[:-2], END]
    answer = await rig.hear(b"".join(sent) if known else parts(*sent))
    assert answer.status_code == 200
    assert rig.up.bodies[-1] == sha(FILE, MEGABYTE, MEGABYTE, b"\r\n", text("model", "one"), text("language", "de")[:-2], END)


async def test_a_body_of_unknown_length_goes_on_as_one(rig: Rig):
    sent = [text("model", "up/one"), FILE, *[MEGABYTE] * 3, END]
    assert (await rig.hear(parts(*sent))).status_code == 200
    assert "transfer-encoding: chunked" in rig.up.heads[-1]
    assert rig.up.bodies[-1] == sha(text("model", "one"), *sent[1:])


async def test_a_route_that_asks_again_sends_all_of_it_again(rig: Rig):
    rig.up.refuse = [500]
    answer = await rig.hear(text("model", "twice") + FILE + MEGABYTE * 3 + END)
    assert (answer.status_code, answer.headers["x-tidegate-failed-attempts"]) == (200, "up/one=500")
    assert rig.up.bodies[-2:] == [sha(text("model", "one"), FILE, MEGABYTE * 3, END)] * 2


async def test_a_file_of_the_accounts_own_goes_on_byte_for_byte(rig: Rig):
    sent = [text("purpose", "batch"), FILE, *[MEGABYTE] * 2, END]
    assert (await rig.hear(parts(*sent), "/v1/files", **{"x-tidegate-provider": "up"})).status_code == 200
    assert rig.up.bodies[-1] == sha(*sent)


async def test_a_refusal_before_the_end_is_the_clients_answer(rig: Rig):
    rig.up.refuse = [413]
    answer = await rig.hear(text("model", "up/one") + FILE + MEGABYTE * 8 + END)
    assert (answer.status_code, answer.json()["error"]["message"]) == (413, "no")
    assert (await rig.hear(text("model", "up/one") + FILE + MEGABYTE + END)).status_code == 200


@pytest.mark.parametrize("known", [True, False])
async def test_what_is_too_large_is_refused(rig: Rig, known: bool):
    sent = [text("model", "up/one"), FILE, *[MEGABYTE] * 50, END]
    answer = await rig.hear(b"".join(sent) if known else parts(*sent))
    assert (answer.status_code, "server.max_body_bytes" in answer.json()["error"]["message"]) == (413, True)


async def test_a_guardrail_that_cannot_look_into_it_refuses_it(rig: Rig):
    answer = await rig.hear(text("model", "guarded") + FILE + MEGABYTE + END)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "guardrail_not_applicable")


async def test_a_large_form_without_a_model_or_cut_off_is_a_400(rig: Rig):
    assert (await rig.hear(FILE + MEGABYTE + END)).json()["error"]["param"] == "model"
    assert "cut off" in (await rig.hear(FILE + MEGABYTE)).json()["error"]["message"]


RAW = {"content-type": "application/octet-stream"}


@pytest.mark.parametrize("path", ["/passthrough/up/v1/anything", "/gateway/proxy/twice/v1/anything"])
async def test_whatever_is_passed_through_goes_on_while_it_arrives_and_is_told(rig: Rig, path: str):
    await rig.hear(MEGABYTE, path, **RAW)
    before, most, early = rig.memory(), 0, 0

    async def slowly() -> AsyncIterator[bytes]:
        nonlocal most, early
        for number in range(30):
            yield MEGABYTE
            most = max(most, rig.memory())
            if number == 15:
                early = await rig.heard(5 * len(MEGABYTE))

    answer = await rig.hear(slowly(), path, **RAW)
    assert (answer.status_code, rig.up.bodies[-1]) == (200, sha(*[MEGABYTE] * 30))
    assert early > 5 * len(MEGABYTE)
    assert most - before < 16 * 1024 * 1024
    trace = (await rig.http.get(f"/api/v1/traces/{answer.headers['x-tidegate-trace-id']}")).json()
    assert trace["spans"][0]["attributes"]["gen_ai.operation.name"] == "passthrough"


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "multipart/related; boundary=b", "multipart/form-data"])
async def test_what_is_passed_through_is_the_vendors_to_judge_whatever_it_calls_itself(rig: Rig, kind: str, size: int):
    sent = [FILE, MEGABYTE * size, END, text("model", "one")]  # not one of these is a form
    answer = await rig.hear(b"".join(sent), "/passthrough/up/v1/anything", **{"content-type": kind})
    assert (answer.status_code, rig.up.bodies[-1]) == (200, sha(*sent))


async def test_a_form_that_is_passed_through_names_its_model(rig: Rig):
    answer = await rig.hear(text("model", "one") + FILE + MEGABYTE * 2 + END, "/passthrough/up/v1/audio/transcriptions")
    assert answer.headers["x-tidegate-target"] == "up/one"
