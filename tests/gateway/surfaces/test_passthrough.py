"""A vendor's own API under its name: bytes as they are, keys exchanged, every request a span, and no way out of the base URL."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.cloud import Cloud, Said, Sent, scripted_cloud
from tests.gateway.providers.framing import event
from tests.running import RunningServer, start_server

CONFIG = """
security: {{api_keys: [env:SERVER_KEY]}}
providers:
  openai: {{base_url: "{url}/v1", api_key: env:UP_KEY}}
  anthropic: {{base_url: "{url}", api_key: env:UP_KEY}}
  gemini: {{base_url: "{url}", api_key: env:UP_KEY}}
  bedrock: {{base_url: "{url}", region: eu-west-1, api_key: env:UP_KEY}}
routes:
  - {{name: chat, targets: [{{model: openai/gpt-4o}}]}}
"""
KEY, SERVER_KEY = "sk-canary-90f1", "sk-of-this-server-11aa"

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLAUDE = b'{ "id":"m","type":"message","role":"assistant","model":"claude-up","content":[{"type":"text","text":"ebb"}],"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":2},"unheard_of":1.50}'
CONVERSED = (
    event("messageStart", {"role": "assistant"}),
    event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "ebb"}}),
    event("messageStop", {"stopReason": "end_turn"}),
    event("metadata", {"usage": {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7}}),
)


MEGABYTE = b"0.125," * 175_000
"""Of a vector."""

GEMINIS = (
    b'[{"candidates":[{"content":{"parts":[{"text":"ebb "}]}}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":1}},\r\n',
    b'{"candidates":[{"content":{"parts":[{"text":"at six"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":3}}]',
)


def answer(sent: Sent) -> Said:
    if sent.target.startswith("/v1/embeddings/large"):
        vectors = (b'{"object":"list","data":[{"embedding":[', *[MEGABYTE] * 30, b"1]}],")
        return Said(pieces=(*vectors, b'"usage": {"prompt_tokens": 9, "total_tokens": 9}}'))
    if sent.target.endswith(":streamGenerateContent"):
        return Said(pieces=GEMINIS)
    if sent.method == "DELETE":
        return Said(pieces=(), content_type="text/plain")
    if sent.target.startswith("/v1/messages"):
        return Said(pieces=(CLAUDE,))
    if sent.target.endswith("/converse-stream"):
        return Said(pieces=CONVERSED, content_type="application/vnd.amazon.eventstream")
    if b'"stream":true' in sent.body:
        return Said(pieces=(b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"ebb"}}]}\n\n',), content_type="text/event-stream")
    return Said(
        201, (b'{"any": "thing"}',), headers=(("x-request-id", "up-1"), ("set-cookie", "a=b"), ("location", "http://elsewhere.example"))
    )


class Rig:
    def __init__(self, server: RunningServer, cloud: Cloud) -> None:
        self.server, self.cloud = server, cloud
        self.http = httpx.AsyncClient(base_url=server.url, timeout=20, headers={"authorization": f"Bearer {SERVER_KEY}"})

    @property
    def sent(self) -> Sent:
        return self.cloud.sent[-1]

    async def span(self) -> dict:
        traces = (await self.http.get("/api/v1/traces", params={"limit": 1})).json()["traces"]
        return (await self.http.get(f"/api/v1/traces/{traces[0]['trace_id']}")).json()["spans"][0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("passthrough")
    async with scripted_cloud(answer) as cloud:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(url=cloud.url))
        server = await asyncio.to_thread(start_server, home / "data", config=config, env={"UP_KEY": KEY, "SERVER_KEY": SERVER_KEY})
        try:
            yield Rig(server, cloud)
        finally:
            await asyncio.to_thread(server.stop)


async def test_a_message_to_claude_passes_byte_for_byte_and_its_tokens_are_on_the_span(rig: Rig):
    body = b'{"model" : "claude-x","max_tokens":5, "messages":[{"role":"user","content":"when?"}],"knob":1.0}'
    found = await rig.http.post(
        "/passthrough/anthropic/v1/messages", content=body, headers={"content-type": "application/json", "anthropic-beta": "b"}
    )
    assert (found.content, rig.sent.body, rig.sent.target) == (CLAUDE, body, "/v1/messages")
    assert (rig.sent.headers["x-api-key"], rig.sent.headers["anthropic-beta"], rig.sent.headers["anthropic-version"]) == (
        KEY,
        "b",
        "2023-06-01",
    )
    assert SERVER_KEY not in json.dumps(rig.sent.headers)
    span = await rig.span()
    assert (span["attributes"]["tidegate.target"], span["usage"]["input_tokens"], span["usage"]["output_tokens"]) == (
        "anthropic/claude-x",
        5,
        2,
    )
    assert ("when?" in json.dumps(span["content"]["input"]), "ebb" in json.dumps(span["content"]["output"])) == (True, True)


async def test_any_path_and_method_pass_with_their_query_but_no_key_of_the_client(rig: Rig):
    found = await rig.http.request("PATCH", "/passthrough/openai/v1/threads/t_1?limit=2&key=mine&api_key=x", json={"a": 1})
    assert (found.status_code, found.json(), rig.sent.method, rig.sent.target) == (
        201,
        {"any": "thing"},
        "PATCH",
        "/v1/threads/t_1?limit=2",
    )
    assert (found.headers["x-request-id"], "set-cookie" in found.headers, "location" in found.headers) == ("up-1", False, False)
    await rig.http.get("/passthrough/openai/models")
    assert (rig.sent.method, rig.sent.target, rig.sent.body) == ("GET", "/v1/models", b"")
    await rig.http.post("/gateway/proxy/chat/v1/vector_stores", json={})
    assert rig.sent.target == "/v1/vector_stores"
    assert (await rig.span())["attributes"]["gen_ai.operation.name"] == "passthrough"


async def test_awss_frames_pass_and_are_read_beside(rig: Rig):
    found = await rig.http.post("/passthrough/bedrock/model/amazon.nova-pro-v1%3A0/converse-stream", json={"messages": []})
    assert found.content == b"".join(CONVERSED)
    assert rig.sent.target == "/model/amazon.nova-pro-v1%3A0/converse-stream"
    span = await rig.span()
    assert (span["attributes"]["tidegate.target"], span["usage"]["output_tokens"]) == ("bedrock/amazon.nova-pro-v1:0", 2)


async def test_a_stream_that_breaks_off_does_not_end_cleanly(rig: Rig):
    body = b'{"model":"gpt-4o","stream":true,"messages":[]}'
    found = await rig.http.post("/passthrough/openai/v1/chat/completions", content=body)
    assert found.text.startswith('data: {"id":"c"')
    assert '"error"' in found.text
    assert (await rig.span())["status"] == "ERROR"


@pytest.mark.parametrize(
    "path",
    [
        "openai/../x",
        "openai/v1/%2e%2e/x",
        "openai/v1/%252e%252e%252fx",
        "openai//evil.example/x",
        "openai/v1/a%5c..%5cb",
        "openai/",
        "",
        "nobody/v1/x",
    ],
)
async def test_no_path_leads_anywhere_else(rig: Rig, path: str):
    before = len(rig.cloud.sent)
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.server.port)
    head = f"GET /passthrough/{path} HTTP/1.1\r\nhost: 127.0.0.1:{rig.server.port}\r\nauthorization: Bearer {SERVER_KEY}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode())
    assert int((await reader.readline()).split()[1]) in {400, 404}
    writer.close()
    assert len(rig.cloud.sent) == before


async def test_keys_hold_here_too(rig: Rig):
    denied = await httpx.AsyncClient(base_url=rig.server.url).get("/passthrough/openai/v1/models")
    assert denied.status_code == 401
    made = (await rig.http.post("/api/v1/keys", json={"name": "narrow", "models": ["openai/gpt-4o"]})).json()
    key = {"authorization": f"Bearer {made['secret'] if 'secret' in made else made['key']}"}
    body = {"model": "gpt-4o", "messages": []}
    assert (await rig.http.post("/passthrough/openai/v1/chat/completions", json=body, headers=key)).status_code == 201
    assert (await rig.http.post("/passthrough/openai/v1/chat/completions", json={**body, "model": "o3"}, headers=key)).status_code == 403
    assert (await rig.http.get("/passthrough/openai/v1/files", headers=key)).status_code == 403


async def test_a_large_answer_in_json_goes_on_as_it_comes_in_little_memory_and_its_tokens_are_counted(rig: Rig):
    status = Path(f"/proc/{rig.server.process.pid}/status")
    before, size, most = memory(status), 0, 0
    async with rig.http.stream("POST", "/passthrough/openai/v1/embeddings/large", json={"model": "e", "input": "x"}) as answer:
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            most = max(most, memory(status))
    assert (answer.headers["content-type"], size > 30 * len(MEGABYTE)) == ("application/json", True)
    assert most - before < 8 * 1024 * 1024
    span = await rig.span()
    assert (span["usage"]["input_tokens"], span["status"], span["attributes"]["tidegate.target"]) == (9, "OK", "openai/e")


def memory(status: Path) -> int:
    return int(status.read_text(encoding="ascii").partition("VmRSS:")[2].split()[0]) * 1024


async def test_a_stream_of_geminis_that_is_a_list_is_read_as_one(rig: Rig):
    path = "/passthrough/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent"
    found = await rig.http.post(path, json={"contents": [{"parts": [{"text": "when?"}]}]})
    assert found.content == b"".join(GEMINIS)
    span = await rig.span()
    assert (span["usage"]["input_tokens"], span["usage"]["output_tokens"]) == (5, 3)
    assert "ebb at six" in json.dumps(span["content"]["output"])


async def test_an_answer_without_a_byte_is_one(rig: Rig):
    assert (await rig.http.delete("/passthrough/openai/v1/files/file-1")).content == b""
    assert (await rig.span())["status"] == "OK"
