"""A killed server loses no answered request, and stores none twice."""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.running import RunningServer, free_port, start_server

ROUNDS = 20
CLIENTS = 8

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Load:
    """Clients that send until the server dies, and remember which answers they had whole."""

    def __init__(self) -> None:
        self.whole: set[str] = set()
        self.begun: set[str] = set()

    async def run(self, url: str) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=20) as client, asyncio.TaskGroup() as clients:
            for number in range(CLIENTS):
                clients.create_task(self._client(client, streams=number % 2 == 1))

    async def _client(self, client: httpx.AsyncClient, *, streams: bool) -> None:
        try:
            while True:
                await (self._stream(client) if streams else self._ask(client))
        except httpx.TransportError:
            return

    async def _ask(self, client: httpx.AsyncClient) -> None:
        body = {"model": "fake/echo", "messages": [{"role": "user", "content": f"question {random.random()}"}]}
        answer = await client.post("/v1/chat/completions", json=body)
        assert answer.status_code == 200, answer.text
        self.whole.add(answer.headers["x-tidegate-trace-id"])

    async def _stream(self, client: httpx.AsyncClient) -> None:
        body = {
            "model": "fake/lorem",
            "stream": True,
            "max_tokens": 12,
            "messages": [{"role": "user", "content": f"tell {random.random()}"}],
        }
        async with client.stream("POST", "/v1/chat/completions", json=body) as answer:
            assert answer.status_code == 200
            trace_id = answer.headers["x-tidegate-trace-id"]
            self.begun.add(trace_id)
            text = (await answer.aread()).decode()
        if text.rstrip().endswith("data: [DONE]"):
            self.whole.add(trace_id)


async def kill_soon(server: RunningServer) -> None:
    await asyncio.sleep(random.uniform(0.05, 0.8))
    await asyncio.to_thread(server.kill)


def stored(server: RunningServer) -> list[dict]:
    traces, cursor = [], None
    while True:
        page = (
            server.client.get("/api/v1/traces", params={"limit": 500, **({"cursor": cursor} if cursor else {})}).raise_for_status().json()
        )
        traces += page["traces"]
        cursor = page["next_cursor"]
        if cursor is None:
            return traces


def recovered(server: RunningServer, expected: set[str]) -> list[dict]:
    """What is stored once the logs of the dead are read, which begins after the server is ready; a reader who comes too early is told so by a 503."""
    deadline = time.monotonic() + 60
    while server.client.get("/health").json()["journal"]["pending"] and time.monotonic() < deadline:
        time.sleep(0.1)
    while time.monotonic() < deadline:
        try:
            traces = stored(server)
        except httpx.HTTPStatusError as early:
            assert early.response.status_code == 503, early  # any other refusal is the failure
        else:
            if expected <= {trace["trace_id"] for trace in traces}:
                return traces
        time.sleep(0.3)
    return stored(server)


async def test_twenty_kills_under_load_lose_no_answered_request_and_store_none_twice(tmp_path: Path):
    data, port, load = tmp_path / "data", free_port(), Load()
    for _ in range(ROUNDS):
        server = await asyncio.to_thread(start_server, data, port=port, wait=False)
        await asyncio.to_thread(server.wait_ready, path="/health")  # storage is still being opened: some are killed before it is
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.run(server.url))
            tasks.create_task(kill_soon(server))

    server = await asyncio.to_thread(start_server, data, port=port)
    try:
        traces = await asyncio.to_thread(recovered, server, load.begun | load.whole)
        seen = Counter(trace["trace_id"] for trace in traces)
        by_id = {trace["trace_id"]: trace for trace in traces}
        assert len(load.whole) > ROUNDS * CLIENTS, "the load was too small to prove anything"
        assert load.whole - seen.keys() == set(), "answered, but not stored"
        assert [trace_id for trace_id, count in seen.items() if count > 1] == []
        assert [trace["trace_id"] for trace in traces if trace["span_count"] != 1] == [], "stored twice"
        assert {by_id[trace_id]["status"] for trace_id in load.whole} == {"OK"}
        cut = load.begun - load.whole
        assert {by_id[trace_id]["status"] for trace_id in cut if trace_id in by_id} <= {"INTERRUPTED", "OK"}
        assert cut - seen.keys() == set(), "a stream that had begun left no span"
        assert any(trace["status"] == "INTERRUPTED" for trace in traces)
    finally:
        await asyncio.to_thread(server.stop)
