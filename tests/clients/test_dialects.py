"""Clients of Anthropic, of OpenAI's Responses and of Gemini against a running server, in front of a vendor of Anthropic's dialect, one of OpenAI's, and
the built-in models."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import anthropic
import httpx
import openai
import pytest
import pytest_asyncio

from tests.claude import Claude, scripted_claude
from tests.running import RunningServer, start_server
from tests.upstream import Upstream, scripted_upstream

CONFIG = """
security: {{api_keys: [env:SERVER_KEY]}}
providers:
  claude: {{kind: anthropic, base_url: "{claude}", api_key: env:CLAUDE_KEY}}
  up: {{kind: openai, base_url: "{up}"}}
routes:
  - {{name: strict, targets: [{{model: up/one}}], on_unsupported: error}}
  - {{name: saved, targets: [{{model: claude/claude-sonnet-4-5}}], fallbacks: [up/one]}}
"""
KEY, CLAUDE_KEY = "sk-of-this-server-77aa", "sk-of-the-account-31c9"
TOOLS = [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Rig:
    def __init__(self, server: RunningServer, claude: Claude, up: Upstream) -> None:
        self.server, self.claude, self.up = server, claude, up
        self.client = anthropic.AsyncAnthropic(base_url=server.url, api_key=KEY, max_retries=0)
        self.openai = openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0)

    async def ask(self, text: str, model: str = "claude/claude-sonnet-4-5", **more):
        return await self.client.messages.create(model=model, max_tokens=100, messages=[{"role": "user", "content": text}], **more)

    async def stream(self, text: str, model: str, **more):
        asked = [{"role": "user", "content": text}]
        async with self.client.messages.stream(model=model, max_tokens=100, messages=asked, **more) as stream:
            return await stream.get_final_message()

    async def span(self) -> dict:
        headers = {"authorization": f"Bearer {KEY}"}
        listed = await asyncio.to_thread(self.server.client.get, "/api/v1/traces?limit=1", headers=headers)
        found = listed.json()["traces"][0]["trace_id"]
        return (await asyncio.to_thread(self.server.client.get, f"/api/v1/traces/{found}", headers=headers)).json()["spans"][0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("claude")
    async with scripted_claude() as claude, scripted_upstream() as up:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(claude=claude.url, up=up.url))
        env = {"SERVER_KEY": KEY, "CLAUDE_KEY": CLAUDE_KEY}
        server = await asyncio.to_thread(start_server, home / "data", config=config, env=env)
        try:
            yield Rig(server, claude, up)
        finally:
            await asyncio.to_thread(server.stop)


async def test_its_own_vendor_gets_the_accounts_key_and_gives_members_that_nobody_knows(rig: Rig):
    answer = await rig.ask("hello", system="be kind")
    assert (answer.content[0].text, answer.usage.input_tokens, answer.model_extra["vendor_extra"]) == ("four small words here", 8, {"z": 1})
    assert rig.claude.headers[-1]["x-api-key"] == CLAUDE_KEY
    assert rig.claude.bodies[-1]["system"] == "be kind"


@pytest.mark.parametrize("model", ["claude/claude-sonnet-4-5", "up/one", "fake/echo"])
async def test_a_stream_is_the_same_message_as_a_whole_answer(rig: Rig, model: str):
    whole = await rig.ask("four small words here", model)
    streamed = await rig.stream("four small words here", model)
    assert whole.stop_reason == streamed.stop_reason == "end_turn"
    if model != "up/one":  # that one tells other words in its streams
        assert whole.content[0].text == streamed.content[0].text == "four small words here"
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (streamed.usage.input_tokens, streamed.usage.output_tokens)
    usage = (await rig.span())["usage"]
    assert usage["input_tokens"] == (streamed.usage.input_tokens + (streamed.usage.cache_read_input_tokens or 0))


async def test_two_calls_with_a_thought_reach_openais_client_and_their_results_go_back(rig: Rig):
    tools = [{"type": "function", "function": {"name": "weather", "parameters": TOOLS[0]["input_schema"]}}]
    asked = [{"role": "user", "content": "!tools"}]
    ask = rig.openai.chat.completions.create
    answer = await ask(model="claude/claude-sonnet-4-5", messages=asked, tools=tools, reasoning_effort="low")
    message = answer.choices[0].message
    assert [json.loads(call.function.arguments) for call in message.tool_calls] == [{"city": "Bern"}, {"city": "Rome"}]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in message.tool_calls]
    back = [*asked, message.model_dump(exclude_none=True), *results]
    await ask(model="claude/claude-sonnet-4-5", messages=back, tools=tools, reasoning_effort="low")
    sent = rig.claude.bodies[-1]["messages"]
    assert [block["type"] for block in sent[1]["content"]] == ["thinking", "tool_use", "tool_use"]
    assert sent[1]["content"][0] == {"type": "thinking", "thinking": "Two places.", "signature": "c2lnbmVk"}
    assert [block["tool_use_id"] for block in sent[2]["content"]] == ["toolu_1", "toolu_2"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["claude/claude-sonnet-4-5", "up/one"])
async def test_a_429_is_one_in_its_own_words_with_the_wait(rig: Rig, model: str, stream: bool):
    with pytest.raises(anthropic.RateLimitError) as caught:
        await rig.ask("!429", model, stream=stream)
    assert (caught.value.response.headers["retry-after"], caught.value.body["error"]["message"]) == ("7", "slow down")


@pytest.mark.parametrize(
    ("model", "text"), [("claude/claude-sonnet-4-5", "!cut"), ("up/one", "!cut"), ("claude/claude-sonnet-4-5", "!overloaded")]
)
async def test_a_stream_that_breaks_is_an_error_event(rig: Rig, model: str, text: str):
    with pytest.raises(anthropic.APIStatusError) as caught:
        await rig.stream(text, model)
    assert caught.value.body["type"] == "error"
    assert (await rig.span())["status"] == "ERROR"


async def test_an_error_event_that_repeats_the_accounts_key_says_it_to_no_client_and_no_span(rig: Rig):
    with pytest.raises(anthropic.APIStatusError, match="called with") as caught:
        await rig.stream("!repeats", "claude/claude-sonnet-4-5")
    assert "'x-api-key': '***'" in str(caught.value.body)
    assert CLAUDE_KEY not in json.dumps(await rig.span())
    asked = [{"role": "user", "content": "!repeats"}]
    with pytest.raises(openai.APIError, match="called with") as told:
        async for _ in await rig.openai.chat.completions.create(model="claude/claude-sonnet-4-5", messages=asked, stream=True):
            pass
    assert "'x-api-key': '***'" in told.value.message
    events = [event async for event in await rig.openai.responses.create(model="claude/claude-sonnet-4-5", input="!repeats", stream=True)]
    assert (events[-1].type, "'x-api-key': '***'" in events[-1].response.error.message) == ("response.failed", True)
    assert CLAUDE_KEY not in json.dumps(await rig.span())


async def test_a_route_may_refuse_what_cannot_cross(rig: Rig):
    with pytest.raises(anthropic.BadRequestError) as caught:
        await rig.ask("hello", "strict", extra_body={"top_k": 5})
    assert "'top_k'" in caught.value.message
    with pytest.raises(anthropic.BadRequestError, match="cannot say 'thinking'"):
        await rig.ask("hello", "strict", thinking={"type": "enabled", "budget_tokens": 1024})
    assert (await rig.ask("hello", "strict")).stop_reason == "end_turn"


async def test_a_fallback_may_speak_another_dialect(rig: Rig):
    answer = await rig.ask("!busy", "saved")
    assert (answer.model, answer.content[0].text) == ("up-1", "four small words here")


async def test_tokens_are_counted_before_anybody_is_asked(rig: Rig):
    count = rig.client.messages.count_tokens
    short = await count(model="up/one", messages=[{"role": "user", "content": "one"}])
    long = await count(model="up/one", messages=[{"role": "user", "content": "one two three four five"}], tools=TOOLS)
    assert 0 < short.input_tokens < long.input_tokens
    asked = {"model": "claude/claude-sonnet-4-5", "messages": [{"role": "user", "content": "one"}]}
    assert (await count(**asked)).input_tokens == 42
    assert rig.claude.bodies[-1] == {**asked, "model": "claude-sonnet-4-5"}
    with pytest.raises(anthropic.NotFoundError):
        await count(model="nobody", messages=[{"role": "user", "content": "one"}])


async def test_without_a_key_or_with_a_wrong_body_the_error_is_anthropics(rig: Rig):
    with pytest.raises(anthropic.AuthenticationError):
        await anthropic.AsyncAnthropic(base_url=rig.server.url, api_key="no", max_retries=0).messages.create(
            model="fake/echo", max_tokens=1, messages=[{"role": "user", "content": "x"}]
        )
    with pytest.raises(anthropic.BadRequestError) as caught:
        await rig.client.messages.create(model="up/one", max_tokens=1, messages=[{"role": "robot", "content": "x"}])
    assert "robot" in caught.value.body["error"]["message"]


async def test_the_same_is_under_its_own_prefix_with_a_list_of_models(rig: Rig):
    client = anthropic.AsyncAnthropic(base_url=f"{rig.server.url}/anthropic", api_key=KEY, max_retries=0)
    assert "fake/echo" in [model.id async for model in client.models.list()]
    answer = await client.messages.create(model="fake/echo", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
    assert answer.content[0].text == "hi"


async def test_openais_responses_are_made_read_gone_on_from_counted_and_deleted(rig: Rig):
    responses = rig.openai.responses
    tool = {"type": "function", "name": "weather", "parameters": TOOLS[0]["input_schema"], "strict": False}
    first = await responses.create(model="claude/claude-sonnet-4-5", input="!tools", tools=[tool])
    called = [item for item in first.output if item.type == "function_call"]
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": "sunny"} for call in called]
    async with responses.stream(model="up/one", input=results, previous_response_id=first.id) as stream:
        second = await stream.get_final_response()
    assert second.output_text == "w0 w1 w2 w3 "
    roles = [message["role"] for message in json.loads(rig.up.bodies[-1])["messages"]]
    assert roles == ["user", "assistant", "tool", "tool"]
    assert (await responses.retrieve(second.id)).output_text == second.output_text
    assert len((await responses.input_items.list(second.id)).data) == 6
    assert (await responses.input_tokens.count(model="up/one", input="hello")).input_tokens > 0
    await responses.delete(second.id)
    with pytest.raises(openai.NotFoundError):
        await responses.retrieve(second.id)
    with pytest.raises(openai.BadRequestError):
        await responses.cancel(first.id)


async def test_what_became_of_a_response_of_ours_that_is_not_kept_is_asked_of_no_vendor(rig: Rig):
    made = await rig.openai.responses.create(model="up/one", input="hello", store=False)
    before = len(rig.up.bodies)
    for ask in (rig.openai.responses.retrieve, rig.openai.responses.cancel, rig.openai.responses.delete):
        with pytest.raises(openai.NotFoundError, match="not stored"):
            await ask(made.id, extra_headers={"x-tidegate-provider": "up"})
    assert len(rig.up.bodies) == before


async def test_a_kept_response_is_read_again_as_a_stream_from_any_event_on(rig: Rig):
    responses = rig.openai.responses
    tool = {"type": "function", "name": "weather", "parameters": TOOLS[0]["input_schema"], "strict": False}
    made = await responses.create(model="claude/claude-sonnet-4-5", input="!tools", tools=[tool])
    events = [event async for event in await responses.retrieve(made.id, stream=True)]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].response == made
    later = [event async for event in await responses.retrieve(made.id, stream=True, starting_after=len(events) - 4)]
    assert later == events[-3:]
    async with responses.stream(response_id=made.id) as stream:
        assert [item.id for item in (await stream.get_final_response()).output] == [item.id for item in made.output]
    with pytest.raises(openai.BadRequestError, match="starting_after"):
        await responses.retrieve(made.id, stream=True, starting_after="x")


@pytest.mark.parametrize("base", ["/v1beta", "/v1", "/gemini/v1beta", "/gateway/gemini/v1beta"])
async def test_geminis_paths_take_a_key_in_its_header_or_in_the_url(rig: Rig, base: str):
    body = {"contents": [{"parts": [{"text": "hi"}]}]}
    async with httpx.AsyncClient(base_url=rig.server.url + base, timeout=20) as client:
        answer = await client.post("/models/fake/echo:generateContent", json=body, headers={"x-goog-api-key": KEY})
        assert answer.json()["candidates"][0]["content"]["parts"] == [{"text": "hi"}]
        if base != "/v1":
            streamed = await client.post(f"/models/fake/echo:streamGenerateContent?alt=sse&key={KEY}", json=body)
            assert streamed.headers["content-type"] == "text/event-stream"
            refused = await client.post("/models/fake/echo:generateContent", json=body)
            assert (refused.status_code, refused.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


async def test_each_client_gets_the_list_of_models_that_it_can_read(rig: Rig):
    async with httpx.AsyncClient(base_url=rig.server.url, headers={"authorization": f"Bearer {KEY}"}, timeout=20) as client:
        lists = [
            (await client.get("/v1/models", headers=more)).json() for more in ({}, {"anthropic-version": "1"}, {"x-goog-api-client": "x"})
        ]
    assert [next(iter(listed)) for listed in lists] == ["object", "data", "models"]
