"""A running server in front of a vendor that has every API of OpenAI's and Anthropic's beside chat, and keeps what it was sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import anthropic
import httpx
import pytest
import pytest_asyncio
from google import genai
from openai import AsyncOpenAI

from tests.clients.account import Account
from tests.cloud import Cloud, Said, Sent, scripted_cloud
from tests.running import RunningServer, start_server

CONFIG = """
providers:
  openai: {{base_url: "{url}/v1", api_key: env:UP_KEY}}
  other:  {{kind: openai, base_url: "{url}/other/v1"}}
  anthropic: {{base_url: "{url}/claude", api_key: env:UP_KEY}}
  cohere: {{base_url: "{url}/cohere", api_key: env:UP_KEY}}
  gemini: {{base_url: "{url}/gemini", api_key: env:UP_KEY}}
  groq:   {{base_url: "{url}/groq", api_key: env:UP_KEY}}
  kept:   {{kind: openai, base_url: "{url}/kept/v1", api_key: env:UP_KEY}}
  kept-claude: {{kind: anthropic, base_url: "{url}/kept", api_key: env:UP_KEY}}
  cut:    {{kind: openai, base_url: "http://127.0.0.1:{cut}/v1"}}
routes:
  - {{name: ears, targets: [{{model: openai/whisper-1}}]}}
