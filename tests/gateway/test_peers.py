"""What other gateways were seen to do to one answer of one vendor, and what this one must not: byte for byte, through a running server."""

import asyncio
import gzip
import json
import sys
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.running import RunningServer, start_server
from tests.upstream import Upstream, scripted_upstream

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CONFIG = """
server: {{max_body_bytes: 8000000}}
security: {{api_keys: [env:SERVER_KEY]}}
providers:
  up: {{kind: openai, base_url: "{url}"}}
routes:
  - {{name: alias, targets: [{{model: up/one}}]}}
"""
KEY = "sk-of-this-server-4f1b"

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Rig:
    def __init__(self, server: RunningServer, upstream: Upstream) -> None:
        self.server, self.upstream = server, upstream
        self.client = httpx.AsyncClient(base_url=server.url, timeout=20)

    async def ask(self, text: str = "hello", key: str | None = KEY, **body) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        body = {"model": "alias", "messages": [{"role": "user", "content": text}], **body}
        return await self.client.post("/v1/chat/completions", json=body, headers=headers)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("peers")
    async with scripted_upstream() as upstream:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(url=upstream.url))
        server = await asyncio.to_thread(start_server, home / "data", config=config, env={"SERVER_KEY": KEY})
        try:
            yield Rig(server, upstream)
        finally:
            await asyncio.to_thread(server.stop)


def events(answer: httpx.Response) -> list:
    data = [line.removeprefix("data: ") for line in answer.text.split("\n") if line.startswith("data: ")]
    return [json.loads(each) if each != "[DONE]" else each for each in data]


async def test_model_and_id_are_the_vendors_own(rig: Rig):
    answer = (await rig.ask()).json()
    assert (answer["model"], answer["id"]) == ("up-1", "chatcmpl-up")


async def test_nothing_is_added_to_a_request_but_what_a_stream_needs_to_tell_its_usage(rig: Rig):
    await rig.ask(vendor_knob=[1])
    assert json.loads(rig.upstream.bodies[-1]) == {"model": "one", "messages": [{"role": "user", "content": "hello"}], "vendor_knob": [1]}
    await rig.ask(stream=True, stream_options={"vendor": 1})
    assert json.loads(rig.upstream.bodies[-1])["stream_options"] == {"vendor": 1, "include_usage": True}


async def test_a_stream_keeps_its_null_finish_reasons_hides_the_usage_and_says_done(rig: Rig):
    *chunks, done = events(await rig.ask(stream=True))
    assert done == "[DONE]"
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, None, None, "stop"]
    assert all("usage" not in chunk for chunk in chunks)


@pytest.mark.parametrize(
    "path", ["/gateway/mlflow/v1/chat/completions", "/gateway/openai/v1/chat/completions", "/endpoints/alias/invocations"]
)
async def test_streams_under_mlflows_paths_say_done_and_refuse_as_the_vendor_does(rig: Rig, path: str):
    asked = {"model": "alias", "messages": [{"role": "user", "content": "hello"}], "stream": True}
    headers = {"authorization": f"Bearer {KEY}"}
    assert events(await rig.client.post(path, json=asked, headers=headers))[-1] == "[DONE]"
    asked["messages"] = [{"role": "user", "content": "!429"}]
    refused = await rig.client.post(path, json=asked, headers=headers)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")


async def test_who_leaves_in_the_middle_ends_the_vendors_answer_at_once(rig: Rig):
    left = rig.upstream.left
    body = {"model": "alias", "messages": [{"role": "user", "content": "!slow"}], "stream": True}
    async with rig.client.stream("POST", "/v1/chat/completions", json=body, headers={"authorization": f"Bearer {KEY}"}) as answer:
        await anext(answer.aiter_lines())
    async with asyncio.timeout(20):
        while rig.upstream.left == left:
            await asyncio.sleep(0.01)


async def test_the_process_that_answers_is_small(rig: Rig):
    status = Path(f"/proc/{rig.server.process.pid}/status").read_text(encoding="ascii")
    assert int(status.partition("VmRSS:")[2].split()[0]) < 200 * 1024


