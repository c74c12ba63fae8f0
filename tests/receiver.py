"""A receiver of webhooks that delays, breaks and lies as the path of its address tells it to, and remembers what it was sent.

Each step of a path answers one request, the last one all further ones: ``/500/hang/200``. A step is a status, or ``cut`` (closes without an
answer), ``hang`` (never answers), ``garbage`` (no HTTP), ``endless`` (200 with a body without an end), ``redirect`` (302 to ``/stolen``), ``wait``
(429 with ``retry-after: 1``), ``slow`` (200 after half a second).
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: str

    @property
    def data(self) -> dict:
        return json.loads(self.body)["data"]

    @property
    def delivery_id(self) -> str:
        return self.headers["x-mlflow-delivery-id"]


@dataclass
class Receiver:
    port: int = 0
    requests: list[Received] = field(default_factory=list)
    seen: Counter = field(default_factory=Counter)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str = "/200") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def until(self, count: int, seconds: float = 15) -> list[Received]:
        """Wait for so many requests in all."""
        async with asyncio.timeout(seconds):
            while len(self.requests) < count:
                self.news.clear()
                await self.news.wait()
        return self.requests

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            path = head[0].split(" ")[1]
            self.requests.append(Received(path, headers, body.decode()))
            steps = path.strip("/").split("/")
            step = steps[min(self.seen[path], len(steps) - 1)]
            self.seen[path] += 1
            self.news.set()
            await self._answer(step, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, step: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if step == "cut":
            writer.transport.abort()
        elif step == "hang":
            await reader.read(1)
        elif step == "garbage":
            writer.write(b"SMTP ready\r\n\r\n")
        elif step == "redirect":
            writer.write(b"HTTP/1.1 302 X\r\nlocation: /stolen\r\ncontent-length: 0\r\n\r\n")
        elif step == "wait":
            writer.write(b"HTTP/1.1 429 X\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n")
        elif step == "endless":
            writer.write(b"HTTP/1.1 200 X\r\n\r\n")
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        else:
            await asyncio.sleep(0.5 if step == "slow" else 0)
            status = 200 if step == "slow" else int(step)
            writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 8\r\n\r\nreceived" % status)


@asynccontextmanager
async def scripted_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
