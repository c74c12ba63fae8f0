"""Everything that goes wrong with vendors, at once: no request hangs, no connection stays, and each request is one trace, no more and no less."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.running import RunningServer, start_server
from tests.upstream import Upstream, scripted_upstream

CONFIG = """
providers:
  up: {{kind: openai, base_url: "{url}", timeouts: {{first_byte: 0.4, between_chunks: 0.4, total: 4}}}}
  dead: {{kind: openai, base_url: "http://127.0.0.1:9/v1"}}
guardrails:
  - {{name: private, action: mask, detect: {{pii: [email, phone]}}}}
  - {{name: patient, on: [output], stream: hold, detect: {{words: [kraken]}}}}
routes:
  - {{name: kept, targets: [{{model: up/one}}], cache: {{ttl: 60}}}}
  - {{name: guarded, guardrails: [private, patient], targets: [{{model: up/one}}], fallbacks: [up/two]}}
  - {{name: retried, targets: [{{model: up/one}}], retries: 2, retry_on: [429, 5xx, timeout, broken], backoff: {{base: 0.01, longest_wait: 0.05}}}}
  - {{name: saved, targets: [{{model: up/one}}, {{model: dead/one}}], fallbacks: [up/two, fake/echo], breaker: {{failures: 3, open: 0.2, longest: 1}}}}
  - {{name: raced, targets: [{{model: up/one}}], fallbacks: [up/two], hedge: {{after: 0.1}}, breaker: {{failures: 0}}}}
  - {{name: copied, targets: [{{model: up/one}}], shadows: [{{model: up/shadow, share: 0.3}}]}}
"""
MODELS = ["up/one", "retried", "saved", "raced", "copied", "kept", "guarded"]
SAME = "same"
"""What all requests to the route with a cache ask, so that many are answered again, or wait for one another."""
FAULTS = ["fine", "!429", "!500", "!html", "!hang", "!cut", "!slow", "!silent", "!garbage", "!drip", "!stall", "!gone"]
REQUESTS = 240
AT_ONCE = 40
LONGEST_SECONDS = 12.0
MOST_NEW_FILES = 3 * AT_ONCE
"""Idle connections to the vendor are kept, as many as there were requests at the same time, on a client of their own each."""


class Storm:
    def __init__(self, server: RunningServer) -> None:
        self.random = random.Random(20)
        self.client = httpx.AsyncClient(base_url=server.url, timeout=LONGEST_SECONDS, limits=httpx.Limits(max_connections=AT_ONCE))
        self.outcomes: Counter[str] = Counter()
        self.answered: set[str] = set()

    async def run(self) -> None:
        self.plans = [
            (
                f"storm-{number}",
                self.random.choice(MODELS),
                self.random.choice(FAULTS),
                self.random.random() < 0.5,
                self.random.random() < 0.15,
            )
            for number in range(REQUESTS)
        ]
        waiting = asyncio.Semaphore(AT_ONCE)

        async def one(plan: tuple) -> None:
            async with waiting, asyncio.timeout(LONGEST_SECONDS):
                outcome = await self.ask(*plan)
            self.outcomes[outcome] += 1
            if outcome != "left":
                self.answered.add(plan[0])

        async with asyncio.TaskGroup() as tasks:
            for plan in self.plans:
                tasks.create_task(one(plan))
        await self.client.aclose()

    async def ask(self, name: str, model: str, fault: str, stream: bool, leaves: bool) -> str:
        said = SAME if model == "kept" else name
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": f"{fault} {said}"}]}
        work = asyncio.create_task(self.read(body, name))
        if not leaves:
            return await work
        done, _ = await asyncio.wait([work], timeout=0.15)
        work.cancel()
        await asyncio.wait([work])
        return work.result() if done else "left"

    async def read(self, body: dict, name: str) -> str:
        async with self.client.stream("POST", "/v1/chat/completions", json=body, headers={"x-tidegate-session-id": name}) as answer:
            text = (await answer.aread()).decode()
        if answer.headers["content-type"].startswith("text/event-stream"):
            return "stream" if text.rstrip().endswith("data: [DONE]") else _stream_error(text)
        return "whole" if answer.status_code == 200 else str(answer.status_code)


def _stream_error(text: str) -> str:
    """A stream that is not whole ends in an error event, always."""
    last = text.rstrip().rpartition("data: ")[2]
    return "stream error: " + json.loads(last)["error"]["code"]


async def all_traces(server: RunningServer, **wanted: str) -> list[dict]:
    traces, cursor = [], None
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        while True:
            page = (await client.get("/api/v1/traces", params={"limit": 200, **wanted, **({"cursor": cursor} if cursor else {})})).json()
            traces += page["traces"]
            cursor = page["next_cursor"]
            if cursor is None:
                return traces


def open_files(server: RunningServer) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


async def calm(upstream: Upstream) -> None:
    """Until nobody is served any more; shadows go on when their clients have gone."""
    for _ in range(100):
        if upstream.busy == 0:
            return
        await asyncio.sleep(0.1)


async def assert_each_told_once(server: RunningServer, storm: Storm, upstream: Upstream) -> None:
    """A client that left before the server took its request is nobody's request; all others are told, also those who left later."""
    traces = await all_traces(server)
    copies = await all_traces(server, filter="attributes.'tidegate.shadow' = 'true'")
    shadows = {copy["trace_id"] for copy in copies}
    told = Counter(trace["session_id"] for trace in traces if trace["trace_id"] not in shadows)
    reached = {json.loads(body)["messages"][0]["content"].split()[-1] for body in upstream.bodies} - {SAME}
    assert set(told.values()) == {1}
    assert storm.answered | reached <= set(told)
    assert {trace["status"] for trace in traces} == {"OK", "ERROR"}
    assert set(Counter(copy["session_id"] for copy in copies).values()) == {1}


@pytest.mark.slow
async def test_a_storm_of_faults_leaves_no_request_hanging_no_connection_open_and_each_request_told_once(tmp_path: Path):
    async with scripted_upstream() as upstream:
        config = tmp_path / "tidegate.yaml"
        config.write_text(CONFIG.format(url=upstream.url))
        server = await asyncio.to_thread(start_server, tmp_path / "data", config=config)
        try:
            files = open_files(server)
            storm = Storm(server)
            await storm.run()
            assert sum(storm.outcomes.values()) == REQUESTS
            assert {"whole", "stream", "429", "500", "504", "left", "stream error: upstream_broken"} <= set(storm.outcomes)
            await calm(upstream)
            assert upstream.busy == 0
            assert open_files(server) < files + MOST_NEW_FILES
            await assert_each_told_once(server, storm, upstream)
            assert await all_traces(server, filter="attributes.'tidegate.cache' = 'hit'")
        finally:
            await asyncio.to_thread(server.stop)
        assert "Traceback" not in server.log.read_text()
