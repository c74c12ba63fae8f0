"""Azure, Bedrock and Vertex AI against a scripted cloud that checks paths, versions, proofs and bodies."""

import json
from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from config.schema import ProviderSettings
from config.secrets import Secret
from gateway.dialects.types import DialectName
from gateway.errors import Misconfigured
from gateway.providers.azure.provider import AzureProvider
from gateway.providers.bedrock.provider import BedrockProvider
from gateway.providers.vertex.provider import VertexProvider
from gateway.types import Operation, Outbound, Resource
from gateway.upload import Upload
from tests.cloud import Cloud, Said, Sent, scripted_cloud
from tests.gateway.providers.framing import event, exception, invoked
from tests.gateway.providers.sigv4 import signature_holds

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CLAUDE = b'{"model":"m","stream":true,"max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}]}'
FRAMED = "application/vnd.amazon.eventstream"


def outbound(model: str, dialect: DialectName, body: bytes, headers: Iterable[tuple[bytes, bytes]] = (), **options) -> Outbound:
    options = {"operation": Operation.CHAT, "stream": False, **options}
    return Outbound(body=body, headers=headers, traceparent="00-1-2-01", dialect=dialect, model=model, **options)


async def answer_to(provider, request: Outbound) -> tuple[int, bytes]:
    upstream = await provider.send(request)
    try:
        chunks = []
        if not request.stream or upstream.status >= 400:
            return upstream.status, await upstream.read()
        while (chunk := await upstream.next_chunk()) is not None:
            chunks.append(chunk)
        return upstream.status, b"".join(chunks)
    finally:
        await upstream.close()
        await provider.close()


def bedrock(cloud: Cloud, **settings) -> BedrockProvider:
    keys = {"access_key_id": Secret("AKIDEXAMPLE"), "secret_access_key": Secret(SECRET)}
    return BedrockProvider("aws", ProviderSettings(kind="bedrock", base_url=cloud.url, region="eu-west-1", **{**keys, **settings}))


@pytest.mark.parametrize("token", [None, "temporary"])
async def test_bedrock_is_asked_with_a_signature_that_holds_for_path_and_body(token: str | None):
    async with scripted_cloud(lambda _: Said()) as cloud:
        request = outbound("arn:aws:bedrock:eu-west-1:1:inference-profile/meta.llama3-v1:0", DialectName.BEDROCK, b'{"messages":[]}')
        await answer_to(bedrock(cloud, session_token=Secret(token) if token else None), request)
    (sent,) = cloud.sent
    assert sent.target == "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Fmeta.llama3-v1%3A0/converse"
    assert signature_holds(sent, SECRET, "eu-west-1", "bedrock")
    assert sent.headers.get("x-amz-security-token") == token
    assert not signature_holds(Sent(sent.method, sent.target, sent.headers, sent.body + b" "), SECRET, "eu-west-1", "bedrock")


async def test_what_is_passed_to_bedrock_while_it_arrives_is_signed_whole():
    pieces = [bytes(range(256)) * 2000, b"end"]

    async def receive() -> dict:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    whole = b"".join(pieces)
    upload = Upload(receive, None, 10_000_000)
    await upload.hold(lambda _: True)
    passed = Resource(path="/model/m/invoke", content_type="application/octet-stream")
    async with scripted_cloud(lambda _: Said()) as cloud:
        request = replace(
            outbound("m", DialectName.BEDROCK, b""), operation=Operation.PASSTHROUGH, resource=passed, upload=upload.sending("")
        )
        await answer_to(bedrock(cloud), request)
    (sent,) = cloud.sent
    assert sent.body == whole
    assert signature_holds(sent, SECRET, "eu-west-1", "bedrock")


async def test_a_bearer_key_of_bedrock_needs_no_signature():
    async with scripted_cloud(lambda _: Said()) as cloud:
        await answer_to(bedrock(cloud, api_key=Secret("bedrock-key")), outbound("meta.llama", DialectName.BEDROCK, b"{}"))
    assert cloud.sent[0].headers["authorization"] == "Bearer bedrock-key"