async def test_who_asks_for_the_usage_gets_one_chunk_without_choices(rig: Rig):
    *_, last, done = events(await rig.ask(stream=True, stream_options={"include_usage": True}))
    assert (last["choices"], last["usage"]["total_tokens"], done) == ([], 15, "[DONE]")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_429_stays_one_with_its_header_and_its_body_after_one_call(rig: Rig, stream: bool):
    before = len(rig.upstream.bodies)
    answer = await rig.ask("!429", stream=stream)
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["error"]["code"]) == (429, "7", "rate_limit_exceeded")
    assert len(rig.upstream.bodies) == before + 1


async def test_a_stream_that_the_vendor_cut_ends_in_an_error_event_and_not_in_done(rig: Rig):
    found = events(await rig.ask("!cut", stream=True))
    assert found[0]["choices"][0]["delta"]["content"] == "w0 "
    assert found[-1]["error"]["code"] == "upstream_broken"


@pytest.mark.parametrize("key", [None, "sk-another"])
async def test_without_a_key_of_ours_it_is_a_401_in_the_dialects_words(rig: Rig, key: str | None):
    answer = await rig.ask(key=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_an_unknown_model_is_a_404_in_the_dialects_words(rig: Rig):
    answer = await rig.ask(model="nobody")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


async def test_our_own_time_is_told_and_is_small_beside_the_vendors(rig: Rig):
    answer = await rig.ask("!drip")
    assert 0 < float(answer.headers["x-tidegate-overhead-ms"]) < 1000 * answer.elapsed.total_seconds()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
async def test_a_compressed_request_goes_on_plain(rig: Rig, encoding: str):
    said = b'{"model":"alias","messages":[{"role":"user","content":"hello"}],"pad":"%s"}' % (b"x" * 200_000)
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress}[encoding](said)
    headers = {"authorization": f"Bearer {KEY}", "content-encoding": encoding}
    answer = await rig.client.post("/v1/chat/completions", content=packed, headers=headers)
    assert (answer.status_code, rig.upstream.bodies[-1]) == (200, said.replace(b'"alias"', b'"one"'))
    assert "content-encoding" not in rig.upstream.headers[-1]


@pytest.mark.parametrize(
    ("encoding", "body", "status", "told"),
    [
        ("gzip", gzip.compress(b"{}")[:9], 400, "not valid gzip"),
        ("br", b"\x8b\x00", 400, "send gzip, deflate, zstd, or none"),
        ("zstd", zstd.compress(bytes(16_000_000)), 413, "server.max_body_bytes"),
    ],
    ids=["cut short", "not understood", "larger than it looks"],  # bytes of gzip hold the time, and would be another name for each worker
)
async def test_what_cannot_be_read_of_a_compressed_request_is_said(rig: Rig, encoding: str, body: bytes, status: int, told: str):
    headers = {"authorization": f"Bearer {KEY}", "content-encoding": encoding}
    answer = await rig.client.post("/v1/chat/completions", content=body, headers=headers)
    assert answer.status_code == status
    assert told in answer.json()["error"]["message"]


async def test_a_model_that_can_be_asked_is_told_of(rig: Rig):
    headers = {"authorization": f"Bearer {KEY}"}
    assert (await rig.client.get("/v1/models/up/whatever", headers=headers)).json()["id"] == "up/whatever"
    assert (await rig.client.get("/v1/models/nobody/whatever", headers=headers)).status_code == 404


async def test_prometheus_is_told_of_requests_tokens_and_models_without_a_price(rig: Rig):
    headers = {"authorization": f"Bearer {KEY}"}

    async def told() -> dict[str, float]:
        lines = (await rig.client.get("/metrics", headers=headers)).text.splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line.startswith("tidegate_gateway_"))}

    before = await told()
    await rig.ask(stream=True)
    await rig.ask("!429")
    after = await told()

    def grown(metric: str, by: str = "") -> float:
        of = f'{{asker="client",{by}operation="chat",provider="up",route="alias",target="up/one"}}'
        return after[f"tidegate_gateway_{metric}{of}"] - before.get(f"tidegate_gateway_{metric}{of}", 0)

    assert (grown("requests_total", 'error="",'), grown("requests_total", 'error="429",')) == (1, 1)
    assert grown("tokens_total", 'kind="cache_read",') == 3
    assert (grown("duration_seconds_count"), grown("first_chunk_seconds_count")) == (2, 1)
    assert after['tidegate_gateway_price_known{target="up/one"}'] == 0
    assert (await rig.client.get("/metrics")).status_code == 401
