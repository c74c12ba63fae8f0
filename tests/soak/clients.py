"""Clients: bytes over a socket, which leave whenever they like, and the vendors' own SDKs. Each notes what it was told."""

import asyncio
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import anthropic
import openai

from tests.soak.plans import Plan

LONGEST_SECONDS = 60.0
"""Many times what a request may take by the clocks of its vendors: whoever waits for so long waits for nothing."""

_CODE = re.compile(r'"(?:code|status)": ?"?([A-Za-z0-9_.]+)')
_TYPE = re.compile(r'"error": ?\{"type": ?"([a-z_]+)"')
_ENDS = {
    "chat": ("data: [DONE]",),
    "completions": ("data: [DONE]",),
    "responses": ("response.completed", "response.incomplete", "response.failed"),
    "messages": ("message_stop",),
    "gemini": ("finishReason",),
    "passthrough": ("data: [DONE]",),
    "embeddings": (),
    "upload": (),
}


@dataclass
class Told:
    """What became of a request, as its client saw it. ``status`` 0: no head came; ``usage`` are tokens in and out."""

    plan: Plan
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    outcome: str = ""
    code: str = ""
    usage: tuple[int, int] | None = None

    @property
    def trace_id(self) -> str:
        return self.headers.get("x-tidegate-trace-id", "")