async def test_claude_on_bedrock_gets_its_own_request_with_the_clouds_version_and_only_betas_it_knows():
    async with scripted_cloud(lambda _: Said()) as cloud:
        headers = [(b"anthropic-beta", b"context-1m-2025-08-07, files-api-2025-04-14"), (b"x-api-key", b"the-clients")]
        await answer_to(bedrock(cloud), outbound("eu.anthropic.claude-v9:0", DialectName.ANTHROPIC, CLAUDE, headers))
    (sent,) = cloud.sent
    assert sent.target == "/model/eu.anthropic.claude-v9%3A0/invoke"
    assert json.loads(sent.body) == {
        **{name: value for name, value in json.loads(CLAUDE).items() if name not in {"model", "stream"}},
        "anthropic_version": "bedrock-2023-05-31",
        "anthropic_beta": ["context-1m-2025-08-07"],
    }
    assert b'"cache_control":{"type":"ephemeral"}' in sent.body
    assert "x-api-key" not in sent.headers


@pytest.mark.parametrize("size", [1, 7, 4096])
async def test_claudes_stream_on_bedrock_comes_out_as_claude_sends_it_however_it_was_cut(size: int):
    events = [{"type": "message_start", "message": {"id": "m"}}, {"type": "message_stop", "amazon-bedrock-invocationMetrics": {}}]
    data = b"".join(map(invoked, events))
    pieces = tuple(data[at : at + size] for at in range(0, len(data), size))
    async with scripted_cloud(lambda _: Said(pieces=pieces, content_type=FRAMED)) as cloud:
        request = outbound("anthropic.claude-v9", DialectName.ANTHROPIC, CLAUDE, stream=True)
        _, text = await answer_to(bedrock(cloud), request)
    assert cloud.sent[0].target.endswith("/invoke-with-response-stream")
    assert [json.loads(line[6:]) for line in text.split(b"\n") if line.startswith(b"data: ")] == events


async def test_converse_streams_events_under_their_names_and_an_exception_is_one():
    pieces = (event("messageStart", {"role": "assistant"}), exception("throttlingException", "slow"))
    async with scripted_cloud(lambda _: Said(pieces=pieces, content_type=FRAMED)) as cloud:
        _, text = await answer_to(bedrock(cloud), outbound("meta.llama", DialectName.BEDROCK, b"{}", stream=True))
    assert [line for line in text.split(b"\n") if line.startswith(b"event")] == [b"event: messageStart", b"event: throttlingException"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (Said(400, (b'{"message":"Malformed input"}',)), "Malformed input"),
        (Said(429, (b'[{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}}]',)), "Quota"),
        (Said(404, (b'{"type":"error","error":{"type":"not_found_error","message":"gone"}}',)), "gone"),
        (Said(500, (b"{}",)), "The upstream refused the request and did not say why."),
    ],
)
async def test_a_clouds_error_reaches_claudes_client_in_claudes_words(said: Said, message: str):
    async with scripted_cloud(lambda _: said) as cloud:
        status, body = await answer_to(bedrock(cloud), outbound("anthropic.claude-v9", DialectName.ANTHROPIC, CLAUDE))
    error = json.loads(body)
    assert (status, error["type"], error["error"]["message"]) == (said.status, "error", message)


def vertex(cloud: Cloud, **settings) -> VertexProvider:
    given = {"project": "p", "region": "europe-west4", "api_key": Secret("token"), **settings}
    return VertexProvider("vx", ProviderSettings(kind="vertex", base_url=cloud.url, **given))


