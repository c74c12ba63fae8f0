"""A vendor that speaks Anthropic's Messages: it refuses what its published shapes do not allow, and keeps what it was sent.

The last text of the user says what it does: ``!429``, ``!500``, ``!busy`` (529), ``!hang``, ``!gone`` (it closes without a word), ``!cut`` (a stream breaks off), ``!overloaded`` (an error within the stream), ``!repeats`` (the same, with the headers that it was called with), ``!tools`` (thinks,
and calls the first tool twice); anything else is answered with four words.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming

from tests.gateway.dialects.shapes import misfit

USAGE = {"input_tokens": 8, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 0, "output_tokens": 4}
WORDS = [{"type": "text", "text": "four small words here"}]


def calls(tool: str) -> list[dict]:
    return [
        {"type": "thinking", "thinking": "Two places.", "signature": "c2lnbmVk"},
        {"type": "tool_use", "id": "toolu_1", "name": tool, "input": {"city": "Bern"}},
        {"type": "tool_use", "id": "toolu_2", "name": tool, "input": {"city": "Rome"}},
    ]


@dataclass
class Claude:
    port: int = 0
    bodies: list[dict] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                self.bodies.append(body)
                self.headers.append(headers)
                self.paths.append(first.split()[1])
                if self.paths[-1].endswith("/count_tokens"):
                    _send(writer, 200, {"input_tokens": 42})
                elif not await self._answer(body, reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, body: dict, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        shape = MessageCreateParamsStreaming if body.get("stream") else MessageCreateParamsNonStreaming
        if (complaint := misfit(body, shape)) is not None:
            return _send(writer, 400, error("invalid_request_error", complaint))
        text = json.dumps(body["messages"][-1])
        if "!429" in text:
            return _send(writer, 429, error("rate_limit_error", "slow down"), "retry-after: 7\r\nrequest-id: req_up\r\n")
        if "!gone" in text:
            return False
        if "!hang" in text:
            await reader.read(1)
            return False
        if "!500" in text:
            return _send(writer, 500, error("api_error", "broken"))
        if "!busy" in text:
            return _send(writer, 529, error("overloaded_error", "Overloaded"))
        blocks = calls(body["tools"][0]["name"]) if "!tools" in text else WORDS
        reason = "tool_use" if "!tools" in text else "end_turn"
        message = {"id": "msg_up", "type": "message", "role": "assistant", "model": "claude-up", "content": blocks, "stop_reason": reason}
        message |= {"stop_sequence": None, "usage": USAGE, "vendor_extra": {"z": 1}}
        if not body.get("stream"):
            return _send(writer, 200, message)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n")
        for number, event in enumerate(events(message)):
            if number == 4 and "!cut" in text:
                await writer.drain()
                writer.transport.abort()
                return False
            if number == 4 and "!overloaded" in text:
                _chunk(writer, error("overloaded_error", "Overloaded"))
                break
            if number == 4 and "!repeats" in text:
                _chunk(writer, error("api_error", f"called with {self.headers[-1]}"))
                break
            _chunk(writer, event)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


def error(kind: str, message: str) -> dict:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_up"}


def events(message: dict) -> list[dict]:
    """A message as a stream tells it, its JSON in pieces of three letters."""
    told: list[dict] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None, "usage": {**USAGE, "output_tokens": 1}}}
    ]
    for index, block in enumerate(message["content"]):
        match block["type"]:
            case "text":
                empty, deltas = {"type": "text", "text": ""}, [{"type": "text_delta", "text": word} for word in _pieces(block["text"])]
            case "thinking":
                empty = {"type": "thinking", "thinking": "", "signature": ""}
                deltas = [{"type": "thinking_delta", "thinking": word} for word in _pieces(block["thinking"])]
                deltas.append({"type": "signature_delta", "signature": block["signature"]})
            case _:
                empty = {**block, "input": {}}
                deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *_pieces(json.dumps(block["input"]))]]
        told.append({"type": "content_block_start", "index": index, "content_block": empty})
        told += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        told.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    return [*told, {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 4}}, {"type": "message_stop"}]


def _pieces(text: str) -> list[str]:
    return [text[at : at + 3] for at in range(0, len(text), 3)]


def _send(writer: asyncio.StreamWriter, status: int, value: object, extra: str = "") -> bool:
    body = json.dumps(value).encode()
    writer.write(f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{extra}content-length: {len(body)}\r\n\r\n".encode() + body)
    return True


def _chunk(writer: asyncio.StreamWriter, event: dict) -> None:
    data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
    writer.write(b"%x\r\n" % len(data) + data + b"\r\n")


@asynccontextmanager
async def scripted_claude() -> AsyncIterator[Claude]:
    claude = Claude()
    server = await asyncio.start_server(claude.serve, "127.0.0.1", 0)
    claude.port = server.sockets[0].getsockname()[1]
    try:
        yield claude
    finally:
        server.close()
