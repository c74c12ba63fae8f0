"""Routes with rules, through a running gateway and a vendor that fails on purpose."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.running import RunningServer, start_server
from tests.upstream import Upstream, scripted_upstream

CONFIG = """
providers:
  a: {{kind: openai, base_url: "{a}", timeouts: {{first_byte: 1.0}}}}
  b: {{kind: openai, base_url: "{b}"}}
  claude: {{kind: anthropic, base_url: "http://127.0.0.1:9"}}
  dead: {{kind: openai, base_url: "http://127.0.0.1:9/v1"}}
routes:
  - {{name: retrying, targets: [{{model: a/one}}], retries: 2, backoff: {{base: 0.01}}}}
  - {{name: patient, targets: [{{model: a/one}}], retries: 1, backoff: {{longest_wait: 1}}, fallbacks: [b/two]}}
  - {{name: unable, targets: [{{model: a/one}}], fallbacks: [claude/claude-haiku-4-5, b/two]}}
  - {{name: disabled, targets: [{{model: a/one}}], fallbacks: [claude/claude-haiku-4-5]}}
  - {{name: late, targets: [{{model: a/one}}], fallbacks: [b/two]}}
  - {{name: long, targets: [{{model: a/one}}], fallbacks_for: {{context_window_exceeded: [b/long]}}}}
  - {{name: polite, targets: [{{model: a/one}}], fallbacks: [b/two], fallback_on: [content_policy]}}
  - {{name: hedged, targets: [{{model: a/one}}], fallbacks: [b/two], hedge: {{after: 0.2}}}}
  - {{name: broken, targets: [{{model: dead/one}}], fallbacks: [b/two], breaker: {{failures: 2, open: 60}}}}
  - {{name: shadowed, targets: [{{model: a/one}}], shadows: [{{model: b/shadow}}]}}
  - {{name: picky, targets: [{{model: a/one, when: {{metadata: {{tier: gold}}}}}}]}}
  - {{name: sticky, targets: [{{model: a/one}}, {{model: b/two}}], sticky: [session, user]}}
  - {{name: filled, targets: [{{model: a/one}}], prompts: [{{prompt: "prompts:/filled@to-whom"}}]}}
  - name: prompted
    targets: [{{model: a/one}}]
    sticky: [session]
    prompts: [{{prompt: "prompts:/hello@production"}}, {{prompt: "prompts:/hello@canary"}}]