@pytest.mark.parametrize(
    ("model", "dialect", "stream", "path"),
    [
        ("gemini-3-pro", DialectName.GEMINI, False, "/publishers/google/models/gemini-3-pro:generateContent"),
        ("gemini-3-pro", DialectName.GEMINI, True, "/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse"),
        ("claude-opus-4@20250514", DialectName.ANTHROPIC, False, "/publishers/anthropic/models/claude-opus-4@20250514:rawPredict"),
        ("claude-opus-4@20250514", DialectName.ANTHROPIC, True, "/publishers/anthropic/models/claude-opus-4@20250514:streamRawPredict"),
        ("meta/llama-4", DialectName.OPENAI_CHAT, True, "/endpoints/openapi/chat/completions"),
    ],
)
async def test_each_model_of_vertex_is_asked_at_its_own_place(model: str, dialect: DialectName, stream: bool, path: str):
    async with scripted_cloud(lambda _: Said()) as cloud:
        provider = vertex(cloud)
        assert provider.dialects(model) == (dialect,)
        await answer_to(provider, outbound(model, dialect, CLAUDE, stream=stream))
    assert cloud.sent[0].target == "/v1/projects/p/locations/europe-west4" + path
    assert cloud.sent[0].headers["authorization"] == "Bearer token"


async def test_claude_on_vertex_has_its_version_in_the_body_and_its_betas_in_the_header():
    async with scripted_cloud(lambda _: Said()) as cloud:
        headers = [(b"anthropic-beta", b"context-1m-2025-08-07,unheard-of-2020-01-01")]
        await answer_to(vertex(cloud), outbound("claude-x", DialectName.ANTHROPIC, CLAUDE, headers, stream=True))
    (sent,) = cloud.sent
    body = json.loads(sent.body)
    assert (body["anthropic_version"], body["stream"], "model" in body) == ("vertex-2023-10-16", True, False)
    assert sent.headers["anthropic-beta"] == "context-1m-2025-08-07"


def azure(base_url: str, **settings) -> AzureProvider:
    return AzureProvider("az", ProviderSettings(kind="azure", base_url=base_url, **{"api_key": Secret("azure-key"), **settings}))


@pytest.mark.parametrize(
    ("suffix", "version", "operation", "dialect", "target"),
    [
        ("", None, Operation.CHAT, DialectName.OPENAI_CHAT, "/openai/v1/chat/completions"),
        ("/openai/v1/", None, Operation.CHAT, DialectName.OPENAI_CHAT, "/openai/v1/chat/completions"),
        ("", "preview", Operation.CHAT, DialectName.OPENAI_RESPONSES, "/openai/v1/responses?api-version=preview"),
        ("", "2024-10-21", Operation.CHAT, DialectName.OPENAI_CHAT, "/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21"),
        (
            "/openai",
            "2024-10-21",
            Operation.EMBEDDINGS,
            DialectName.OPENAI_CHAT,
            "/openai/deployments/my%20gpt/embeddings?api-version=2024-10-21",
        ),
    ],
)
async def test_azure_is_asked_by_either_set_of_paths(suffix, version, operation, dialect, target):
    async with scripted_cloud(lambda _: Said()) as cloud:
        provider = azure(cloud.url + suffix, api_version=version)
        await answer_to(provider, outbound("my gpt", dialect, b"{}", operation=operation))
    assert cloud.sent[0].target == target
    assert (cloud.sent[0].headers["api-key"], "authorization" in cloud.sent[0].headers) == ("azure-key", False)


async def test_azure_with_an_application_of_entra_sends_its_token():
    def answer(sent: Sent) -> Said:
        return Said(pieces=(b'{"access_token":"granted","expires_in":"3600"}',)) if "/oauth2/" in sent.target else Said()

    async with scripted_cloud(answer) as cloud:
        entra = {"tenant_id": "t", "client_id": "c", "client_secret": Secret("s"), "authority": cloud.url, "api_key": None}
        await answer_to(azure(cloud.url, **entra), outbound("gpt", DialectName.OPENAI_CHAT, b"{}"))
    assert cloud.sent[1].headers["authorization"] == "Bearer granted"
    assert b"scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default" in cloud.sent[0].body


@pytest.mark.parametrize(
    ("build", "settings", "word"),
    [
        (AzureProvider, {"api_key": Secret("k")}, "base_url"),
        (AzureProvider, {"base_url": "http://a.example"}, "tenant_id"),
        (BedrockProvider, {}, "region"),
        (VertexProvider, {}, "project"),
    ],
)
def test_what_an_account_lacks_is_named(build, settings, word):
    with pytest.raises(Misconfigured, match=word):
        build("mine", ProviderSettings(**settings))
