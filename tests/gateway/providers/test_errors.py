"""Errors of every provider as OpenAI's clients meet them: the status, the vendor's own words, and what tells a client to wait."""

import json

import pytest

from gateway.types import Inbound, Operation
from tests.cloud import Said, scripted_cloud
from tests.gateway.providers.framing import event, exception
from tests.gateway.providers.test_usage import FRAMED, gateway
from tracing.live import LiveSpan

ANTHROPIC = b'{"type":"error","error":{"type":"%s","message":"slow down"},"request_id":"req_1"}'
GOOGLE = b'{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}'
AWS = b'{"message":"slow down"}'
CASES = {
    "openai": ("gpt", b'{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded","param":null}}'),
    "mistral": ("mistral-large", b'{"object":"error","message":"slow down","type":"rate_limited","param":null,"code":"1300"}'),
    "anthropic": ("claude", ANTHROPIC % b"rate_limit_error"),
    "gemini": ("gemini-3-pro", GOOGLE),
    "vertex": ("gemini-3-pro", b"[" + GOOGLE + b"]"),
    "vertex ": ("claude-x", GOOGLE),
    "bedrock": ("amazon.nova-pro-v1:0", AWS),
    "bedrock ": ("anthropic.claude-x", AWS),
    "cohere": ("command-a", b'{"id":"1","message":"slow down"}'),
}


async def ask(kind: str, model: str, said: Said, stream: bool):
    ended: list[LiveSpan] = []
    async with scripted_cloud(lambda _: said) as cloud:
        proxy = gateway(kind.strip(), cloud, ended)
        body = json.dumps({"model": f"up/{model}", "messages": [{"role": "user", "content": "?"}], "stream": stream}).encode()
        reply = await proxy.handle(Inbound(operation=Operation.CHAT, body=body, headers=[], received_ns=1, started=1))
        text = reply.body if reply.stream is None else b"".join([chunk async for chunk in reply.stream])
        await proxy.close()
    return reply, text, ended[0]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", CASES)
async def test_a_429_stays_one_with_its_words_and_its_wait(kind: str, stream: bool):
    model, body = CASES[kind]
    reply, text, span = await ask(kind, model, Said(429, (body,), headers=(("retry-after", "7"), ("x-should-retry", "true"))), stream)
    headers = dict(reply.headers)
    assert (reply.status, headers[b"retry-after"], headers[b"x-should-retry"]) == (429, b"7", b"true")
    assert b"slow down" in text
    if kind != "mistral":  # of OpenAI's dialect: its bytes pass
        assert json.loads(text)["error"]["type"] == "rate_limit_error"
    assert span.raw.attributes["error.type"] == "429"


@pytest.mark.parametrize("kind", CASES)
async def test_a_page_of_html_from_something_in_between_is_an_error_of_openais(kind: str):
    reply, text, _ = await ask(kind, CASES[kind][0], Said(503, (b"<html>Bad gateway</html>",), content_type="text/html"), stream=False)
    assert (reply.status, "error" in json.loads(text), b"<html>" in text) == (503, True, False)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "bedrock",
            Said(
                pieces=(event("messageStart", {"role": "assistant"}), exception("modelStreamErrorException", "it broke")),
                content_type=FRAMED,
            ),
        ),
        ("bedrock", Said(pieces=(event("messageStart", {"role": "assistant"}),), content_type=FRAMED)),
        ("cohere", Said(pieces=(b'data: {"type":"message-start","id":"c"}\n\n',), content_type="text/event-stream")),
        ("gemini", Said(pieces=(b'data: {"candidates":[{"content":{"parts":[{"text":"h"}]}}]}\n\n',), content_type="text/event-stream")),
        (
            "anthropic",
            Said(pieces=(b"event: error\ndata: " + ANTHROPIC % b"overloaded_error" + b"\n\n",), content_type="text/event-stream"),
        ),
    ],
)
async def test_a_stream_that_fails_or_ends_too_soon_ends_in_an_error_and_not_in_done(kind: str, said: Said):
    _, text, span = await ask(kind, CASES[kind][0], said, stream=True)
    assert (b'"error"' in text, b"[DONE]" in text) == (True, False)
    assert span.raw.attributes["error.type"]


@pytest.mark.parametrize(("delay", "wait"), [("7.2s", b"8"), ("30s", b"30"), ("soon", None)])
async def test_a_wait_that_google_tells_in_its_error_is_one_that_clients_and_routes_see(delay: str, wait: bytes | None):
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}]
    body = json.dumps({"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED", "details": details}}).encode()
    reply, text, _ = await ask("gemini", "gemini-3-pro", Said(429, (body,)), stream=False)
    assert (reply.status, dict(reply.headers).get(b"retry-after"), b"slow down" in text) == (429, wait, True)
