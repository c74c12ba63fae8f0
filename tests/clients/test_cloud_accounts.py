"""Clouds whose accounts are identities and not keys: tokens of Google and of Microsoft Entra, roles of AWS; through a running server, by the vendors' SDKs."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import anthropic
import openai
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google import genai

from tests.cloud import Cloud, Said, Sent, scripted_cloud
from tests.gateway.providers.framing import event
from tests.gateway.providers.sigv4 import signature_holds
from tests.running import RunningServer, start_server

CONFIG = """
providers:
  vertex:  {{kind: vertex, base_url: "{url}/vertex", region: europe-west4, credentials: env:SERVICE_ACCOUNT}}
  other:   {{kind: vertex, base_url: "{url}/vertex", region: europe-west4, credentials: env:OTHER_ACCOUNT}}
  azure:   {{kind: azure, base_url: "{url}/openai/v1", tenant_id: tenant, client_id: app, client_secret: env:ENTRA_SECRET, authority: "{url}/entra"}}
  lost:    {{kind: azure, base_url: "{url}/openai/v1", tenant_id: nowhere, client_id: app, client_secret: env:ENTRA_SECRET, authority: "{url}/entra"}}
  bedrock: {{kind: bedrock, base_url: "{url}/bedrock", region: eu-west-1}}