"""
KEY = "sk-canary-44ab"
ACCOUNT = Account()
SOUND = bytes(range(256)) * 200


def answer(sent: Sent) -> Said:
    path = sent.target.partition("?")[0]
    if path.startswith("/kept/"):
        return ACCOUNT.answer(sent)
    if path.startswith("/claude/"):
        return claudes(path.removeprefix("/claude/v1"), sent)
    if path.endswith("/audio/speech"):
        return Said(pieces=(SOUND[:100], SOUND[100:]), content_type="audio/mpeg")
    if path.endswith("/content"):
        return Said(pieces=(b'{"custom_id":"1"}\n',), content_type="application/octet-stream")
    if path.endswith("/audio/transcriptions") and b'name="stream"' in sent.body:
        events = [
            {"type": "transcript.text.delta", "delta": "ebb"},
            {"type": "transcript.text.done", "text": "ebb", "usage": {"type": "tokens", "input_tokens": 7, "output_tokens": 1}},
        ]
        return Said(pieces=tuple(b"data: %s\n\n" % json.dumps(event).encode() for event in events), content_type="text/event-stream")
    if path.startswith("/gemini/"):
        return Said(pieces=(json.dumps(GEMINI[path.rpartition(":")[2]]).encode(),))
    if path.endswith("/images/generations") and json.loads(sent.body).get("stream"):
        usage = {"input_tokens": 9, "output_tokens": 40, "total_tokens": 49}
        pictured = {
            "b64_json": "aGk=",
            "created_at": 1,
            "size": "1024x1024",
            "quality": "high",
            "background": "auto",
            "output_format": "png",
        }
        partial = {"type": "image_generation.partial_image", "partial_image_index": 0, **pictured}
        events = [partial, {"type": "image_generation.completed", "usage": usage, **pictured}]
        pieces = tuple(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)
        return Said(pieces=pieces, content_type="text/event-stream")
    if "/v1/chat/completions" in path:
        return chats(path.partition("/chat/completions")[2], sent)
    if path.endswith("/completions"):
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        choice = {"index": 0, "text": "ebb", "finish_reason": "stop", "logprobs": None}
        whole = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "up", "choices": [choice]}
        if not json.loads(sent.body).get("stream"):
            return Said(pieces=(json.dumps({**whole, "usage": usage}).encode(),))
        return Said(
            pieces=(
                b"data: " + json.dumps(whole).encode() + b"\n\n",
                b"data: " + json.dumps({**whole, "choices": [], "usage": usage}).encode() + b"\n\ndata: [DONE]\n\n",
            ),
            content_type="text/event-stream",
        )
    return Said(pieces=(json.dumps(ANSWERS[path.rpartition("/v1")[2] or path]).encode(),))


def chats(beneath: str, sent: Sent) -> Said:
    """Chats, and what is kept of them."""
    asked = json.loads(sent.body or b"{}")
    if asked.get("stream"):
        chunk = {"id": CHAT["id"], "object": "chat.completion.chunk", "created": 1, "model": "up"}
        pieces = ({"delta": {"content": "ebb"}, "finish_reason": None}, {"delta": {}, "finish_reason": "stop"})
        told = [json.dumps({**chunk, "choices": [{"index": 0, **piece}]}).encode() for piece in pieces]
        return Said(pieces=tuple(b"data: %s\n\n" % each for each in (*told, b"[DONE]")), content_type="text/event-stream")
    if sent.method == "DELETE":
        return Said(pieces=(json.dumps({"id": CHAT["id"], "object": "chat.completion.deleted", "deleted": True}).encode(),))
    kept: dict = {"": CHAT if sent.method == "POST" else {"object": "list", "data": [CHAT], "has_more": False}, f"/{CHAT['id']}": CHAT}
    kept[f"/{CHAT['id']}/messages"] = {"object": "list", "data": [{"id": "m-0", "role": "user", "content": "hi"}], "has_more": False}
    if beneath not in kept:
        return Said(404, (b'{"error": {"message": "No chat is called so.", "type": "invalid_request_error"}}',))
    return Said(pieces=(json.dumps(kept[beneath]).encode(),))


CHAT = {
    "id": "chatcmpl-kept",
    "object": "chat.completion",
    "created": 1,
    "model": "up",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ebb"}, "finish_reason": "stop"}],
}
FILE = {"id": "file-1", "object": "file", "bytes": 3, "created_at": 1, "filename": "a.jsonl", "purpose": "batch", "status": "processed"}
BATCH = {
    "id": "batch_1",
    "object": "batch",
    "endpoint": "/v1/chat/completions",
    "input_file_id": "file-1",
    "completion_window": "24h",
    "status": "validating",
    "created_at": 1,
}
UPLOAD = {
    "id": "upload_1",
    "object": "upload",
    "bytes": 3,
    "created_at": 1,
    "expires_at": 2,
    "filename": "a.jsonl",
    "purpose": "batch",
    "status": "completed",
    "file": FILE,
}
STORE = {
    "id": "vs_1",
    "object": "vector_store",
    "created_at": 1,
    "name": "tides",
    "usage_bytes": 0,
    "status": "completed",
    "file_counts": dict.fromkeys(("in_progress", "completed", "failed", "cancelled", "total"), 0),
    "last_active_at": None,
    "metadata": None,
}
IN_STORE = {
    "id": "file-1",
    "object": "vector_store.file",
    "created_at": 1,
    "vector_store_id": "vs_1",
    "status": "completed",
    "usage_bytes": 3,
    "last_error": None,
}
FOUND = {"file_id": "file-1", "filename": "a.txt", "score": 0.9, "attributes": {}, "content": [{"type": "text", "text": "ebb"}]}
GEMINI = {
    "batchEmbedContents": {"embeddings": [{"values": [0.5, 1.0]}], "usageMetadata": {"promptTokenCount": 4}},
    "predict": {"predictions": [{"bytesBase64Encoded": "aGk=", "mimeType": "image/png"}]},
}
RESPONSE = {
    "id": "resp_kept", "object": "response", "created_at": 1, "status": "completed", "model": "up", "output": [], "tools": [],
    "usage": {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4},
}  # fmt: skip
ANSWERS = {
    "/responses": RESPONSE,
    "/embeddings": {
        "object": "list",
        "model": "up",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [0.5, 1.0]},
            {"object": "embedding", "index": 1, "embedding": [2.0, 4.0]},
        ],
        "usage": {"prompt_tokens": 4, "total_tokens": 4},
    },
    "/uploads": UPLOAD,
    "/uploads/upload_1/parts": {"id": "part_1", "object": "upload.part", "created_at": 1, "upload_id": "upload_1"},
    "/uploads/upload_1/complete": UPLOAD,
    "/uploads/upload_1/cancel": UPLOAD,
    "/vector_stores": STORE,
    "/vector_stores/vs_1": STORE,
    "/vector_stores/vs_1/files": IN_STORE,
    "/vector_stores/vs_1/search": {
        "object": "vector_store.search_results.page",
        "search_query": ["when"],
        "data": [FOUND],
        "has_more": False,
        "next_page": None,
    },
    "/conversations": {"id": "conv_1", "object": "conversation", "created_at": 1, "metadata": {}},
    "/moderations": {"id": "modr-1", "model": "omni", "results": [{"flagged": True, "categories": {}, "category_scores": {}}]},
    "/images/generations": {
        "created": 1,
        "data": [{"b64_json": "aGk="}],
        "usage": {"input_tokens": 9, "output_tokens": 40, "total_tokens": 49},
    },
    "/images/edits": {"created": 1, "data": [{"b64_json": "aGk="}]},
    "/images/variations": {"created": 1, "data": [{"url": "https://x.example"}]},
    "/audio/transcriptions": {"text": "the tide", "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 3, "total_tokens": 17}},
    "/audio/translations": {"text": "the tide"},
    "/files": {"object": "list", "data": [FILE], "has_more": False},
    "/files/file-1": FILE,
    "/batches": BATCH,
    "/batches/batch_1": BATCH,
    "/batches/batch_1/cancel": BATCH,
    "/cohere/v2/embed": {"embeddings": {"float": [[0.5, 1.0], [2.0, 4.0]]}, "meta": {"billed_units": {"input_tokens": 4}}},
    "/cohere/v2/rerank": {"id": "r", "results": [{"index": 1, "relevance_score": 0.9}], "meta": {"billed_units": {"search_units": 1}}},
}


MESSAGE_BATCH = {
    "id": "msgbatch_1",
    "type": "message_batch",
    "processing_status": "ended",
    "request_counts": {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 0},
    "created_at": "2026-01-01T00:00:00Z",
    "expires_at": "2026-01-02T00:00:00Z",
    "ended_at": "2026-01-01T00:00:00Z",
    "archived_at": None,
    "cancel_initiated_at": None,
    "results_url": "https://api.anthropic.com/v1/messages/batches/msgbatch_1/results",
}
MESSAGE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": [{"type": "text", "text": "ebb"}],
    "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 8, "output_tokens": 4},
}  # fmt: skip
CLAUDE_FILE = {
    "id": "file_1",
    "type": "file",
    "filename": "a.txt",
    "mime_type": "text/plain",
    "size_bytes": 3,
    "created_at": "2026-01-01T00:00:00Z",
}


def claudes(path: str, sent: Sent) -> Said:
    """What Anthropic's API has beside messages."""
    if path.endswith("/results"):
        line = {"custom_id": "a", "result": {"type": "succeeded", "message": MESSAGE}}
        return Said(pieces=(json.dumps(line).encode() + b"\n",), content_type="application/x-jsonl")
    if path.endswith("/content"):
        return Said(pieces=(b"ebb",), content_type="application/octet-stream")
    listed = {"data": [MESSAGE_BATCH], "has_more": False, "first_id": "msgbatch_1", "last_id": "msgbatch_1"}
    found = {
        "/messages": MESSAGE,
        "/messages/count_tokens": {"input_tokens": 42},
        "/messages/batches": MESSAGE_BATCH if sent.method == "POST" else listed,
        "/files": CLAUDE_FILE if sent.method == "POST" else {**listed, "data": [CLAUDE_FILE]},
        "/files/file_1": CLAUDE_FILE if sent.method == "GET" else {"id": "file_1", "type": "file_deleted"},
    }
    batch = {"id": "msgbatch_1", "type": "message_batch_deleted"} if sent.method == "DELETE" else MESSAGE_BATCH
    return Said(pieces=(json.dumps(found.get(path, batch)).encode(),))


