"""What a request cost, at every provider: the same whether it was streamed or not, with each kind of token in its own bucket and none counted twice."""

import json

import pytest

from config.providers import VENDORS
from config.schema import ProviderSettings, Settings
from config.secrets import Secret
from gateway.prompts import NoPrompts
from gateway.service import Gateway
from gateway.types import Inbound, Operation
from tests.cloud import Cloud, Said, Sent, scripted_cloud
from tests.gateway.providers.framing import event, invoked
from tracing.live import LiveSpan, LiveTracer
from tracing.prices import price
from tracing.types import Scope, Usage

FRAMED = "application/vnd.amazon.eventstream"


def sse(*events: object, end: bytes = b"") -> tuple[bytes, ...]:
    return (*(b"event: %s\ndata: %s\n\n" % (each.get("type", "").encode(), json.dumps(each).encode()) for each in events), end)


OPENAI_USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 20,
    "total_tokens": 50,
    "prompt_tokens_details": {"cached_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
OPENAI = (
    {
        "id": "c",
        "model": "up",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": OPENAI_USAGE,
    },
    (
        b'data: {"id":"c","model":"up","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n',
        b'data: {"id":"c","model":"up","choices":[],"usage":' + json.dumps(OPENAI_USAGE).encode() + b"}\n\ndata: [DONE]\n\n",
    ),
)


def told(usage: dict, *, with_finish: bool = False) -> tuple[dict, tuple[bytes, ...]]:
    """An answer of OpenAI's dialect with a vendor's own ``usage``, whole and streamed; some tell it in the chunk that finishes."""
    finish = {"index": 0, "delta": {"content": "hi"}, "finish_reason": "stop"}
    last = {"id": "c", "model": "up", "choices": [finish], "usage": usage} if with_finish else {"id": "c", "choices": [], "usage": usage}
    first = {"id": "c", "model": "up", "choices": [{**finish, "finish_reason": None} if with_finish else finish], "usage": None}
    return {**OPENAI[0], "usage": usage}, (
        *(b"data: " + json.dumps(each).encode() + b"\n\n" for each in (first, last)),
        b"data: [DONE]\n\n",
    )


COUNTED = {"prompt_tokens": 30, "completion_tokens": 20, "total_tokens": 50}
DEEPSEEK = told(
    {**COUNTED, "prompt_cache_hit_tokens": 10, "prompt_cache_miss_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 5}}
)
XAI = told({**OPENAI_USAGE, "completion_tokens": 15, "total_tokens": 50, "num_sources_used": 0})
"""Reasoning is beside ``completion_tokens`` there."""

PLAIN = told(COUNTED, with_finish=True)
CLAUDE_USAGE = {
    "input_tokens": 15,
    "cache_read_input_tokens": 10,
    "cache_creation_input_tokens": 5,
    "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 2},
}
CLAUDE_SAID = {"output_tokens": 20, "output_tokens_details": {"thinking_tokens": 5}}
CLAUDE_EVENTS = (
    {"type": "message_start", "message": {"id": "m", "model": "up", "content": [], "usage": {**CLAUDE_USAGE, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": CLAUDE_SAID},
    {"type": "message_stop"},
)
CLAUDE = {
    "id": "m",
    "model": "up",
    "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn",
    "usage": {**CLAUDE_USAGE, **CLAUDE_SAID},
}
CONVERSE_USAGE = {"inputTokens": 15, "cacheReadInputTokens": 10, "cacheWriteInputTokens": 5, "outputTokens": 20, "totalTokens": 50}
CONVERSE = (
    {"output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}}, "stopReason": "end_turn", "usage": CONVERSE_USAGE},
    (
        event("messageStart", {"role": "assistant"}),
        event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "hi"}}),
        event("messageStop", {"stopReason": "end_turn"}),
        event("metadata", {"usage": CONVERSE_USAGE}),
    ),
)
COHERE_USAGE = {"billed_units": {"input_tokens": 30, "output_tokens": 20}, "cached_tokens": 10}
COHERE = (
    {
        "id": "c",
        "message": {"role": "assistant", "content": [{"type": "text", "text": "hi"}]},
        "finish_reason": "COMPLETE",
        "usage": COHERE_USAGE,
    },
    sse(
        {"type": "message-start", "id": "c"},
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "hi"}}}},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": COHERE_USAGE}},
    ),
)

