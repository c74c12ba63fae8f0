"""Clients that leave, on every surface and at every stage: the vendor is hung up on at once, nothing stays reserved, and the trace says it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.running import RunningServer, start_server
from tests.soak.clients import request_of
from tests.soak.plans import Plan, Surface
from tests.upstream import Upstream, scripted_upstream

CONFIG = """
server: {{stop_seconds: 0.3}}
providers:
  openai: {{base_url: "{url}", api_key: env:UP_KEY}}
  groq: {{base_url: "{url}", api_key: env:UP_KEY}}
limits:
  - {{name: requests, requests: 1000000, window: month}}
  - {{name: tokens, tokens: 1000000000, window: month}}
  - {{name: money, cost: 1000000, window: month}}
routes:
  - {{name: plain, targets: [{{model: groq/llama-3.1-8b-instant}}]}}
  - {{name: retried, targets: [{{model: groq/llama-3.1-8b-instant}}], retries: 2, fallbacks: [groq/llama-3.3-70b-versatile]}}
  - {{name: raced, targets: [{{model: groq/llama-3.1-8b-instant}}], fallbacks: [groq/llama-3.3-70b-versatile], hedge: {{after: 0.02}}}}
  - {{name: kept, targets: [{{model: groq/llama-3.1-8b-instant}}], cache: {{ttl: 60}}}}
"""
PATIENCE_SECONDS = 5
"""In which the vendor learns that its work is for nobody: by itself it would go on for ten at least."""

CHATS: tuple[Surface, ...] = ("chat", "responses", "messages", "gemini", "passthrough")
ROUTES = ("retried", "raced", "kept")
UNANSWERED = [*((surface, "plain", stream) for surface in CHATS for stream in (False, True)), *(("chat", route, True) for route in ROUTES)]
STREAMS = [*((surface, "plain") for surface in CHATS), *(("chat", route) for route in ROUTES)]

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Rig:
    def __init__(self, server: RunningServer, up: Upstream) -> None:
        self.server, self.up = server, up
        self.client = httpx.AsyncClient(base_url=server.url, timeout=20)
        self.number = 0

    async def connected(self, surface: Surface, model: str, text: str, *, stream: bool, share: float = 1.0) -> tuple:
        """A client that has sent this share of a request, and the name that its trace is found by."""
        self.number += 1
        name = f"leaving-{self.number}"
        path, body = request_of(Plan(name, surface, model, f"{text} {name}", stream, "", ""))
        data = json.dumps(body).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nx-tidegate-session-id: {name}\r\ncontent-length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data[: int(len(data) * share)])
        return reader, writer, name

    async def until_busy(self, *, busy: bool) -> None:
        """Wait until the vendor works on something, or on nothing."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (self.up.busy > 0) != busy:
                await asyncio.sleep(0.005)

    async def traces(self, name: str) -> list[dict]:
        return (await self.client.get("/api/v1/traces", params={"filter": f"session = '{name}'"})).json()["traces"]

    async def reserved(self) -> set[float]:
        return {each["reserved"] for each in (await self.client.get("/api/v1/budgets")).json()["budgets"]}

    async def assert_told(self, name: str) -> None:
        (trace,) = await self.traces(name)
        full = (await self.client.get(f"/api/v1/traces/{trace['trace_id']}")).json()
        request = next(span for span in full["spans"] if span["parent_span_id"] is None)
        assert (trace["status"], request["attributes"]["error.type"]) == ("ERROR", "client_disconnected")
        known = request["attributes"].get("gen_ai.operation.name") == "chat"  # of what is only passed through nothing is known
        assert (trace["input_tokens"] is not None) == known, "what the vendor has read is paid for"
        assert await self.reserved() == {0}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("leaving")
    async with scripted_upstream() as up:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(url=up.url))
        server = await asyncio.to_thread(start_server, home / "data", config=config, env={"UP_KEY": "sk-up"})
        try:
            yield Rig(server, up)
        finally:
            await asyncio.to_thread(server.stop)


@pytest.mark.parametrize(("surface", "model", "stream"), UNANSWERED)
async def test_whoever_leaves_before_an_answer_began_is_settled_and_told_and_the_vendor_let_go_at_once(
    rig: Rig, surface: Surface, model: str, stream: bool
):
    _, writer, name = await rig.connected(surface, model, "!hang", stream=stream)
    await rig.until_busy(busy=True)
    writer.close()
    await rig.until_busy(busy=False)
    await rig.assert_told(name)


@pytest.mark.parametrize(("surface", "model"), STREAMS)
async def test_whoever_leaves_in_the_middle_of_a_stream_is_settled_and_told_and_the_vendor_let_go_at_once(
    rig: Rig, surface: Surface, model: str
):
    reader, writer, name = await rig.connected(surface, model, "!slow", stream=True)
    assert b" 200 " in await reader.readline()
    await reader.readuntil(b"w1")
    writer.close()
    await rig.until_busy(busy=False)
    await rig.assert_told(name)


@pytest.mark.parametrize("surface", CHATS)
async def test_whoever_leaves_in_the_middle_of_a_request_has_made_none(rig: Rig, surface: Surface):
    asked = len(rig.up.bodies)
    _, writer, name = await rig.connected(surface, "plain", "hello", stream=False, share=0.6)
    await writer.drain()
    await asyncio.sleep(0.02)
    writer.close()
    await asyncio.sleep(0.05)
    assert (len(rig.up.bodies), await rig.traces(name), await rig.reserved()) == (asked, [], {0})


async def test_whoever_is_there_when_the_server_stops_is_told_in_words(rig: Rig):
    streaming, one, _ = await rig.connected("chat", "plain", "!slow", stream=True)
    await streaming.readuntil(b"w1")
    waiting, other, _ = await rig.connected("messages", "raced", "!hang", stream=False)
    await asyncio.sleep(0.1)
    rig.server.process.terminate()
    async with asyncio.timeout(10):
        assert b'"code":"server_stopped"' in await streaming.read()
        answer = await waiting.read()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"].startswith("The server is being stopped")
    one.close()
    other.close()