"""


class Rig:
    def __init__(self, server: RunningServer, a: Upstream, b: Upstream) -> None:
        self.server, self.a, self.b = server, a, b
        self.client = httpx.AsyncClient(base_url=server.url, timeout=20)

    async def ask(self, model: str, text: str = "hello", headers: dict[str, str] | None = None, **body) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **body}
        return await self.client.post("/v1/chat/completions", json=body, headers=headers)

    async def spans(self, response: httpx.Response) -> list[dict]:
        trace = (await self.client.get(f"/api/v1/traces/{response.headers['x-tidegate-trace-id']}")).json()
        return sorted(trace["spans"], key=lambda span: (span["parent_span_id"] is not None, span["start_time"]))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("resilience")
    async with scripted_upstream("a") as a, scripted_upstream("b") as b:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(a=a.url, b=b.url))
        server = await asyncio.to_thread(start_server, home / "data", config=config)
        try:
            yield Rig(server, a, b)
        finally:
            await asyncio.to_thread(server.stop)


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_plain_answer_has_one_span_and_says_that_one_attempt_was_made(rig: Rig):
    answer = await rig.ask("retrying")
    assert (answer.headers["x-tidegate-attempts"], answer.headers["x-tidegate-target"]) == ("1", "a/one")
    assert len(await rig.spans(answer)) == 1


async def test_retries_are_told_in_headers_and_each_attempt_is_a_span(rig: Rig):
    answer = await rig.ask("retrying", "!500")
    assert answer.status_code == 500
    assert answer.headers["x-tidegate-attempts"] == "3"
    assert answer.headers["x-tidegate-failed-attempts"] == "a/one=500, a/one=500, a/one=500"
    request, *attempts = await rig.spans(answer)
    assert [span["attributes"]["error.type"] for span in attempts] == ["500"] * 3
    assert {span["parent_span_id"] for span in attempts} == {request["span_id"]}
    assert [span["status"] for span in [request, *attempts]] == ["ERROR"] * 4


async def test_a_retry_after_that_is_too_long_goes_to_the_fallback(rig: Rig):
    answer = await rig.ask("patient", "!429")  # both of them refuse: the last answer is the client's
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["x-tidegate-attempts"]) == (429, "7", "2")
    assert answer.headers["x-tidegate-target"] == "b/two"


async def test_a_timeout_falls_back(rig: Rig):
    answer = await rig.ask("late", "!hang-a")
    assert (answer.status_code, answer.headers["x-tidegate-failed-attempts"]) == (200, "a/one=timeout")
    request, first, second = await rig.spans(answer)
    assert (request["status"], first["status"], second["status"]) == ("OK", "ERROR", "UNSET")


async def test_a_context_window_that_is_exceeded_goes_to_the_longer_model(rig: Rig):
    answer = await rig.ask("long", "!context")
    assert answer.headers["x-tidegate-failed-attempts"].startswith("a/one=context_window_exceeded")
    assert json.loads(rig.b.bodies[-1])["model"] == "long"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_refusal_by_the_vendors_filter_goes_to_the_fallback(rig: Rig, stream: bool):
    answer = await rig.ask("polite", "!filtered-a", stream=stream)
    assert "content_filter" not in answer.text
    assert (answer.headers["x-tidegate-failed-attempts"], answer.headers["x-tidegate-target"]) == ("a/one=content_policy", "b/two")
    assert (await rig.ask("polite", "!500")).headers["x-tidegate-attempts"] == "1"


@pytest.mark.parametrize("stream", [False, True])
async def test_of_two_that_race_the_loser_is_ended_and_both_are_told(rig: Rig, stream: bool):
    answer = await rig.ask("hedged", "!hang-a", stream=stream)
    assert (answer.headers["x-tidegate-hedge"], answer.headers["x-tidegate-target"]) == ("won", "b/two")
    request, first, second = await rig.spans(answer)
    assert first["attributes"]["tidegate.attempt.cancelled"] == "true"
    assert first["usage"]["input_tokens"] > 0
    assert first["usage"]["estimated"]
    assert second["attributes"]["tidegate.attempt.hedge"] == "true"
    assert request["usage"]["input_tokens"] == 11
    trace = (await rig.client.get(f"/api/v1/traces/{answer.headers['x-tidegate-trace-id']}")).json()["summary"]
    assert trace["input_tokens"] == 11 + first["usage"]["input_tokens"]


async def test_a_fallback_that_cannot_be_asked_so_is_passed_over(rig: Rig):
    async def embed(route: str) -> httpx.Response:
        return await rig.client.post("/v1/embeddings", json={"model": route, "input": "!500-a"})

    saved, failed = await embed("unable"), await embed("disabled")
    assert (saved.status_code, saved.headers["x-tidegate-target"]) == (200, "b/two")
    assert (failed.status_code, failed.json()["error"]["message"]) == (500, "broken")


async def test_a_quick_answer_is_not_hedged(rig: Rig):
    before = len(rig.b.bodies)
    assert "x-tidegate-hedge" not in (await rig.ask("hedged")).headers
    assert len(rig.b.bodies) == before


async def test_after_failures_in_a_row_a_target_is_left_alone(rig: Rig):
    answers = [await rig.ask("broken") for _ in range(4)]
    assert [answer.headers["x-tidegate-attempts"] for answer in answers] == ["2", "2", "1", "1"]
    assert {answer.headers["x-tidegate-target"] for answer in answers} == {"b/two"}


async def test_a_shadow_answers_nobody_and_is_a_marked_trace_of_its_own(rig: Rig):
    answer = await rig.ask("shadowed", "!hang-b")
    assert (answer.status_code, answer.headers["x-tidegate-target"]) == (200, "a/one")
    answer = await rig.ask("shadowed", "to be copied", stream=True)
    copies: list[dict] = []
    async with asyncio.timeout(20):
        while len(copies) < 2 or not all(trace["output_preview"] for trace in copies):
            traces = (await rig.client.get("/api/v1/traces", params={"limit": 20})).json()["traces"]
            copies = [trace for trace in traces if trace["input_preview"] == "to be copied"]
            await asyncio.sleep(0.05)
    assert len(copies) == 2
    (copy,) = [trace["trace_id"] for trace in copies if trace["trace_id"] != answer.headers["x-tidegate-trace-id"]]
    (span,) = (await rig.client.get(f"/api/v1/traces/{copy}")).json()["spans"]
    assert span["attributes"]["tidegate.shadow_of"] == answer.headers["x-tidegate-trace-id"]
    assert (span["attributes"]["tidegate.target"], span["route"]) == ("b/shadow", "shadowed")


async def test_a_request_that_no_target_is_for_is_told_so(rig: Rig):
    refused = await rig.ask("picky")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "no_target_fits")
    assert (await rig.ask("picky", metadata={"tier": "gold"})).status_code == 200


async def test_a_session_stays_where_it_began(rig: Rig):
    seen = set()
    for number in range(6):
        targets = {
            (await rig.ask("sticky", headers={"x-tidegate-session-id": f"s{number}"})).headers["x-tidegate-target"] for _ in range(3)
        }
        assert len(targets) == 1
        seen |= targets
    assert seen == {"a/one", "b/two"}


async def test_a_route_renders_one_of_its_prompts_and_a_session_keeps_it(rig: Rig):
    for template, alias in (("Be kind.", "production"), ("Be brief.", "canary")):
        new = {"name": "hello", "template": template, "aliases": [alias]}
        (await rig.client.post("/api/v1/prompts", json=new)).raise_for_status()
    seen = set()
    for number in range(8):
        sessions = set()
        for _ in range(2):
            await rig.ask("prompted", headers={"x-tidegate-session-id": f"s{number}"})
            sessions.add(json.dumps(json.loads(rig.a.bodies[-1])["messages"][0]))
        assert len(sessions) == 1
        seen |= sessions
    assert len(seen) == 2


async def test_a_response_gives_the_routes_prompt_its_variables_and_may_name_one_of_its_own_instead(rig: Rig):
    for template, alias in (("Be kind to {{ who }}.", "to-whom"), ("Know {{ what }}.", "of-what")):
        new = {"name": "filled", "template": template, "aliases": [alias]}
        (await rig.client.post("/api/v1/prompts", json=new)).raise_for_status()

    async def instructions(**asked: object) -> str:
        answer = await rig.client.post("/v1/responses", json={"input": "hello", **asked})
        assert answer.status_code == 200, answer.text
        return json.loads(rig.a.bodies[-1])["messages"]

    said = await instructions(model="filled", prompt_variables={"who": "Ada"})
    assert [message["content"] for message in said] == ["Be kind to Ada.", "hello"]
    own = {"id": "filled", "version": "of-what", "variables": {"what": "the tides"}}
    said = await instructions(model="filled", prompt=own)
    assert [message["content"] for message in said] == ["Know the tides.", "hello"]
    unfilled = await rig.client.post("/v1/responses", json={"model": "filled", "input": "hello"})
    assert (unfilled.status_code, "'who'" in unfilled.json()["error"]["message"]) == (400, True)
