"""A scripted cloud: an HTTP server that keeps what it was sent, byte for byte, and answers what a function says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sent:
    """A request as it was on the wire: ``target`` is path and query, names of headers are lower-case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Said:
    """An answer. ``pieces`` go out one after another, as chunks."""

    status: int = 200
    pieces: tuple[bytes, ...] = (b"{}",)
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Cloud:
    answer: Callable[[Sent], Said]
    port: int = 0
    sent: list[Sent] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
                sent = Sent(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
                self.sent.append(sent)
                await _say(self.answer(sent), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _say(said: Said, writer: asyncio.StreamWriter) -> None:
    extra = "".join(f"{name}: {value}\r\n" for name, value in said.headers)
    writer.write(f"HTTP/1.1 {said.status} X\r\ncontent-type: {said.content_type}\r\n{extra}transfer-encoding: chunked\r\n\r\n".encode())
    for piece in said.pieces:
        writer.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


@asynccontextmanager
async def scripted_cloud(answer: Callable[[Sent], Said]) -> AsyncIterator[Cloud]:
    cloud = Cloud(answer)
    server = await asyncio.start_server(cloud.serve, "127.0.0.1", 0)
    cloud.port = server.sockets[0].getsockname()[1]
    try:
        yield cloud
    finally:
        server.close()
