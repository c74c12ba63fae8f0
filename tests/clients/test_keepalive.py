"""A model that is silent for long: the vendors' own SDKs get something in between that they skip, and neither spans nor caches do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import anthropic
import httpx
import openai
import pytest
import pytest_asyncio
from google import genai
from google.genai import errors

from tests.running import RunningServer, start_server
from tests.upstream import Upstream, scripted_upstream

CONFIG = """
server: {{keepalive_seconds: 0.05}}
providers:
  up: {{kind: openai, base_url: "{url}", timeouts: {{first_byte: 0.4}}}}
routes:
  - {{name: kept, targets: [{{model: up/m}}], cache: {{ttl: 60}}}}
"""
PING = {
    "/v1/chat/completions": b": keep-alive\n\n",
    "/v1/completions": b": keep-alive\n\n",
    "/v1/responses": b": keep-alive\n\n",
    "/v1/messages": b"event: ping\n",
    "/v1beta/models/up/m:streamGenerateContent?alt=sse": b'"parts":[{"text":""}]',
}
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Rig:
    def __init__(self, server: RunningServer, up: Upstream) -> None:
        self.up = up
        self.http = httpx.AsyncClient(base_url=server.url, timeout=20)
        self.openai = openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0)
        self.claude = anthropic.AsyncAnthropic(base_url=server.url, api_key="k", max_retries=0)
        self.google = genai.Client(api_key="k", http_options={"base_url": server.url}).aio

    async def post(self, path: str, text: str, model: str = "up/m") -> httpx.Response:
        turn = [{"role": "user", "content": text}]
        said = {"contents": [{"parts": [{"text": text}]}]} if "Generate" in path else {"messages": turn, "max_tokens": 99}
        said = {"/v1/responses": {"input": text}, "/v1/completions": {"prompt": text}}.get(path, said)
        return await self.http.post(path, json={"model": model, "stream": True, **said})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("keepalive")
    async with scripted_upstream() as up:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(url=up.url))
        server = await asyncio.to_thread(start_server, home / "data", config=config)
        try:
            yield Rig(server, up)
        finally:
            await asyncio.to_thread(server.stop)


@pytest.mark.parametrize("path", PING)
@pytest.mark.parametrize("text", ["!pause", "!late"])
async def test_a_silent_stream_is_kept_alive_in_the_dialects_own_words(rig: Rig, path: str, text: str):
    """``!pause`` is silent within its answer, ``!late`` before it."""
    answer = await rig.post(path, text)
    assert answer.status_code == 200
    assert PING[path] in answer.content
    trace = (await rig.http.get(f"/api/v1/traces/{answer.headers['x-tidegate-trace-id']}")).json()
    assert trace["spans"][0]["status"] == "OK"


@pytest.mark.parametrize("text", ["!pause", "!late"])
async def test_the_vendors_sdks_skip_it(rig: Rig, text: str):
    turn = [{"role": "user", "content": text}]
    chunks = [each async for each in await rig.openai.chat.completions.create(model="up/m", messages=turn, stream=True)]
    assert "".join(each.choices[0].delta.content or "" for each in chunks) == "w0 w1 w2 w3 "
    completed = [each async for each in await rig.openai.completions.create(model="up/m", prompt=text, stream=True)]
    assert "".join(choice.text for each in completed for choice in each.choices) == "w0 w1 w2 w3 "
    async with rig.openai.responses.stream(model="up/m", input=text) as stream:
        assert (await stream.get_final_response()).output_text == "w0 w1 w2 w3 "
    async with rig.claude.messages.stream(model="up/m", max_tokens=99, messages=turn) as stream:
        assert await stream.get_final_text() == "w0 w1 w2 w3 "
    chat = rig.google.chats.create(model="up/m")
    assert "".join([each.text async for each in await chat.send_message_stream(text)]) == "w0 w1 w2 w3 "
    assert len(chat.get_history(curated=True)) > 1


async def test_an_array_of_geminis_stays_one(rig: Rig):
    answer = (await rig.post("/v1beta/models/up/m:streamGenerateContent", "!late")).json()
    assert "".join(each["candidates"][0]["content"]["parts"][0]["text"] for each in answer) == "w0 w1 w2 w3 "


async def test_a_failure_after_the_beginning_is_an_error_event_that_the_sdks_raise(rig: Rig):
    """``!hang`` is given up after 0.4 s, when the client has its status already."""
    turn = [{"role": "user", "content": "!hang"}]
    with pytest.raises(openai.APIError, match="no first byte"):
        [each async for each in await rig.openai.chat.completions.create(model="up/m", messages=turn, stream=True)]
    with pytest.raises(openai.APIError, match="no first byte"):
        [each async for each in await rig.openai.completions.create(model="up/m", prompt="!hang", stream=True)]
    with pytest.raises(anthropic.APIStatusError, match="no first byte"):
        async with rig.claude.messages.stream(model="up/m", max_tokens=9, messages=turn) as stream:
            await stream.get_final_text()
    with pytest.raises((errors.APIError, errors.UnknownApiResponseError)):
        [each async for each in await rig.google.models.generate_content_stream(model="up/m", contents="!hang")]
    assert b"event: error" in (await rig.post("/v1/responses", "!hang")).content


async def test_one_that_waits_for_a_whole_answer_gets_its_own_status(rig: Rig):
    turn = [{"role": "user", "content": 'say "stream": true !hang'}]
    answer = await rig.http.post("/v1/chat/completions", json={"model": "up/m", "messages": turn})
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "upstream_timeout")


async def test_what_is_passed_through_raw_gets_no_byte_more(rig: Rig):
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "!pause"}]}
    answer = await rig.http.post("/passthrough/up/v1/chat/completions", json=body)
    assert answer.text.count("data: ") == 6
    assert all(line.startswith("data: ") for line in answer.text.split("\n") if line)


async def test_it_is_in_no_span_and_in_no_cache(rig: Rig):
    first = await rig.post("/v1/chat/completions", "!pause once", "kept")
    again = await rig.post("/v1/chat/completions", "!pause once", "kept")
    assert PING["/v1/chat/completions"] in first.content
    assert PING["/v1/chat/completions"] not in again.content
    assert again.headers["x-tidegate-cache"] == "hit"
    trace = (await rig.http.get(f"/api/v1/traces/{first.headers['x-tidegate-trace-id']}")).json()
    assert trace["spans"][0]["attributes"]["gen_ai.usage.output_tokens"] == "4"
