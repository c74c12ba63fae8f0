"""Anthropic, Gemini and Cohere, and embeddings of all: where they are asked, with which proof, and what of the client's headers they see."""

import json

import pytest

from config.schema import ProviderSettings
from config.secrets import Secret
from gateway.dialects.types import DialectName, Embed, Tokens
from gateway.errors import InvalidRequest, UpstreamUnreachable
from gateway.providers.anthropic.provider import AnthropicProvider
from gateway.providers.bedrock.provider import BedrockProvider
from gateway.providers.cohere.provider import CohereProvider
from gateway.providers.connection import unrepeated
from gateway.providers.gemini.provider import GeminiProvider
from gateway.providers.vertex.provider import VertexProvider
from gateway.types import Operation
from tests.cloud import Cloud, Said, Sent, scripted_cloud
from tests.gateway.providers.test_clouds import answer_to, outbound

KEY = Secret("sk-canary-31")


def provider_at(cloud: Cloud, kind: str, suffix: str = ""):
    settings = {"base_url": cloud.url + suffix, "api_key": KEY, "region": "eu-west-1", "project": "p"}
    builders = {
        "anthropic": AnthropicProvider,
        "gemini": GeminiProvider,
        "cohere": CohereProvider,
        "bedrock": BedrockProvider,
        "vertex": VertexProvider,
    }
    return builders[kind](kind, ProviderSettings(kind=None, **settings))


@pytest.mark.parametrize(
    ("kind", "suffix", "operation", "stream", "target", "header"),
    [
        ("anthropic", "", Operation.CHAT, False, "/v1/messages", ("x-api-key", "sk-canary-31")),
        ("anthropic", "/v1/", Operation.CHAT, True, "/v1/messages", ("anthropic-version", "2023-06-01")),
        ("gemini", "", Operation.CHAT, False, "/v1beta/models/gemini-3-pro:generateContent", ("x-goog-api-key", "sk-canary-31")),
        (
            "gemini",
            "/v1beta/models",
            Operation.CHAT,
            True,
            "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse",
            ("x-goog-api-key", "sk-canary-31"),
        ),
        ("gemini", "/v1", Operation.EMBEDDINGS, False, "/v1/models/gemini-3-pro:batchEmbedContents", ("x-goog-api-key", "sk-canary-31")),
        ("cohere", "", Operation.CHAT, True, "/v2/chat", ("authorization", "Bearer sk-canary-31")),
        ("cohere", "/v1", Operation.EMBEDDINGS, False, "/v2/embed", ("authorization", "Bearer sk-canary-31")),
    ],
)
async def test_each_vendor_is_asked_at_its_place_with_its_proof(kind, suffix, operation, stream, target, header):
    async with scripted_cloud(lambda _: Said()) as cloud:
        request = outbound("gemini-3-pro", DialectName.OPENAI_CHAT, b"{}", operation=operation, stream=stream)
        await answer_to(provider_at(cloud, kind, suffix), request)
    assert cloud.sent[0].target == target
    assert cloud.sent[0].headers[header[0]] == header[1]
    assert "sk-canary-31" not in cloud.sent[0].target


async def test_a_client_of_claude_chooses_version_and_betas_and_its_own_key_stays_here():
    headers = [
        (b"anthropic-version", b"2030-01-01"),
        (b"anthropic-beta", b"a,b"),
        (b"x-api-key", b"the-clients"),
        (b"authorization", b"Bearer x"),
    ]
    async with scripted_cloud(lambda _: Said()) as cloud:
        await answer_to(provider_at(cloud, "anthropic"), outbound("claude", DialectName.ANTHROPIC, b"{}", headers))
    sent = cloud.sent[0].headers
    assert (sent["anthropic-version"], sent["anthropic-beta"], sent["x-api-key"]) == ("2030-01-01", "a,b", "sk-canary-31")
    assert "authorization" not in sent


@pytest.mark.parametrize("kind", ["anthropic"])
async def test_what_a_vendor_has_no_api_for_is_refused_in_words(kind: str):
    async with scripted_cloud(lambda _: Said()) as cloud:
        provider = provider_at(cloud, kind)
        with pytest.raises(InvalidRequest, match="no API for 'embeddings'"):
            await provider.send(outbound("m", DialectName.OPENAI_CHAT, b"{}", operation=Operation.EMBEDDINGS))
        await provider.close()
    assert cloud.sent == []


async def test_limits_of_anthropic_are_told_to_the_client():
    said = Said(
        429, (b'{"type":"error"}',), headers=(("anthropic-ratelimit-requests-remaining", "0"), ("retry-after", "7"), ("set-cookie", "x=1"))
    )
    async with scripted_cloud(lambda _: said) as cloud:
        provider = provider_at(cloud, "anthropic")
        upstream = await provider.send(outbound("claude", DialectName.ANTHROPIC, b"{}"))
        told = dict(upstream.headers)
        await upstream.close()
        await provider.close()
    assert (told[b"anthropic-ratelimit-requests-remaining"], told[b"retry-after"]) == (b"0", b"7")
    assert b"set-cookie" not in told


