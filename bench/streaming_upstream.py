"""A vendor that streams: numbered words, one every so often. ``python streaming_upstream.py PORT``.

The number of words and the seconds between them are in the request, as ``max_tokens`` and ``temperature``, which every peer passes on (some
as ``max_completion_tokens``).
"""

import asyncio
import json
import sys
from typing import Any, Final

__all__ = ("DONE", "word")

HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
WHOLE: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
DONE: Final = "data: [DONE]"


def word(number: int) -> str:
    """The word at a place of the stream."""
    return f"w{number} "


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Requests of one connection, one after the other."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            asked = json.loads(await reader.readexactly(length))
            await (_stream(asked, writer) if asked.get("stream") else _whole(writer))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _whole(writer: asyncio.StreamWriter) -> None:
    message = {"role": "assistant", "content": word(0)}
    usage = {"prompt_tokens": 40, "completion_tokens": 1, "total_tokens": 41}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    body = json.dumps({"id": "s", "object": "chat.completion", "created": 1, "model": "mock-model", "choices": choices, "usage": usage})
    writer.write(WHOLE % (len(body), body.encode()))
    await writer.drain()


async def _stream(asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    words, pause = int(asked.get("max_tokens") or asked["max_completion_tokens"]), float(asked["temperature"])
    for number in range(words):
        writer.write(_chunk({"delta": {"role": "assistant", "content": word(number)}, "finish_reason": None}))
        await writer.drain()
        await asyncio.sleep(pause)
    writer.write(_chunk({"delta": {}, "finish_reason": "stop"}))
    writer.write(_framed(f"{DONE}\n\n") + b"0\r\n\r\n")
    await writer.drain()


def _chunk(choice: dict[str, Any]) -> bytes:
    chunk = {"id": "s", "object": "chat.completion.chunk", "created": 1, "model": "mock-model", "choices": [{"index": 0, **choice}]}
    return _framed(f"data: {json.dumps(chunk)}\n\n")


def _framed(text: str) -> bytes:
    return f"{len(text):x}\r\n{text}\r\n".encode()


async def _serve(port: int) -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