def form_of(plan: Plan, boundary: str = "soak") -> bytes:
    """A recording of half a megabyte, which goes on as it arrives."""
    fields = {"model": plan.model, "prompt": plan.text}
    parts = [f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    file = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\ncontent-type: audio/wav\r\n\r\n'
    return "".join([*parts, file]).encode() + b"\0" * 500_000 + f"\r\n--{boundary}--\r\n".encode()


def bytes_of(plan: Plan) -> tuple[str, str, bytes]:
    """Path, type and bytes of a request."""
    if plan.surface == "upload":
        return "/v1/audio/transcriptions", "multipart/form-data; boundary=soak", form_of(plan)
    path, body = request_of(plan)
    return path, "application/json", json.dumps(body).encode()


def request_of(plan: Plan) -> tuple[str, dict]:
    """Path and body in the surface's own dialect."""
    said = [{"role": "user", "content": plan.text}]
    match plan.surface:
        case "responses":
            return "/v1/responses", {"model": plan.model, "input": plan.text, "stream": plan.stream, "store": len(plan.name) % 2 == 0}
        case "messages":
            return "/anthropic/v1/messages", {"model": plan.model, "max_tokens": 100, "messages": said, "stream": plan.stream}
        case "gemini":
            method = "streamGenerateContent?alt=sse" if plan.stream else "generateContent"
            return f"/v1beta/models/{plan.model}:{method}", {"contents": [{"role": "user", "parts": [{"text": plan.text}]}]}
        case "completions":
            return "/v1/completions", {"model": plan.model, "prompt": plan.text, "stream": plan.stream}
        case "embeddings":
            return "/v1/embeddings", {"model": "openai/embed-small", "input": plan.text}
        case "passthrough":
            return "/passthrough/openai/v1/chat/completions", {"model": "gpt-4o-mini", "messages": said, "stream": plan.stream}
    usage = {"stream_options": {"include_usage": True}} if plan.stream else {}
    return "/v1/chat/completions", {"model": plan.model, "messages": said, "stream": plan.stream, **usage}


async def ask_by_socket(plan: Plan, port: int, key: str, chance: random.Random) -> Told:
    """One request on a connection of its own, in two pieces. Raises ``TimeoutError`` for one that hangs."""
    told = Told(plan)
    path, kind, data = bytes_of(plan)
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\nx-tidegate-session-id: {plan.name}\r\ncontent-type: {kind}\r\ncontent-length: {len(data)}\r\nconnection: close\r\n\r\n"
    async with asyncio.timeout(LONGEST_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(head.encode() + data[: len(data) // 2])
            await writer.drain()
            if plan.leaves == "mid-body":
                told.outcome = "left" if plan.surface == "upload" else "left before"  # the half of a form has gone on
                return told
            writer.write(data[len(data) // 2 :])
            await writer.drain()
            if plan.leaves == "before the head":
                await asyncio.sleep(chance.random() * 0.1)
                told.outcome = "left"
                return told
            said = await reader.readuntil(b"\r\n\r\n")
            _read_head(told, said)
            if plan.leaves == "mid-stream":
                await reader.read(64)
                told.outcome = "left"
                return told
            _read_body(told, await reader.read())
        except (asyncio.IncompleteReadError, ConnectionError):
            told.outcome = "cut"
        finally:
            writer.close()
    return told


def _read_head(told: Told, head: bytes) -> None:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    told.status = int(first.split()[1])
    told.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def _read_body(told: Told, body: bytes) -> None:
    chunked = told.headers.get("transfer-encoding") == "chunked"
    whole = body.endswith(b"0\r\n\r\n") if chunked else len(body) == int(told.headers["content-length"])
    text = (b"".join(_dechunked(body)) if chunked else body).decode()
    if told.headers.get("content-type", "").startswith("text/event-stream"):
        _read_stream(told, text, whole=whole)
    elif not whole:
        told.outcome = "cut"
    elif told.status == 200:
        told.outcome, told.usage = "whole", usage_in(json.loads(text))
    else:
        told.outcome, told.code = "error", code_in(text)


def _dechunked(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        yield body[:length]
        body = body[length + 2 :]


def _read_stream(told: Told, text: str, *, whole: bool) -> None:
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {") and line != "data: {not json"]
    error = next(
        (line for line in reversed(text.splitlines()) if '"error"' in line and '"error":null' not in line and line.startswith("data: ")),
        None,
    )
    tail = text[-3000:]
    if whole and error is None and any(end in tail for end in _ENDS[told.plan.surface]):
        told.outcome = "stream"
        found = [usage for event in events if (usage := usage_in(event)) is not None]
        if (
            told.plan.surface == "messages"
        ):  # what its first event says may be an estimate; the last one repeats the tokens in or leaves them out
            found = [(next(each[0] for each in reversed(found) if each[0] or each is found[0]), found[-1][1])]
        told.usage = (max(each[0] for each in found), max(each[1] for each in found)) if found else None
    elif error is not None:
        told.outcome, told.code = "stream error", code_in(error)
    else:
        told.outcome = "cut"


def usage_in(event: dict) -> tuple[int, int] | None:
    """Tokens in and out as any of the dialects tells them, cached ones included."""
    holder = event.get("response") or event.get("message") or event
    if found := event.get("usageMetadata"):
        return found.get("promptTokenCount", 0), found.get("candidatesTokenCount", 0) + found.get("thoughtsTokenCount", 0)
    found = holder.get("usage") if isinstance(holder, dict) else None
    if not isinstance(found, dict):
        return None
    if "prompt_tokens" in found:
        return found["prompt_tokens"], found.get("completion_tokens") or 0
    cached = (found.get("cache_read_input_tokens") or 0) + (found.get("cache_creation_input_tokens") or 0)
    return (found.get("input_tokens") or 0) + cached, found.get("output_tokens") or 0


def code_in(text: str) -> str:
    found = _CODE.search(text) or _TYPE.search(text)
    return found[1] if found else "?"


class Sdks:
    """The vendors' own clients, without their retries."""

    def __init__(self, url: str) -> None:
        self.openai = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="-", max_retries=0, timeout=LONGEST_SECONDS)
        self.anthropic = anthropic.AsyncAnthropic(base_url=f"{url}/anthropic", api_key="-", max_retries=0, timeout=LONGEST_SECONDS)

    async def ask(self, plan: Plan, key: str) -> Told:
        told = Told(plan)
        headers = {"x-tidegate-session-id": plan.name, "authorization": f"Bearer {key}"}
        try:
            await (self._openai if plan.surface == "openai-sdk" else self._anthropic)(told, headers)
        except (openai.APIStatusError, anthropic.APIStatusError) as error:
            told.status, told.headers = error.response.status_code, dict(error.response.headers)
            told.outcome = "stream error" if told.status == 200 else "error"
            told.code = code_in(json.dumps(error.body))
        except (openai.APIError, anthropic.APIError) as error:
            told.outcome, told.code = "stream error", str(getattr(error, "code", None) or type(error).__name__)
        except json.JSONDecodeError:
            told.outcome = "garbled"  # what an SDK makes of an event of the vendor's that is no JSON, and passes as it is
        return told

    async def _openai(self, told: Told, headers: dict[str, str]) -> None:
        said = [{"role": "user", "content": told.plan.text}]
        api = self.openai.chat.completions.with_raw_response
        if not told.plan.stream:
            raw = await api.create(model=told.plan.model, messages=said, extra_headers=headers)
            told.status, told.headers = raw.status_code, dict(raw.headers)
            told.outcome, told.usage = "whole", usage_in(json.loads(raw.text))
            return
        raw = await api.create(
            model=told.plan.model, messages=said, stream=True, stream_options={"include_usage": True}, extra_headers=headers
        )
        told.status, told.headers = raw.status_code, dict(raw.headers)
        async for chunk in raw.parse():
            if chunk.usage is not None:
                told.usage = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
        told.outcome = "stream"

    async def _anthropic(self, told: Told, headers: dict[str, str]) -> None:
        said = [{"role": "user", "content": told.plan.text}]
        api = self.anthropic.messages.with_raw_response
        if not told.plan.stream:
            raw = await api.create(model=told.plan.model, max_tokens=100, messages=said, extra_headers=headers)
            told.status, told.headers = raw.status_code, dict(raw.headers)
            told.outcome, told.usage = "whole", usage_in(json.loads(await raw.text()))
            return
        raw = await api.create(model=told.plan.model, max_tokens=100, messages=said, stream=True, extra_headers=headers)
        told.status, told.headers = raw.status_code, dict(raw.headers)
        async for _ in await raw.parse():
            pass
        told.outcome = "stream"

    async def close(self) -> None:
        await self.openai.close()
        await self.anthropic.close()
