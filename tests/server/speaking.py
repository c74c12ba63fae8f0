"""The HTTP server alone, around an application of the test's, spoken to in bytes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from server.http.listener import Listener
from server.http.shared import Shared


async def echo(scope, receive, send) -> None:
    """Answers with what it was asked."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    text = f"{scope['method']} {scope['path']} {scope['query_string'].decode()} ".encode() + body
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": text, "more_body": False})


@asynccontextmanager
async def listening(app: Callable = echo, **clocks: float) -> AsyncIterator[Listener]:
    listener = await Listener.open(app, "127.0.0.1", 0, Shared(**clocks))
    try:
        yield listener
    finally:
        await listener.close(0.2)


async def exchange(listener: Listener, *pieces: bytes, until: bytes = b"", pause: float = 0.0) -> bytes:
    """Send pieces; what comes back until ``until``, or to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    with suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
    try:
        async with asyncio.timeout(10):
            return await (reader.readuntil(until) if until else reader.read())
    finally:
        writer.close()


def bodies(answers: bytes) -> list[bytes]:
    return [answer.partition(b"\r\n\r\n")[2] for answer in answers.split(b"HTTP/1.1 200 OK\r\n")[1:]]
