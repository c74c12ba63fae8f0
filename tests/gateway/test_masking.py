"""What a vendor repeats of that with which it was called reaches no client and no span: in errors, in error events of streams, however they are cut."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter_ns, time_ns
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from config import Secret
from config.schema import ProviderSettings, Settings
from gateway.dialects.types import DialectName
from gateway.errors import GatewayError
from gateway.masking import Masking
from gateway.prompts import PromptSource
from gateway.service import Gateway
from gateway.types import Inbound, Operation, Resource
from tests.gateway.providers.framing import event, exception, invoked
from tracing import types
from tracing.live import LiveTracer

KEY, SECOND = "sk-canary-51", "canary-52"
ASKED = b'{"model":"up/m","messages":[{"role":"user","content":"hello"}],"stream":true}'
RESPONSES = b'{"model":"up/m","input":"hello","stream":true}'
CLAUDES = b'{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":"hello"}],"stream":true}'
GOOGLES = b'{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}'


class NoPrompts(PromptSource):
    async def render(self, name: str, selector: str, variables: object) -> Any:
        raise AssertionError("no prompt is asked for")


class Repeating:
    """A vendor that says with what it was called: ``tell`` makes the body of it. A stream arrives in pieces of ``cut`` bytes."""

    def __init__(
        self, tell: Callable[[str], bytes], status: int = 200, content_type: str = "text/event-stream", cut: int = 1 << 20
    ) -> None:
        self.tell, self.status, self.content_type, self.cut = tell, status, content_type, cut

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = self.tell(head)
        head = f"HTTP/1.1 {self.status} X\r\ncontent-type: {self.content_type}\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode())
        for at in range(0, len(body), self.cut):
            writer.write(body[at : at + self.cut])
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()


async def asked_of(vendor: Repeating, kind: str, **asked: Any) -> tuple[int, bytes, str]:
    """Status, all that the client got, and all that was recorded."""
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
    told: list[Any] = []
    account = ProviderSettings(
        kind=kind,
        base_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1",
        region="eu-west-1",
        api_key=Secret(KEY),
        headers={"x-second": Secret(SECOND)},
    )
    gateway = Gateway.build(Settings(providers={"up": account}), LiveTracer({}, types.Scope("t", "1"), None, told.append), NoPrompts())
    inbound = Inbound(**{"operation": Operation.CHAT, "headers": [], "received_ns": time_ns(), "started": perf_counter_ns(), **asked})
    reply = await gateway.handle(inbound)
    body = [reply.body]
    if reply.stream is not None:
        with suppress(GatewayError):  # bytes that are no events of text break off
            async for chunk in reply.stream:
                body.append(chunk)  # noqa: PERF401 - what came before the error is kept
    await gateway.close()
    server.close()
    return reply.status, b"".join(body), repr([span.raw for span in told])


def said(value: object, name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(value).encode() + b"\n\n"


def openais(head: str) -> bytes:
    return said({"choices": [{"index": 0, "delta": {"content": "Hel"}}]}) + said({"error": {"message": f"cannot use {head}", "type": "x"}})


def claudes(head: str) -> bytes:
    begun = {"id": "m", "role": "assistant", "content": [], "model": "m", "usage": {"input_tokens": 1, "output_tokens": 1}}
    error = {"type": "error", "error": {"type": "api_error", "message": f"cannot use {head}"}}
    return said({"type": "message_start", "message": begun}, "message_start") + said(error, "error")


def googles(head: str) -> bytes:
    return said({"candidates": [{"content": {"role": "model", "parts": [{"text": "Hel"}]}}]}) + said(
        {"error": {"code": 500, "message": f"cannot use {head}", "status": "INTERNAL"}}
    )


def failed_response(head: str) -> bytes:
    whole = {"id": "r", "object": "response", "status": "in_progress", "error": None, "output": []}
    failed = {**whole, "status": "failed", "error": {"code": "server_error", "message": f"cannot use {head}"}}
    return said({"type": "response.created", "response": whole}, "response.created") + said(
        {"type": "response.failed", "response": failed}, "response.failed"
    )


def complaining_response(head: str) -> bytes:
    return said({"type": "error", "code": "server_error", "message": f"cannot use {head}", "param": None}, "error")


def passed(path: str) -> dict[str, Any]:
    return {
        "operation": Operation.PASSTHROUGH,
        "provider": "up",
        "resource": Resource(path=path, flows=True),
        "body": ASKED,
    }


def in_dialect(dialect: DialectName, body: bytes) -> dict[str, Any]:
    named = {"model": "up/m", "stream": True} if dialect is DialectName.GEMINI else {}
    return {"dialect": dialect, "body": body, **named}


CLIENTS = [
    in_dialect(DialectName.OPENAI_CHAT, ASKED),
    in_dialect(DialectName.OPENAI_RESPONSES, RESPONSES),
    in_dialect(DialectName.ANTHROPIC, CLAUDES),
    in_dialect(DialectName.GEMINI, GOOGLES),
]
VENDORS = [("openai", openais), ("anthropic", claudes), ("gemini", googles)]


async def test_a_key_that_a_vendor_repeats_in_its_error_does_not_reach_the_client():
    vendor = Repeating(lambda head: json.dumps({"error": {"message": f"cannot use {head}"}}).encode(), 401, "application/json")
    status, body, recorded = await asked_of(vendor, "openai", body=ASKED)
    assert status == 401
    assert b"canary" not in body
    assert "canary" not in recorded
    assert "cannot use POST /v1/chat/completions" in json.loads(body)["error"]["message"]


@pytest.mark.parametrize("asked", CLIENTS, ids=[asked["dialect"].value for asked in CLIENTS])
@pytest.mark.parametrize(("kind", "tell"), VENDORS, ids=[kind for kind, _ in VENDORS])
async def test_a_key_in_an_error_event_reaches_neither_the_client_nor_the_span(
    kind: str, tell: Callable[[str], bytes], asked: dict[str, Any]
):
    _, body, recorded = await asked_of(Repeating(tell, cut=3), kind, **asked)
    assert b"cannot use" in body
    assert b"canary" not in body
    assert "hello" in recorded
    assert "canary" not in recorded


@pytest.mark.parametrize("tell", [failed_response, complaining_response])
@pytest.mark.parametrize("cut", [1, 7, 1 << 20])
async def test_a_key_in_a_failed_response_that_passes_as_it_is_is_masked_there(tell: Callable[[str], bytes], cut: int):
    vendor = Repeating(tell, cut=cut)
    _, body, recorded = await asked_of(vendor, "azure", **in_dialect(DialectName.OPENAI_RESPONSES, RESPONSES))
    assert b"cannot use POST" in body
    assert b"canary" not in body
    assert "canary" not in recorded


@pytest.mark.parametrize(("path", "tell"), [("/chat/completions", openais), ("/messages", claudes), ("/anything", openais)])
async def test_a_key_in_what_passes_through_raw_is_masked(path: str, tell: Callable[[str], bytes]):
    _, body, recorded = await asked_of(Repeating(tell, cut=5), "openai", **passed(path))
    assert b"cannot use POST" in body
    assert b"canary" not in body
    assert "canary" not in recorded


@pytest.mark.parametrize(
    ("path", "tell"),
    [
        ("/model/m/converse-stream", lambda head: event("messageStart", {"role": "assistant"}) + exception("validationException", head)),
        ("/model/anthropic.claude/invoke-with-response-stream", lambda head: invoked({"type": "error", "error": {"message": head}})),
    ],
)
async def test_a_key_in_a_frame_of_aws_is_masked_and_the_frame_is_still_whole(path: str, tell: Callable[[str], bytes]):
    vendor = Repeating(tell, content_type="application/vnd.amazon.eventstream", cut=11)
    _, body, recorded = await asked_of(vendor, "bedrock", **passed(path))
    frames = EventStreamBuffer()
    frames.add_data(body)
    told = [frame.payload for frame in frames]
    assert told
    assert b"canary" not in body
    assert "canary" not in recorded
    assert all(json.loads(payload) for payload in told)


@pytest.mark.parametrize("status", [200, 500])
def test_wherever_a_stream_is_cut_its_masked_text_is_the_same(status: int):
    masking = Masking(ProviderSettings(api_key=Secret("sk-ab-sk-ab-0123456789"), headers={"x-team": Secret("research")}))
    text = b'data: {"delta":"sk-ab-sk-research"}\n\nevent: error\ndata: {"error":"sk-ab-sk-ab-sk-ab-0123456789 of research, sk-ab-sk'

    def through(*pieces: bytes) -> bytes:
        passing = masking.stream(status, b"text/event-stream")
        return b"".join(passing.take(piece) or b"" for piece in (*pieces, None))

    whole = through(text)
    assert whole.endswith(b'data: {"error":"sk-ab-*** of ***, sk-ab-sk')
    assert (b"sk-ab-sk-research" in whole) is (status == 200)
    for cut in range(len(text)):
        for other in (cut, min(cut + 3, len(text))):
            assert through(text[:cut], text[cut:other], text[other:]) == whole


def test_what_a_model_says_is_masked_for_nothing_but_a_secret():
    settings = ProviderSettings(api_key=Secret("not-needed"), headers={"x-title": Secret("Harbour tides"), "x-key": Secret("a1" * 9)})
    answer = b'{"choices":[{"message":{"content":"not-needed at Harbour tides, a1a1a1a1a1a1a1a1a1 \\"error\\""}}]}'
    assert Masking(settings).whole(answer, 200) == answer.replace(b"a1a1a1a1a1a1a1a1a1", b"***")
    assert Masking(settings).whole(b'{"error":"not-needed"}', 200) == b'{"error":"***"}'
    assert Masking(settings).whole(b'{"message":"for Harbour tides"}', 400) == b'{"message":"for ***"}'


def test_a_token_that_was_lent_is_masked_as_long_as_requests_with_it_may_be_under_way():
    masking = Masking(ProviderSettings())
    for name in ("ya29.first-0123456789", "ya29.second-0123456789", "ya29.third-0123456789"):
        masking.called_with([("authorization", f"Bearer {name}")])
    said = b"ya29.first-0123456789 ya29.second-0123456789 ya29.third-0123456789"
    assert masking.whole(said, 401) == b"ya29.first-0123456789 *** ***"


@pytest.mark.parametrize(
    "spelt", ["ab/cd+ef=0123456789", "ab\\/cd+ef=0123456789", "ab/cd+ef\\u003d0123456789", "ab%2Fcd%2Bef%3D0123456789"]
)
def test_a_key_is_found_as_json_and_urls_spell_it(spelt: str):
    masking = Masking(ProviderSettings(api_key=Secret("ab/cd+ef=0123456789")))
    assert masking.whole(f'{{"error":"{spelt}"}}'.encode(), 400) == b'{"error":"***"}'
