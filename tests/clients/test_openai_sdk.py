"""The real OpenAI SDK against the running server, with the built-in provider and with a scripted vendor behind it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import openai
import pytest
import pytest_asyncio
from openai import AsyncOpenAI

from tests.running import RunningServer, start_server
from tests.upstream import Upstream, scripted_upstream

CONFIG = """
providers:
  up:   {{kind: openai, base_url: "{url}", api_key: env:UP_KEY, timeouts: {{first_byte: 1.0}}}}
  dead: {{kind: openai, base_url: "http://127.0.0.1:9/v1"}}
routes:
  - {{name: careful, targets: [{{model: up/one}}], fallbacks: [fake/echo]}}
  - {{name: unreachable, targets: [{{model: dead/one}}], fallbacks: [fake/echo]}}
"""
KEY = "sk-canary-7d1f"


class Rig:
    def __init__(self, server: RunningServer, upstream: Upstream) -> None:
        self.server, self.upstream = server, upstream
        self.client = AsyncOpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0)

    async def ask(self, text: str, model: str = "up/one", **options):
        return await self.client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], **options)

    async def raw(self, body: bytes) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.server.url, timeout=20) as client:
            return await client.post("/v1/chat/completions", content=body, headers={"content-type": "application/json"})

    async def newest(self) -> dict:
        async with httpx.AsyncClient(base_url=self.server.url, timeout=20) as client:
            traces = (await client.get("/api/v1/traces", params={"limit": 1})).json()["traces"]
            return (await client.get(f"/api/v1/traces/{traces[0]['trace_id']}")).json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("openai-sdk")
    async with scripted_upstream() as upstream:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(url=upstream.url))
        server = await asyncio.to_thread(start_server, home / "data", config=config, env={"UP_KEY": KEY})
        try:
            yield Rig(server, upstream)
        finally:
            await asyncio.to_thread(server.stop)


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_builtin_provider_answers_streams_and_calls_tools(rig: Rig):
    assert (await rig.ask("hello", "fake/echo")).choices[0].message.content == "hello"
    stream = await rig.ask("a tale", "fake/lorem", stream=True, max_tokens=5, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in stream]
    assert len("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices).split()) == 5
    assert chunks[-1].usage.completion_tokens == 5
    tool = {
        "type": "function",
        "function": {"name": "tide", "parameters": {"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]}},
    }
    call = (await rig.ask("when?", "fake/tools", tools=[tool])).choices[0].message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("tide", {"port": "example"})


async def test_a_bad_model_name_is_openais_own_404_with_a_suggestion(rig: Rig):
    with pytest.raises(openai.NotFoundError) as caught:
        await rig.ask("hello", "fakee/echo")
    assert caught.value.code == "model_not_found"
    assert "fake/echo" in caught.value.message


@pytest.mark.parametrize("stream", [False, True])
async def test_an_upstream_429_reaches_the_sdk_as_such_with_its_retry_after(rig: Rig, stream: bool):
    with pytest.raises(openai.RateLimitError) as caught:
        await rig.ask("!429", stream=stream)
    assert caught.value.response.headers["retry-after"] == "7"


async def test_bytes_are_preserved_both_ways_and_the_key_is_the_accounts(rig: Rig):
    sent = b'{ "vendor_knob":{"z":1.50,"a":[1,2]},\n "model" : "up/one", "messages":[{"role":"user","content":"\\u00fc \\"model\\": \\"x\\""}]}'
    answer = await rig.raw(sent)
    assert rig.upstream.bodies[-1] == sent.replace(b'"up/one"', b'"one"')
    assert b'"vendor_extra": {"z": 1, "a": 2}' in answer.content
    assert rig.upstream.headers[-1]["authorization"] == f"Bearer {KEY}"


async def test_a_stream_tells_its_usage_to_the_trace_and_not_to_who_did_not_ask(rig: Rig):
    chunks = [chunk async for chunk in await rig.ask("count", stream=True)]
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)
    assert json.loads(rig.upstream.bodies[-1])["stream_options"] == {"include_usage": True}
    usage = (await rig.newest())["spans"][0]["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["cache_read_tokens"], usage["estimated"]) == (11, 4, 3, False)


async def test_an_upstream_that_dies_mid_stream_is_an_error_and_never_a_clean_end(rig: Rig):
    with pytest.raises(openai.APIError):
        _ = [chunk async for chunk in await rig.ask("!cut", stream=True)]
    trace = await rig.newest()
    assert trace["summary"]["status"] == "ERROR"
    assert "w0" in trace["spans"][0]["content"]["output"]


async def test_a_stream_without_its_end_is_an_error(rig: Rig):
    with pytest.raises(openai.APIError):
        _ = [chunk async for chunk in await rig.ask("!silent", stream=True)]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_cancels_the_upstream_within_half_a_second(rig: Rig, stream: bool):
    took = [await _let_go(rig, "!slow" if stream else "!hang", stream)]
    while took[-1] > 0.5 and len(took) < 5:  # whoever is late may have been a machine that stood still
        took.append(await _let_go(rig, "!slow" if stream else "!hang", stream))
    assert min(took) < 0.5
    async with asyncio.timeout(20):
        while (await rig.newest())["spans"][0]["attributes"].get("tidegate.client_disconnected") != "true":
            await asyncio.sleep(0.05)


async def _let_go(rig: Rig, text: str, stream: bool) -> float:
    """How many seconds after its client the upstream was left."""
    left, asked = rig.upstream.left, len(rig.upstream.bodies)
    said: list[object] = []
    task = asyncio.ensure_future(_consume(rig, text, stream, said))
    async with asyncio.timeout(20):
        while not (said if stream else len(rig.upstream.bodies) > asked):
            await asyncio.sleep(0.01)
        began = asyncio.get_running_loop().time()
        task.cancel()
        while rig.upstream.left == left:
            await asyncio.sleep(0.01)
    assert rig.upstream.left == left + 1
    return asyncio.get_running_loop().time() - began


async def _consume(rig: Rig, text: str, stream: bool, said: list[object]) -> None:
    answer = await rig.ask(text, stream=stream)
    if stream:
        async for chunk in answer:
            said.append(chunk)  # noqa: PERF401 - others look at it meanwhile


async def test_no_first_byte_in_time_is_a_504_that_names_the_clock(rig: Rig):
    with pytest.raises(openai.InternalServerError) as caught:
        await rig.ask("!hang")
    assert caught.value.status_code == 504
    assert "first_byte" in caught.value.message


async def test_a_page_of_html_becomes_an_error_of_the_dialect(rig: Rig):
    with pytest.raises(openai.InternalServerError) as caught:
        await rig.ask("!html")
    assert caught.value.code == "upstream_broken"


@pytest.mark.parametrize(("model", "text"), [("careful", "!500 but saved"), ("careful", "!429 but saved"), ("unreachable", "saved")])
async def test_a_route_falls_back_before_the_first_byte(rig: Rig, model: str, text: str):
    answer = await rig.ask(text, model)
    assert answer.choices[0].message.content == text
    span = (await rig.newest())["spans"][0]
    assert (span["route"], span["attributes"]["tidegate.target"], span["attributes"]["tidegate.attempts"]) == (model, "fake/echo", "2")


async def test_a_prompt_is_rendered_and_its_version_stands_on_the_span(rig: Rig):
    new = {"name": "support", "template": "You help customers of {{ company }}.", "aliases": ["production"], "model": "up/one"}
    rig.server.client.post("/api/v1/prompts", json=new).raise_for_status()
    await rig.ask("hello", "prompts:/support@production", extra_body={"prompt_variables": {"company": "Ebb & Co"}})
    sent = json.loads(rig.upstream.bodies[-1])
    assert "Ebb & Co" in json.dumps(sent["messages"])
    assert "prompt_variables" not in sent
    summary = (await rig.newest())["summary"]
    assert (summary["prompt_name"], summary["prompt_version"]) == ("support", "1")
    with pytest.raises(openai.BadRequestError) as caught:
        await rig.ask("hello", "prompts:/support@production")
    assert "company" in caught.value.message


async def test_no_key_of_an_account_reaches_a_span_a_log_or_an_answer(rig: Rig):
    await rig.ask("hello")
    with pytest.raises(openai.APIStatusError) as caught:
        await rig.ask("!html")
    said = json.dumps(await rig.newest()) + caught.value.response.text + rig.server.log.read_text()
    assert KEY not in said


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"model": 5}', b'{"messages": []}', b"\xff\xfe"])
async def test_a_body_that_cannot_be_read_is_a_400_in_openais_words(rig: Rig, body: bytes):
    answer = await rig.raw(body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
