"""Many streams at the same time, each of which has to come whole."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

_LENGTH = re.compile(rb"content-length: (\d+)")


@dataclass(frozen=True)
class Clock:
    """A vendor that streams this many pieces, so many seconds apart; ``port`` is where it listens."""

    pieces: int
    seconds: float
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(int(_LENGTH.search(head)[1]))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
                for number in range(self.pieces):
                    _event(writer, json.dumps({"choices": [{"index": 0, "delta": {"content": f"w{number} "}, "finish_reason": None}]}))
                    await asyncio.sleep(self.seconds)
                _event(writer, json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
                _event(writer, "[DONE]")
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _event(writer: asyncio.StreamWriter, text: str) -> None:
    data = f"data: {text}\n\n".encode()
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))


@asynccontextmanager
async def ticking(pieces: int, seconds: float) -> AsyncIterator[Clock]:
    server = await asyncio.start_server(Clock(pieces, seconds).serve, "127.0.0.1", 0, backlog=4096)
    async with server:
        yield Clock(pieces, seconds, server.sockets[0].getsockname()[1])


async def whole_streams(count: int, port: int, key: str, model: str, pieces: int) -> int:
    """How many of ``count`` streams that are open at the same time come whole, with each piece in its place."""
    began = asyncio.Barrier(count)
    async with asyncio.TaskGroup() as tasks:
        reading = [tasks.create_task(_one(port, key, model, pieces, began)) for _ in range(count)]
    return sum(task.result() for task in reading)


async def _one(port: int, key: str, model: str, pieces: int, began: asyncio.Barrier) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "count"}]})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write((head + body).encode())
    first = await reader.readuntil(b"w0")
    await began.wait()  # until now nobody has taken more than the first piece: all are open
    said = (first + await reader.read()).decode()
    writer.close()
    return re.findall(r'"w(\d+) "', said) == [str(number) for number in range(pieces)] and said.endswith("data: [DONE]\n\n\r\n0\r\n\r\n")