def titan(sent: Sent) -> Said:
    text = json.loads(sent.body)["inputText"]
    return Said(pieces=(json.dumps({"embedding": [float(len(text))], "inputTextTokenCount": len(text)}).encode(),))


def nova(sent: Sent) -> Said:
    text = json.loads(sent.body)["singleEmbeddingParams"]["text"]["value"]
    return Said(pieces=(json.dumps({"embeddings": [{"embeddingType": "TEXT", "embedding": [len(text)]}]}).encode(),))


def gemini(sent: Sent) -> Said:
    texts = [each["content"]["parts"][0]["text"] for each in json.loads(sent.body)["requests"]]
    return Said(pieces=(json.dumps({"embeddings": [{"values": [len(text)]} for text in texts]}).encode(),))


def vertex(sent: Sent) -> Said:
    texts = [each["content"] for each in json.loads(sent.body)["instances"]]
    predictions = [{"embeddings": {"values": [len(text)], "statistics": {"token_count": len(text), "truncated": False}}} for text in texts]
    return Said(pieces=(json.dumps({"predictions": predictions}).encode(),))


def cohere(sent: Sent) -> Said:
    texts = json.loads(sent.body)["texts"]
    return Said(
        pieces=(
            json.dumps({"embeddings": {"float": [[len(text)] for text in texts]}, "meta": {"billed_units": {"input_tokens": 6}}}).encode(),
        )
    )


@pytest.mark.parametrize(
    ("kind", "model", "answer", "tokens", "calls"),
    [
        ("bedrock", "amazon.titan-embed-text-v2:0", titan, 6, 3),
        ("bedrock", "amazon.nova-2-multimodal-embeddings-v1:0", nova, None, 3),
        ("bedrock", "cohere.embed-v4:0", cohere, 6, 1),
        ("cohere", "embed-v4.0", cohere, 6, 1),
        ("gemini", "gemini-embedding-001", gemini, None, 1),
        ("vertex", "gemini-embedding-001", vertex, 6, 3),
        ("vertex", "text-embedding-005", vertex, 6, 1),
    ],
)
async def test_embeddings_of_every_vendor_are_a_vector_for_each_text_in_order(kind, model, answer, tokens, calls):
    async with scripted_cloud(answer) as cloud:
        provider = provider_at(cloud, kind)
        dialect = provider.embedding_dialect(model)
        written = dialect.write_request(Embed(model="m", inputs=("a", "bb", "ccc"), dimensions=256), model)
        request = outbound(model, DialectName.OPENAI_CHAT, written.body, operation=Operation.EMBEDDINGS)
        _, body = await answer_to(provider, request)
    found = dialect.read_answer(body)
    assert [vector[0] for vector in found.vectors] == [1, 2, 3]
    assert found.tokens == (None if tokens is None else Tokens(input=tokens))
    assert len(cloud.sent) == calls
    assert b"256" in cloud.sent[0].body


async def test_one_refused_text_refuses_the_batch_with_the_vendors_words():
    def answer(sent: Sent) -> Said:
        return Said(400, (b'{"message":"too long"}',)) if b"bb" in sent.body else titan(sent)

    async with scripted_cloud(answer) as cloud:
        request = outbound(
            "amazon.titan-embed-text-v2:0",
            DialectName.OPENAI_CHAT,
            b'[{"inputText":"a"},{"inputText":"bb"}]',
            operation=Operation.EMBEDDINGS,
        )
        assert await answer_to(provider_at(cloud, "bedrock"), request) == (400, b'{"message":"too long"}')


async def test_a_batch_that_reaches_nobody_is_one_failure_of_ours():
    provider = provider_at(Cloud(titan, port=9), "bedrock")
    with pytest.raises(UpstreamUnreachable):
        await provider.send(
            outbound(
                "amazon.titan-embed-text-v2:0",
                DialectName.OPENAI_CHAT,
                b'[{"inputText":"a"},{"inputText":"b"}]',
                operation=Operation.EMBEDDINGS,
            )
        )
    await provider.close()


@pytest.mark.parametrize(
    ("base", "path", "kept"),
    [
        ("https://a.example/v1", "/v1/files", "/files"),
        ("https://a.example/v1", "/files", "/files"),
        ("https://a.example/openai/v1", "/openai/v1/files", "/files"),
        ("https://a.example/openai/v1", "/v1/files", "/files"),
        ("https://a.example", "/v1/files", "/v1/files"),
        ("https://a.example/v1", "/v1beta/files", "/v1beta/files"),
    ],
)
def test_a_path_repeats_nothing_of_its_base(base: str, path: str, kept: str):
    assert unrepeated(base, path) == kept