GEMINI_USAGE = {
    "promptTokenCount": 30,
    "cachedContentTokenCount": 10,
    "candidatesTokenCount": 15,
    "thoughtsTokenCount": 5,
    "totalTokenCount": 50,
}
GEMINI_SAID = {"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP", "index": 0}
GEMINI = (
    {"candidates": [GEMINI_SAID], "usageMetadata": GEMINI_USAGE, "modelVersion": "up", "responseId": "r"},
    (
        b'data: {"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]}}],"usageMetadata":{"promptTokenCount":30}}\n\n',
        b'data: {"candidates":[{"content":{"role":"model","parts":[]},"finishReason":"STOP"}],"usageMetadata":'
        + json.dumps(GEMINI_USAGE).encode()
        + b"}\n\n",
    ),
)

READ, WRITTEN, THOUGHT = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.reasoning.output_tokens",
)
CASES = {
    "openai": ("gpt-4o", OPENAI, "text/event-stream", {READ: 10, THOUGHT: 5}),
    "groq": ("llama-3.3-70b-versatile", OPENAI, "text/event-stream", {READ: 10, THOUGHT: 5}),
    "mistral": ("mistral-large-latest", OPENAI, "text/event-stream", {READ: 10, THOUGHT: 5}),
    "deepseek": ("deepseek-reasoner", DEEPSEEK, "text/event-stream", {READ: 10, THOUGHT: 5}),
    "xai": ("grok-4-0709", XAI, "text/event-stream", {READ: 10, THOUGHT: 5}),
    "openrouter": ("openai/gpt-4o", told({**OPENAI_USAGE, "cost": 0.1}), "text/event-stream", {READ: 10, THOUGHT: 5}),
    "together": ("meta-llama/Llama-3.3-70B-Instruct-Turbo", PLAIN, "text/event-stream", {}),
    "fireworks": ("accounts/fireworks/models/deepseek-v3p1", OPENAI, "text/event-stream", {READ: 10, THOUGHT: 5}),
    "perplexity": (
        "sonar",
        told({**COUNTED, "search_context_size": "low", "cost": {"total_cost": 1}}, with_finish=True),
        "text/event-stream",
        {},
    ),
    "perplexity ": (
        "sonar-deep-research",
        told({**COUNTED, "completion_tokens": 15, "total_tokens": 45, "reasoning_tokens": 5, "citation_tokens": 9}, with_finish=True),
        "text/event-stream",
        {THOUGHT: 5},
    ),
    "nvidia": ("meta/llama-3.3-70b-instruct", PLAIN, "text/event-stream", {}),
    "huggingface": ("Qwen/Qwen3-32B", PLAIN, "text/event-stream", {}),
    "databricks": ("databricks-claude-sonnet-4", OPENAI, "text/event-stream", {READ: 10, THOUGHT: 5}),
    "ollama": ("llama3.2", PLAIN, "text/event-stream", {}),
    "vllm": ("Qwen/Qwen3-32B", told({**COUNTED, "prompt_tokens_details": None}), "text/event-stream", {}),
    "azure": ("gpt-4o", OPENAI, "text/event-stream", {READ: 10, THOUGHT: 5}),
    "anthropic": ("claude-sonnet-4-5", (CLAUDE, sse(*CLAUDE_EVENTS)), "text/event-stream", {READ: 10, WRITTEN: 5, THOUGHT: 5}),
    "vertex": ("claude-sonnet-4-5@20250929", (CLAUDE, sse(*CLAUDE_EVENTS)), "text/event-stream", {READ: 10, WRITTEN: 5, THOUGHT: 5}),
    "bedrock": (
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        (CLAUDE, tuple(map(invoked, CLAUDE_EVENTS))),
        FRAMED,
        {READ: 10, WRITTEN: 5, THOUGHT: 5},
    ),
    "bedrock ": ("amazon.nova-pro-v1:0", CONVERSE, FRAMED, {READ: 10, WRITTEN: 5}),
    "gemini": ("gemini-2.5-pro", GEMINI, "text/event-stream", {READ: 10, THOUGHT: 5}),
    "vertex ": ("gemini-2.5-pro", GEMINI, "text/event-stream", {READ: 10, THOUGHT: 5}),
    "cohere": ("command-a-03-2025", COHERE, "text/event-stream", {READ: 10}),
}