class Resources:
    def __init__(self, server: RunningServer, cloud: Cloud) -> None:
        self.server, self.cloud = server, cloud
        self.client = AsyncOpenAI(base_url=f"{server.url}/v1", api_key="the-clients", max_retries=0)
        self.http = httpx.AsyncClient(base_url=server.url, timeout=20)

        self.claude = anthropic.AsyncAnthropic(base_url=server.url, api_key="the-clients", max_retries=0)
        self.google = genai.Client(api_key="the-clients", http_options={"base_url": server.url}).aio

    @property
    def sent(self) -> Sent:
        return self.cloud.sent[-1]

    async def span(self) -> dict:
        traces = (await self.http.get("/api/v1/traces", params={"limit": 1})).json()["traces"]
        return (await self.http.get(f"/api/v1/traces/{traces[0]['trace_id']}")).json()["spans"][0]


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def resources(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Resources]:
    home: Path = tmp_path_factory.mktemp("resources")
    cutting = await asyncio.start_server(cut_short, "127.0.0.1", 0)
    async with cutting, scripted_cloud(answer) as cloud:
        config = home / "tidegate.yaml"
        config.write_text(CONFIG.format(url=cloud.url, cut=cutting.sockets[0].getsockname()[1]))
        server = await asyncio.to_thread(start_server, home / "data", config=config, env={"UP_KEY": KEY})
        try:
            yield Resources(server, cloud)
        finally:
            await asyncio.to_thread(server.stop)


async def cut_short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A vendor that promises more than it gives."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 X\r\ncontent-type: audio/mpeg\r\ncontent-length: 1000\r\n\r\n" + SOUND[:300])
    await writer.drain()
    writer.close()