"""
SECRET, ROLE_SECRET = "entra-canary-51cc", "role-canary-77aa"
GEMINI = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "ebb"}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1, "totalTokenCount": 4},
}
CLAUDE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [{"type": "text", "text": "ebb"}],
    "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 8, "output_tokens": 4},
}  # fmt: skip
CHAT = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "up", "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ebb"}, "finish_reason": "stop"}],
}  # fmt: skip
STREAMED = (
    {"type": "message_start", "message": {**CLAUDE, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ebb"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 4}},
    {"type": "message_stop"},
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Authorities:
    """Who gives tokens, and the clouds that take the newest one alone."""

    lasting: float = 3600
    given: dict[str, int] = field(default_factory=lambda: {"google": 0, "entra": 0, "aws": 0})

    def answer(self, sent: Sent) -> Said:
        path = sent.target.partition("?")[0]
        if path == "/token":
            return self._grant("google")
        if path == "/refusing":
            return said({"error": "invalid_grant", "error_description": sent.body.decode()}, 400)
        if path.startswith("/entra/"):
            return self._grant("entra") if "/tenant/" in path else said({"error": "invalid_client", "error_description": SECRET}, 401)
        if path == "/sts":
            return self._role()
        if path.startswith("/bedrock/"):
            return self._bedrock(sent)
        who = "google" if path.startswith("/vertex/") else "entra"
        if sent.headers.get("authorization") != f"Bearer {who}-canary-{self.given[who]}":
            return said({"error": {"code": 401, "message": "The token is not valid.", "status": "UNAUTHENTICATED"}}, 401)
        return said(CHAT) if who == "entra" else vertex(path)

    def _grant(self, who: str) -> Said:
        self.given[who] += 1
        return said({"access_token": f"{who}-canary-{self.given[who]}", "expires_in": self.lasting, "token_type": "Bearer"})

    def _role(self) -> Said:
        self.given["aws"] += 1
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        body = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
        <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>{ROLE_SECRET}</SecretAccessKey><SessionToken>session</SessionToken>
        <Expiration>{ends}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
        return Said(pieces=(body.encode(),), content_type="text/xml")

    def _bedrock(self, sent: Sent) -> Said:
        if not signature_holds(sent, ROLE_SECRET, "eu-west-1", "bedrock") or sent.headers["x-amz-security-token"] != "session":
            return said({"message": "The request signature we calculated does not match."}, 403)
        if sent.target.endswith("/converse-stream"):
            events = (
                event("messageStart", {"role": "assistant"}),
                event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "ebb"}}),
                event("contentBlockStop", {"contentBlockIndex": 0}),
                event("messageStop", {"stopReason": "end_turn"}),
                event("metadata", {"usage": {"inputTokens": 3, "outputTokens": 1}}),
            )
            return Said(pieces=events, content_type="application/vnd.amazon.eventstream")
        told = {"role": "assistant", "content": [{"text": "ebb"}]}
        return said({"output": {"message": told}, "stopReason": "end_turn", "usage": {"inputTokens": 3, "outputTokens": 1}})


def vertex(path: str) -> Said:
    if path.endswith(":streamGenerateContent"):
        return Said(pieces=(b"data: " + json.dumps(GEMINI).encode() + b"\r\n\r\n",), content_type="text/event-stream")
    if path.endswith(":streamRawPredict"):
        pieces = tuple(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in STREAMED)
        return Said(pieces=pieces, content_type="text/event-stream")
    return said(CLAUDE if path.endswith(":rawPredict") else GEMINI)


def said(thing: dict, status: int = 200) -> Said:
    return Said(status, (json.dumps(thing).encode(),))


class Rig:
    def __init__(self, server: RunningServer, cloud: Cloud, authorities: Authorities) -> None:
        self.server, self.cloud, self.authorities = server, cloud, authorities
        self.openai = openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="x", max_retries=0)
        self.claude = anthropic.AsyncAnthropic(base_url=server.url, api_key="x", max_retries=0)
        self.google = genai.Client(api_key="x", http_options={"base_url": server.url}).aio

    async def chat(self, model: str) -> str:
        answer = await self.openai.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}])
        return answer.choices[0].message.content or ""

    async def streamed(self, model: str) -> str:
        asked = [{"role": "user", "content": "hi"}]
        stream = await self.openai.chat.completions.create(model=model, messages=asked, stream=True)
        return "".join([choice.delta.content or "" async for chunk in stream for choice in chunk.choices])

    def written(self) -> str:
        """All that the server has said, and stored of the newest requests."""
        while (listed := self.server.client.get("/api/v1/traces", params={"limit": 8})).status_code == 503:
            time.sleep(0.1)  # the gateway answers before the database is open
        spans = [self.server.client.get(f"/api/v1/traces/{each['trace_id']}").text for each in listed.json()["traces"]]
        return self.server.log.read_text() + "".join(spans)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    home: Path = tmp_path_factory.mktemp("clouds")
    authorities = Authorities()
    pem = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    async with scripted_cloud(authorities.answer) as cloud:
        account = {"type": "service_account", "project_id": "tides", "private_key": pem.decode(), "client_email": "robot@tides.example"}
        for name, place in (("service", "token"), ("other", "refusing")):
            (home / f"{name}.json").write_text(json.dumps({**account, "token_uri": f"{cloud.url}/{place}"}))
        (home / "aws").write_text(
            "[profile tides]\nrole_arn = arn:aws:iam::1:role/tides\nsource_profile = base\nregion = eu-west-1\n[profile base]\n"
            "aws_access_key_id = AKIDBASE\naws_secret_access_key = base-secret\n"
        )
        (home / "tidegate.yaml").write_text(CONFIG.format(url=cloud.url))
        env = {
            "SERVICE_ACCOUNT": str(home / "service.json"), "OTHER_ACCOUNT": str(home / "other.json"), "ENTRA_SECRET": SECRET,
            "AWS_CONFIG_FILE": str(home / "aws"), "AWS_PROFILE": "tides", "AWS_ENDPOINT_URL_STS": f"{cloud.url}/sts",
        }  # fmt: skip
        server = await asyncio.to_thread(start_server, home / "data", config=home / "tidegate.yaml", env=env)
        try:
            yield Rig(server, cloud, authorities)
        finally:
            await asyncio.to_thread(server.stop)


async def test_gemini_and_claude_on_vertex_are_asked_with_one_token_of_a_service_account_by_any_client(rig: Rig):
    said = await asyncio.gather(*(rig.chat("vertex/gemini-2.5-flash") for _ in range(20)))
    assert (set(said), rig.authorities.given["google"]) == ({"ebb"}, 1)
    assert [await rig.chat("vertex/claude-sonnet-4-5"), await rig.streamed("vertex/claude-sonnet-4-5")] == ["ebb", "ebb"]
    assert await rig.streamed("vertex/gemini-2.5-flash") == "ebb"
    asked = {"model": "vertex/claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    assert (await rig.claude.messages.create(**asked)).content[0].text == "ebb"
    async with rig.claude.messages.stream(**asked) as stream:
        assert (await stream.get_final_message()).usage.output_tokens == 4
    assert (await rig.google.models.generate_content(model="vertex/gemini-2.5-flash", contents="hi")).text == "ebb"
    pieces = await rig.google.models.generate_content_stream(model="vertex/claude-sonnet-4-5", contents="hi")
    assert "".join([piece.text or "" async for piece in pieces]) == "ebb"
    assert rig.authorities.given["google"] == 1


async def test_a_token_that_the_cloud_takes_no_more_is_replaced_and_the_client_sees_nothing_of_it(rig: Rig):
    for who, model in (("google", "vertex/gemini-2.5-flash"), ("entra", "azure/gpt")):
        await rig.chat(model)
        rig.authorities.given[who] += 1  # the one that was given is revoked
        before = rig.authorities.given[who]
        assert set(await asyncio.gather(*(rig.chat(model) for _ in range(8)))) == {"ebb"}
        assert rig.authorities.given[who] == before + 1


async def test_azure_is_asked_with_a_token_of_entra_and_one_is_fetched_for_all_who_wait(rig: Rig):
    before = rig.authorities.given["entra"]
    said = await asyncio.gather(*(rig.chat("azure/gpt") for _ in range(20)))
    assert (set(said), rig.authorities.given["entra"] - before <= 1) == ({"ebb"}, True)


async def test_bedrock_is_asked_as_the_role_of_the_profile_which_is_taken_once_for_all_who_wait(rig: Rig):
    said = await asyncio.gather(*(rig.chat("bedrock/meta.llama3-70b-instruct-v1:0") for _ in range(20)))
    assert (set(said), rig.authorities.given["aws"]) == ({"ebb"}, 1)
    assert await rig.streamed("bedrock/meta.llama3-70b-instruct-v1:0") == "ebb"


async def test_an_authority_that_refuses_is_told_in_each_clients_words_and_nothing_that_proves_who_we_are_is_written_anywhere(rig: Rig):
    for model, authority in (("other/gemini-2.5-flash", "Google"), ("lost/gpt", "Entra")):
        with pytest.raises(openai.InternalServerError, match=f"has no token.*{authority}"):
            await rig.chat(model)
        with pytest.raises(anthropic.InternalServerError, match="has no token") as caught:
            await rig.claude.messages.create(model=model, max_tokens=9, messages=[{"role": "user", "content": "hi"}])
        assert caught.value.body["error"]["type"] == "api_error"
        with pytest.raises(genai.errors.ServerError, match="has no token"):
            await rig.google.models.generate_content(model=model, contents="hi")
    written = await asyncio.to_thread(rig.written)
    assert "has no token" in written
    for secret in ("PRIVATE KEY", "google-canary", "entra-canary", ROLE_SECRET, "base-secret", "assertion="):
        assert secret not in written
