"""Settings are swapped under load: no request is dropped, refused or broken, and no client has to connect again."""

import asyncio
import json
import time
from pathlib import Path

import httpx

from tests.running import RunningServer, start_server
from tests.upstream import scripted_upstream

CONFIG = """
providers:
  up: {{kind: openai, base_url: "{url}", timeouts: {{total: {total}}}}}
guardrails:
  - {{name: private, action: mask, detect: {{words: [kraken{turn}]}}}}
routes:
  - {{name: plain, targets: [{{model: up/one}}], retries: {retries}}}
  - {{name: kept, targets: [{{model: up/one}}], cache: {{ttl: {total}}}}}
  - {{name: guarded, guardrails: [private], targets: [{{model: up/one}}]}}
limits:
  - {{requests: {limit}, window: minute}}
"""
CLIENTS = 6
RELOADS = 3


def written(config: Path, url: str, turn: int) -> None:
    config.write_text(CONFIG.format(url=url, total=30 + turn, turn=turn, retries=turn % 3, limit=100_000 + turn))


class Load:
    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.over = asyncio.Event()
        self.answers = 0
        self.connections = 0

    async def one(self, number: int) -> None:
        """A client that keeps its connection, and asks until it is over."""
        async with httpx.AsyncClient(base_url=self.server.url, timeout=20, limits=httpx.Limits(max_connections=1)) as client:
            while not self.over.is_set():
                await self.ask(client, number)

    async def ask(self, client: httpx.AsyncClient, number: int) -> None:
        model, stream = ("plain", "kept", "guarded", "up/one")[number % 4], self.answers % 2 == 0
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": f"hello {self.answers % 7}"}]}
        answer = await client.post("/v1/chat/completions", json=body, extensions={"trace": self.trace})
        assert answer.status_code == 200, answer.text
        assert answer.text.endswith("data: [DONE]\n\n") if stream else json.loads(answer.text)["choices"]
        self.answers += 1

    async def trace(self, event: str, info: dict) -> None:
        self.connections += event == "connection.connect_tcp.complete"


async def version(client: httpx.AsyncClient) -> int:
    return (await client.get("/health")).json()["config_version"]


async def reload_often(server: RunningServer, config: Path, url: str) -> int:
    """Write the file, wait until it runs, and so on; the number of configurations that ran."""
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        first = await version(client)
        for turn in range(1, RELOADS + 1):
            written(config, url, turn)
            deadline = time.monotonic() + 15
            while await version(client) < first + turn:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
        return await version(client) - first


async def test_a_reload_under_load_drops_no_request_and_no_connection(tmp_path: Path):
    async with scripted_upstream() as upstream:
        config = tmp_path / "tidegate.yaml"
        written(config, upstream.url, 0)
        server = await asyncio.to_thread(start_server, tmp_path / "data", config=config)
        load = Load(server)
        try:
            async with asyncio.TaskGroup() as tasks:
                for number in range(CLIENTS):
                    tasks.create_task(load.one(number))
                reloads = await reload_often(server, config, upstream.url)
                load.over.set()
            assert reloads == RELOADS
            assert load.answers > CLIENTS * RELOADS
            assert load.connections == CLIENTS
        finally:
            await asyncio.to_thread(server.stop)
        assert "Traceback" not in server.log.read_text()
