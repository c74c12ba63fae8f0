"""What OpenAI's API has beside chat, with the real SDK: against the running server, and a vendor that keeps what it was sent."""

import asyncio
import json

import httpx
import openai
import pytest

from tests.clients.conftest import KEY, SOUND, Resources

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")]


@pytest.fixture
def rig(resources: Resources) -> Resources:
    return resources


async def test_completions_whole_and_streamed_tell_the_same_usage(rig: Resources):
    whole = await rig.client.completions.create(model="openai/gpt-3.5-turbo-instruct", prompt="when?")
    assert (whole.choices[0].text, json.loads(rig.sent.body)["model"]) == ("ebb", "gpt-3.5-turbo-instruct")
    first = await rig.span()
    chunks = [
        chunk async for chunk in await rig.client.completions.create(model="openai/gpt-3.5-turbo-instruct", prompt="when?", stream=True)
    ]
    second = await rig.span()
    assert ["".join(choice.text for chunk in chunks for choice in chunk.choices), len(chunks)] == ["ebb", 1]
    assert first["usage"] == second["usage"]
    assert (first["usage"]["input_tokens"], first["attributes"]["gen_ai.operation.name"]) == (3, "text_completion")
    assert "ebb" in json.dumps(second["content"]["output"])


async def test_the_builtin_provider_completes_too(rig: Resources):
    assert (await rig.client.completions.create(model="fake/echo", prompt="hello")).choices[0].text == "hello"


async def test_moderation_names_the_upstreams_model(rig: Resources):
    found = await rig.client.moderations.create(model="openai/omni-moderation-latest", input="hm")
    assert (found.results[0].flagged, json.loads(rig.sent.body)) == (True, {"model": "omni-moderation-latest", "input": "hm"})
    span = await rig.span()
    assert (span["attributes"]["gen_ai.operation.name"], span["usage"]["input_tokens"]) == ("moderation", None)


async def test_images_are_made_edited_and_varied(rig: Resources):
    made = await rig.client.images.generate(model="openai/gpt-image-1", prompt="the sea")
    assert made.data[0].b64_json == "aGk="
    assert ((await rig.span())["usage"]["output_tokens"]) == 40
    await rig.client.images.edit(model="openai/gpt-image-1", image=("a.png", SOUND, "image/png"), prompt="more sea")
    assert (rig.sent.target, b"\r\n\r\ngpt-image-1\r\n" in rig.sent.body, SOUND in rig.sent.body) == ("/v1/images/edits", True, True)
    await rig.client.images.create_variation(model="openai/dall-e-2", image=("a.png", SOUND, "image/png"))
    assert rig.sent.target == "/v1/images/variations"


async def test_speech_comes_back_byte_for_byte(rig: Resources):
    async with rig.client.audio.speech.with_streaming_response.create(model="openai/tts-1", voice="alloy", input="ebb") as spoken:
        assert spoken.headers["content-type"] == "audio/mpeg"
        assert await spoken.read() == SOUND
    span = await rig.span()
    assert (span["attributes"]["gen_ai.operation.name"], span["status"]) == ("speech", "OK")


async def test_speech_that_breaks_off_is_never_taken_for_whole(rig: Resources):
    body = {"model": "cut/tts-1", "voice": "alloy", "input": "ebb"}
    with pytest.raises(httpx.RemoteProtocolError):
        await rig.http.post("/v1/audio/speech", json=body)
    assert (await rig.span())["status"] == "ERROR"


async def test_sounds_are_written_down_by_route_and_translated(rig: Resources):
    heard = await rig.client.audio.transcriptions.create(model="ears", file=("a.wav", SOUND, "audio/wav"))
    assert heard.text == "the tide"
    assert (rig.sent.target, b"\r\n\r\nwhisper-1\r\n" in rig.sent.body, SOUND in rig.sent.body) == ("/v1/audio/transcriptions", True, True)
    assert rig.sent.headers["authorization"] == f"Bearer {KEY}"
    span = await rig.span()
    assert (span["route"], span["usage"]["input_tokens"], "the tide" in json.dumps(span["content"]["output"])) == ("ears", 14, True)
    assert (await rig.client.audio.translations.create(model="openai/whisper-1", file=("a.wav", SOUND, "audio/wav"))).text == "the tide"
    stream = await rig.client.audio.transcriptions.create(model="ears", file=("a.wav", SOUND, "audio/wav"), stream=True)
    assert [event.type async for event in stream] == ["transcript.text.delta", "transcript.text.done"]
    assert (await rig.span())["usage"]["input_tokens"] == 7


