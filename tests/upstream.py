"""A scripted vendor: it delays, breaks and lies as the last user message tells it to, and remembers what it was sent. What is said to a completion is its ``prompt``.

``!429`` and ``!500`` answer so, ``!html`` answers 503 with a page, ``!cut`` breaks a stream after three chunks, ``!hang`` never answers, ``!wait``
answers when ``go`` is set, ``!slow`` streams for ten seconds, ``!silent`` ends a stream without its end mark, ``!garbage`` puts an event that is no JSON into a stream, ``!context``
refuses a prompt as too long (unless the model is ``long``), ``!odd`` gives a message that is none, ``!filtered`` lets the vendor's filter empty the answer, a request with ``response_format`` gets a verdict, ``!drip`` gives a whole answer
byte by byte, ``!stall`` half of one and then nothing, ``!late`` begins late and ``!pause`` pauses within a stream, ``!gone`` closes without a word. ``!hang-a`` and ``!filtered-a`` are meant for the upstream
named ``a`` alone.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

USAGE = {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15, "prompt_tokens_details": {"cached_tokens": 3}}


@dataclass
class Upstream:
    """What it saw: bodies and headers of requests, in order, how many callers left before the end, how many it is busy with."""

    name: str = ""
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    left: int = 0
    busy: int = 0
    go: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")) is not None:
                lines = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.bodies.append(body)
                self.headers.append(headers)
                self.busy += 1
                try:
                    if not await self._answer(_asked(headers, body), reader, writer):
                        break
                finally:
                    self.busy -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, body: dict, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            text = body["messages"][-1]["content"] if body.get("messages") else body.get("input", body.get("prompt", ""))
        except (KeyError, TypeError, AttributeError):
            return _send(writer, 400, {"error": {"message": "no conversation", "type": "invalid_request_error", "code": None}})
        text = text if isinstance(text, str) else json.dumps(text)
        if "!429" in text:
            return _send(
                writer,
                429,
                {"error": {"message": "slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}},
                "retry-after: 7\r\n",
            )
        if "!500" in text and self._means(text, "!500"):
            return _send(writer, 500, {"error": {"message": "broken", "type": "server_error", "code": None}})
        if "!html" in text:
            page = b"<html>Bad gateway</html>"
            writer.write(b"HTTP/1.1 503 X\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n" % len(page) + page)
            return True
        if "!context" in text and body.get("model") != "long":
            message = "This model's maximum context length is 8192 tokens."
            return _send(writer, 400, {"error": {"message": message, "type": "invalid_request_error", "code": "context_length_exceeded"}})
        if "!filtered" in text and self._means(text, "!filtered"):
            if body.get("stream"):
                return await self._filtered_stream(writer)
            choice = {"index": 0, "message": {"role": "assistant", "content": None}, "finish_reason": "content_filter"}
            return _send(writer, 200, {"id": "chatcmpl-up", "object": "chat.completion", "model": "up-1", "choices": [choice]})
        if "!hang" in text and self._means(text, "!hang"):
            return await self._until_left(reader)
        if "!gone" in text:
            return False
        if "!stall" in text:
            writer.write(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
            return await self._until_left(reader)
        if "!wait" in text:
            await self.go.wait()
        if body.get("model", "").startswith("embed"):  # a vector of the words, whatever their order
            words = [float(text_in(body["input"]).count(word)) for word in ("tide", "high", "when", "low", "moon")]
            usage = {"prompt_tokens": 3, "total_tokens": 3}
            data = [{"object": "embedding", "index": 0, "embedding": [*words, 0.01]}]
            return _send(writer, 200, {"object": "list", "model": body["model"], "data": data, "usage": usage})
        if body.get("model") == "mod":
            scores = {"violence": 0.9 if "fight" in body["input"] else 0.1, "hate": 0.9}
            return _send(
                writer, 200, {"id": "modr-1", "model": "mod", "results": [{"flagged": True, "categories": {}, "category_scores": scores}]}
            )
        if body.get("voice"):
            writer.write(b"HTTP/1.1 200 X\r\ncontent-type: audio/mpeg\r\ncontent-length: 4\r\n\r\n\xff\xfb\x90\x00")
            return True
        if "response_format" in body:  # a guardrail asks
            verdict = json.dumps({"violates": "forbidden" in text}) if "unclear" not in text else "perhaps"
            choice = {"index": 0, "message": {"role": "assistant", "content": verdict}, "finish_reason": "stop"}
            return _send(
                writer, 200, {"id": "chatcmpl-v", "object": "chat.completion", "model": "up-1", "choices": [choice], "usage": USAGE}
            )
        if "!late" in text:
            await asyncio.sleep(0.15)
        if body.get("stream"):
            return await self._stream(body, text, reader, writer)
        message = {"role": "assistant", "content": "four small words here", "refusal": None, "vendor_extra": {"z": 1, "a": 2}}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        if "!odd" in text:
            choice["message"] = message["content"]
        if "prompt" in body:
            choice = {"index": 0, "text": message["content"], "logprobs": None, "finish_reason": "stop"}
        answer = {"id": "chatcmpl-up", "object": "chat.completion", "model": "up-1", "choices": [choice], "usage": USAGE}
        return await _drip(writer, answer) if "!drip" in text else _send(writer, 200, answer)

    def _means(self, text: str, order: str) -> bool:
        """Whether an order is for this one: ``!hang`` is for all, ``!hang-a`` for the upstream named ``a``."""
        return f"{order}-" not in text or f"{order}-{self.name}" in text

    async def _until_left(self, reader: asyncio.StreamReader) -> bool:
        with suppress(ConnectionError):
            await reader.read(1)
        self.left += 1
        return False

    async def _filtered_stream(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for delta, finish in (({"role": "assistant", "content": ""}, None), ({}, "content_filter")):
            _chunk(writer, {"id": "chatcmpl-up", "model": "up-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
            await writer.drain()
            await asyncio.sleep(0.01)  # two reads of the network, as a rule
        _raw(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        return True

    async def _stream(self, body: dict, text: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        watching = asyncio.ensure_future(self._until_left(reader)) if "!slow" in text else None
        for number in range(100 if watching else 4):
            _chunk(
                writer,
                {
                    "id": "chatcmpl-up",
                    "model": "up-1",
                    "choices": [{"index": 0, **_piece(body, f"w{number} "), "finish_reason": None}],
                },
            )
            if "!garbage" in text:
                _raw(writer, b"data: {not json\n\n")
            await writer.drain()
            if "!pause" in text and number == 1:
                await asyncio.sleep(0.15)
            if "!cut" in text and number == 2:
                writer.transport.abort()
                return False
            if watching:
                if watching.done():
                    return False
                await asyncio.sleep(0.1)
        if "!silent" in text:
            writer.write(b"0\r\n\r\n")
            return True
        _chunk(writer, {"id": "chatcmpl-up", "choices": [{"index": 0, **_piece(body, ""), "finish_reason": "stop"}]})
        if (body.get("stream_options") or {}).get("include_usage"):
            _chunk(writer, {"id": "chatcmpl-up", "choices": [], "usage": USAGE})
        _raw(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


def _asked(headers: dict[str, str], body: bytes) -> dict:
    """What is asked. Of a form its field ``prompt`` counts."""
    if not headers.get("content-type", "").startswith("multipart/"):
        return json.loads(body or b"{}")
    found = re.search(rb'name="prompt"\r\n\r\n(.*?)\r\n', body)
    return {"messages": [{"role": "user", "content": found[1].decode() if found else ""}]}


def _piece(body: dict, words: str) -> dict:
    """Of an answer: a completion has no messages."""
    return {"text": words} if "prompt" in body else {"delta": {"content": words} if words else {}}


def text_in(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _send(writer: asyncio.StreamWriter, status: int, value: object, extra: str = "") -> bool:
    body = json.dumps(value).encode()
    writer.write(f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{extra}content-length: {len(body)}\r\n\r\n".encode() + body)
    return True


async def _drip(writer: asyncio.StreamWriter, value: object) -> bool:
    body = json.dumps(value).encode()
    writer.write(f"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode())
    for at in range(0, len(body), 16):
        writer.write(body[at : at + 16])
        await writer.drain()
        await asyncio.sleep(0.01)
    return True


def _chunk(writer: asyncio.StreamWriter, value: object) -> None:
    _raw(writer, b"data: " + json.dumps(value).encode() + b"\n\n")


def _raw(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"%x\r\n" % len(data) + data + b"\r\n")


@asynccontextmanager
async def scripted_upstream(name: str = "") -> AsyncIterator[Upstream]:
    upstream = Upstream(name=name)
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    upstream.port = server.sockets[0].getsockname()[1]
    try:
        yield upstream
    finally:
        server.close()