def gateway(kind: str, cloud: Cloud, ended: list[LiveSpan]) -> Gateway:
    tracer = LiveTracer({}, Scope("test"), None, ended.append)
    settings = ProviderSettings(kind=kind, base_url=cloud.url, api_key=Secret("k"), region="eu-west-1", project="p")
    return Gateway.build(Settings(providers={"up": settings}), tracer, NoPrompts())


WRITERS = {"openai", "azure", "deepseek", "xai", "openrouter", "together", "fireworks", "nvidia", "databricks", "ollama", "vllm"}
"""Who has an API for completions."""

PROMPTED = [kind for kind in CASES if kind not in WRITERS]


@pytest.mark.parametrize("kind", PROMPTED)
async def test_a_completion_is_asked_by_a_chat_where_there_is_no_other_way_and_costs_the_same_streamed(kind: str):
    told, cloud = await asked(kind, Operation.COMPLETIONS, {"prompt": "?"})
    usage = {"gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 20, **CASES[kind][3]}
    assert told[0] == told[1] == usage
    assert not any(sent.target.endswith("/completions") and "chat" not in sent.target for sent in cloud.sent)


async def asked(kind: str, operation: Operation, request: dict) -> tuple[list[dict], Cloud]:
    """Ask whole and streamed: what either span tells of usage."""
    model, (whole, streamed), content_type, _ = CASES[kind]

    def answer(sent: Sent) -> Said:
        streams = "stream" in sent.target or "alt=sse" in sent.target or json.loads(sent.body).get("stream")
        return Said(pieces=streamed, content_type=content_type) if streams else Said(pieces=(json.dumps(whole).encode(),))

    ended: list[LiveSpan] = []
    async with scripted_cloud(answer) as cloud:
        proxy = gateway(kind.strip(), cloud, ended)
        for stream in (False, True):
            body = json.dumps({"model": f"up/{model}", **request, "stream": stream}).encode()
            reply = await proxy.handle(Inbound(operation=operation, body=body, headers=[], received_ns=1, started=1))
            text = reply.body if reply.stream is None else b"".join([chunk async for chunk in reply.stream])
            assert (reply.status, b"hi" in text, b'"error"' in text) == (200, True, False), text
            if operation is Operation.COMPLETIONS:
                assert b'"text":"hi"' in text.replace(b": ", b":")
        await proxy.close()
    return [{name: value for name, value in span.raw.attributes.items() if "usage" in name} for span in ended], cloud


@pytest.mark.parametrize("kind", CASES)
async def test_a_stream_costs_what_the_whole_answer_costs(kind: str):
    model, _, _, buckets = CASES[kind]
    told, _ = await asked(kind, Operation.CHAT, {"messages": [{"role": "user", "content": "?"}]})
    assert told[0] == told[1] == {"gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 20, **buckets}
    usage = Usage(
        input_tokens=30,
        output_tokens=20,
        cache_read_tokens=10,
        cache_write_tokens=buckets.get(WRITTEN),
        reasoning_tokens=buckets.get(THOUGHT),
    )
    cost = price(PROVIDERS_OF.get(kind.strip(), kind), model, usage, 1_780_000_000_000_000_000).total
    assert (cost is None) if kind in UNPRICED else cost


UNPRICED = {"fireworks", "nvidia", "huggingface", "databricks", "ollama", "vllm"}
"""No price is known of these models, which is said, and is not zero."""


def test_every_provider_that_is_known_by_name_is_among_the_cases():
    assert {kind.strip() for kind in CASES} == {vendor.name for vendor in VENDORS}


PROVIDERS_OF = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "mistral": "mistral_ai",
    "xai": "x_ai",
    "gemini": "gcp.gemini",
    "vertex": "gcp.vertex_ai",
}