async def test_files_and_batches_are_the_accounts_own(rig: Resources):
    uploaded = await rig.client.files.list()
    assert uploaded.data[0].id == "file-1"
    await rig.client.files.create(file=("a.jsonl", b"{}\n", "application/jsonl"), purpose="batch")
    assert (rig.sent.method, rig.sent.target, b"a.jsonl" in rig.sent.body) == ("POST", "/v1/files", True)
    assert (await rig.client.files.content("file-1")).content == b'{"custom_id":"1"}\n'
    await rig.client.files.delete("file-1")
    assert (rig.sent.method, rig.sent.target) == ("DELETE", "/v1/files/file-1")
    batch = await rig.client.batches.create(input_file_id="file-1", endpoint="/v1/chat/completions", completion_window="24h")
    await rig.client.batches.retrieve(batch.id)
    await rig.client.batches.cancel(batch.id)
    assert (rig.sent.method, rig.sent.target) == ("POST", "/v1/batches/batch_1/cancel")
    assert (await rig.span())["attributes"]["tidegate.target"] == "openai/"


async def test_whose_files_are_meant_is_said_in_a_header(rig: Resources):
    with pytest.raises(openai.APIStatusError):
        await rig.client.files.list(extra_headers={"x-tidegate-provider": "anthropic"})
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        await rig.client.files.list(extra_headers={"x-tidegate-provider": "nobody"})
    await rig.client.files.retrieve("file-1", extra_headers={"x-tidegate-provider": "other"}, extra_query={"limit": 1, "key": "x"})
    assert rig.sent.target == "/other/v1/files/file-1?limit=1"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/moderations", {"model": "anthropic/claude", "input": "x"}),
        ("/v1/embeddings", {"model": "anthropic/claude", "input": "x"}),
        ("/v1/images/generations", {"model": "groq/llama", "prompt": "x"}),
    ],
)
async def test_what_a_provider_has_no_api_for_is_a_400_that_says_so(rig: Resources, path: str, body: dict):
    before = len(rig.cloud.sent)
    found = await rig.http.post(path, json=body)
    assert (found.status_code, found.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "has no API for" in found.json()["error"]["message"]
    assert len(rig.cloud.sent) == before


@pytest.mark.parametrize(
    "path", ["/v1/files/../chat", "/v1/files/%2e%2e/chat", "/v1/files/%252e%252e%252fx", "/v1/files//x", "/v1/files/a%5c..%5cb"]
)
async def test_no_path_leads_out_of_the_accounts_own(rig: Resources, path: str):
    before = len(rig.cloud.sent)
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.server.port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{rig.server.port}\r\nconnection: close\r\n\r\n".encode())
    assert int((await reader.readline()).split()[1]) in {400, 404, 405}
    writer.close()
    assert len(rig.cloud.sent) == before


async def test_embeddings_of_a_vendor_of_another_dialect_are_what_the_sdk_expects(rig: Resources):
    found = await rig.client.embeddings.create(model="cohere/embed-v4.0", input=["a", "b"])
    assert ([each.embedding for each in found.data], found.usage.prompt_tokens) == ([[0.5, 1.0], [2.0, 4.0]], 4)
    span = await rig.span()
    assert (span["usage"]["input_tokens"], span["usage"]["estimated"]) == (4, False)


async def test_a_model_is_known_by_its_name(rig: Resources):
    assert (await rig.client.models.retrieve("fake/echo")).id == "fake/echo"
    with pytest.raises(openai.NotFoundError):
        await rig.client.models.retrieve("fake/nothing")


async def test_ranking_is_asked_as_cohere_asks(rig: Resources):
    found = await rig.http.post("/v1/rerank", json={"model": "cohere/rerank-v3.5", "query": "tide", "documents": ["a", "b"], "top_n": 1})
    assert (found.status_code, found.json()["results"][0]["index"]) == (200, 1)
    assert (rig.sent.target, json.loads(rig.sent.body)["model"]) == ("/cohere/v2/rerank", "rerank-v3.5")
    assert (await rig.span())["attributes"]["gen_ai.operation.name"] == "rerank"


async def test_a_form_without_a_model_or_cut_off_is_a_400(rig: Resources):
    found = await rig.http.post("/v1/audio/transcriptions", files={"file": ("a.wav", b"x")})
    assert (found.status_code, found.json()["error"]["param"]) == (400, "model")
    cut = await rig.http.post(
        "/v1/audio/transcriptions",
        content=b'--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nx',
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    assert (cut.status_code, "cut off" in cut.json()["error"]["message"]) == (400, True)
