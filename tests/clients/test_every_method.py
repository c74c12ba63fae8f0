"""Methods of the vendors' own SDKs beside plain generations, one call each: what comes back is of the SDK's own types, and what went out is where it belongs."""

import json

import anthropic
import openai
import pytest
from pydantic import BaseModel

from tests.clients.conftest import SOUND, Resources

pytestmark = pytest.mark.asyncio(loop_scope="package")
ASKED = [{"role": "user", "content": "hi"}]
BATCH = [{"custom_id": "a", "params": {"model": "claude-x", "max_tokens": 9, "messages": ASKED}}]


@pytest.mark.parametrize("beta", [False, True])
async def test_anthropics_batches_are_the_accounts_own_and_their_results_come_by_us(resources: Resources, beta: bool):
    batches = resources.claude.beta.messages.batches if beta else resources.claude.messages.batches
    made = await batches.create(requests=BATCH)
    assert (resources.sent.method, resources.sent.target.partition("?")[0]) == ("POST", "/claude/v1/messages/batches")
    assert resources.sent.headers["x-api-key"] == "sk-canary-44ab"
    assert made.results_url == "/v1/messages/batches/msgbatch_1/results"
    assert [each.result.message.content[0].text async for each in await batches.results(made.id)] == ["ebb"]
    assert [each.id async for each in batches.list()] == [made.id]
    assert (await batches.retrieve(made.id)).processing_status == "ended"
    assert (await batches.cancel(made.id)).id == made.id
    assert (await batches.delete(made.id)).type == "message_batch_deleted"
    assert resources.sent.method == "DELETE"


async def test_anthropics_files_are_told_from_openais_by_its_clients_header(resources: Resources):
    files = resources.claude.beta.files
    made = await files.upload(file=("a.txt", SOUND, "text/plain"))
    assert (resources.sent.target.partition("?")[0], SOUND in resources.sent.body) == ("/claude/v1/files", True)
    assert [each.id async for each in files.list()] == [made.id]
    assert (await files.retrieve_metadata(made.id)).filename == "a.txt"
    assert await (await files.download(made.id)).read() == b"ebb"
    assert (await files.delete(made.id)).type == "file_deleted"


async def test_what_anthropic_keeps_for_an_account_is_told_from_openais_of_the_same_name(resources: Resources):
    await resources.claude.beta.skills.retrieve("skill_1")
    assert resources.sent.target.partition("?")[0] == "/claude/v1/skills/skill_1"
    assert resources.sent.headers["x-api-key"] == "sk-canary-44ab"


async def test_anthropics_messages_models_and_counts_by_their_beta_paths_too(resources: Resources):
    for client in (resources.claude, resources.claude.beta):
        assert (await client.messages.create(model="anthropic/claude-x", max_tokens=9, messages=ASKED)).content[0].text == "ebb"
        async with client.messages.stream(model="fake/echo", max_tokens=9, messages=ASKED) as stream:
            assert await stream.get_final_text() == "hi"
        assert (await client.messages.count_tokens(model="anthropic/claude-x", messages=ASKED)).input_tokens == 42
        assert (await client.models.retrieve("fake/echo")).display_name == "fake/echo"
        assert "fake/echo" in [each.id async for each in client.models.list()]
        with pytest.raises(anthropic.NotFoundError):
            await client.models.retrieve("fake/nothing")


class Tide(BaseModel):
    """A form."""

    high: bool


async def test_openais_helpers_around_chat_and_responses(resources: Resources):
    openai_ = resources.client
    said = [{"role": "user", "content": '{"high": true}'}]
    parsed = await openai_.chat.completions.parse(model="fake/echo", messages=said, response_format=Tide)
    assert parsed.choices[0].message.parsed == Tide(high=True)
    async with openai_.chat.completions.stream(model="fake/echo", messages=said, response_format=Tide) as stream:
        assert (await stream.get_final_completion()).choices[0].message.parsed == Tide(high=True)
    raw = await openai_.chat.completions.with_raw_response.create(model="fake/echo", messages=said)
    assert (raw.headers["x-tidegate-target"], raw.parse().choices[0].message.role) == ("fake/echo", "assistant")
    response = await openai_.responses.parse(model="fake/echo", input='{"high": true}', text_format=Tide)
    assert response.output_parsed == Tide(high=True)
    items = [each async for each in openai_.responses.input_items.list(response.id)]
    assert [(each.type, each.role, each.content[0].text) for each in items] == [("message", "user", '{"high": true}')]
    assert "fake/echo" in [each.id async for each in openai_.models.list()]
    with pytest.raises(openai.BadRequestError, match="/responses/compact"):
        await openai_.responses.compact(model="fake/echo", input="hi")


async def test_openais_images_sounds_and_batches_in_their_other_forms(resources: Resources):
    openai_ = resources.client
    spoken = await openai_.audio.speech.create(model="openai/tts-1", voice="alloy", input="ebb")
    assert spoken.content == SOUND
    heard = await openai_.audio.transcriptions.with_raw_response.create(model="ears", file=("a.wav", SOUND * 20, "audio/wav"))
    assert (heard.headers["x-tidegate-target"], SOUND * 20 in resources.sent.body) == ("openai/whisper-1", True)
    assert (await openai_.batches.list()).object in {"list", "batch"}
    assert resources.sent.target.startswith("/v1/batches")
    assert (await openai_.files.retrieve("file-1")).id == "file-1"


async def test_chats_that_openai_keeps_are_asked_of_the_account_that_made_them(resources: Resources):
    chats, asked = resources.client.chat.completions, {"messages": ASKED, "store": True}
    there = await chats.create(model="other/gpt-x", **asked)
    streamed = [each.id async for each in await chats.create(model="other/gpt-x", stream=True, **asked)]
    for identity in (there.id, streamed[0]):
        assert (await chats.retrieve(identity)).id == there.id
        assert resources.sent.target == f"/other/v1/chat/completions/{identity}"
    assert (await chats.update(there.id, metadata={"tide": "high"})).id == there.id
    assert (resources.sent.method, json.loads(resources.sent.body)) == ("POST", {"metadata": {"tide": "high"}})
    assert [each.content async for each in chats.messages.list(there.id)] == ["hi"]
    assert [each.id async for each in chats.list()] == [there.id]
    assert (await chats.delete(there.id)).deleted
    assert (resources.sent.method, resources.sent.target) == ("DELETE", f"/other/v1/chat/completions/{there.id}")
    with pytest.raises(openai.NotFoundError, match="No chat"):
        await chats.retrieve("chatcmpl-nobodys")
    assert resources.sent.target == "/v1/chat/completions/chatcmpl-nobodys"


async def test_every_method_of_googles_client_is_answered_by_a_model_of_another_vendor(resources: Resources):
    models = resources.google.models
    assert (await models.generate_content(model="fake/echo", contents="hi")).text == "hi"
    chunks = [each.text async for each in await models.generate_content_stream(model="fake/echo", contents="hi there")]
    assert "".join(chunks) == "hi there"
    assert (await models.count_tokens(model="fake/echo", contents="hi there")).total_tokens > 0
    assert "models/fake/echo" in [each.name async for each in await models.list()]
    assert (await models.get(model="fake/echo")).name == "models/fake/echo"
    chat = resources.google.chats.create(model="fake/echo")
    assert (await chat.send_message("again")).text == "again"


async def test_what_openais_account_keeps_beside_files_is_asked_of_it(resources: Resources):
    openai_ = resources.client
    made = await openai_.uploads.create(filename="a.jsonl", bytes=3, purpose="batch", mime_type="text/plain")
    part = await openai_.uploads.parts.create(made.id, data=SOUND)
    assert (resources.sent.target, SOUND in resources.sent.body) == ("/v1/uploads/upload_1/parts", True)
    assert (await openai_.uploads.complete(made.id, part_ids=[part.id])).file.id == "file-1"
    assert (await openai_.uploads.cancel(made.id)).id == made.id
    store = await openai_.vector_stores.create(name="tides")
    assert (await openai_.vector_stores.files.create(store.id, file_id="file-1")).status == "completed"
    assert [each.content[0].text async for each in openai_.vector_stores.search(store.id, query="when")] == ["ebb"]
    assert (await openai_.vector_stores.retrieve(store.id)).name == "tides"
    assert (await openai_.conversations.create()).id == "conv_1"
    span = await resources.span()
    assert (span["attributes"]["gen_ai.operation.name"], span["attributes"]["tidegate.target"]) == ("conversations", "openai/")


async def test_a_picture_comes_in_pieces_to_who_wants_it_so(resources: Resources):
    stream = await resources.client.images.generate(model="openai/gpt-image-1", prompt="the sea", stream=True, partial_images=1)
    assert [event.type async for event in stream] == ["image_generation.partial_image", "image_generation.completed"]
    assert (await resources.span())["usage"]["output_tokens"] == 40


async def test_geminis_embeddings_pass_to_its_own_models_with_all_that_was_said(resources: Resources):
    config = {"task_type": "RETRIEVAL_QUERY", "output_dimensionality": 2}
    made = await resources.google.models.embed_content(model="gemini/gemini-embedding-001", contents="when?", config=config)
    assert made.embeddings[0].values == [0.5, 1.0]
    (asked,) = json.loads(resources.sent.body)["requests"]
    assert (resources.sent.target, asked["model"]) == (
        "/gemini/v1beta/models/gemini-embedding-001:batchEmbedContents",
        "models/gemini-embedding-001",
    )
    assert (asked["taskType"], asked["outputDimensionality"]) == ("RETRIEVAL_QUERY", 2)
    span = await resources.span()
    assert (span["attributes"]["gen_ai.operation.name"], span["usage"]["input_tokens"]) == ("embeddings", 4)


@pytest.mark.parametrize("model", ["openai/text-embedding-3-small", "cohere/embed-v4.0"])
async def test_geminis_embeddings_reach_every_vendors_models(resources: Resources, model: str):
    made = await resources.google.models.embed_content(model=model, contents=["when?", "where?"])
    assert [each.values for each in made.embeddings] == [[0.5, 1.0], [2.0, 4.0]]
    assert (await resources.span())["usage"]["input_tokens"] == 4


async def test_one_text_of_geminis_gets_one_embedding(resources: Resources):
    body = {"content": {"parts": [{"text": "when?"}]}}
    made = (await resources.http.post("/v1beta/models/gemini/gemini-embedding-001:embedContent", json=body)).json()
    assert made == {"embedding": {"values": [0.5, 1.0]}, "usageMetadata": {"promptTokenCount": 4}}
    refused = await resources.http.post(
        "/v1beta/models/openai/text-embedding-3-small:embedContent", json={"content": {"parts": [{"inlineData": {}}]}}
    )
    assert (refused.status_code, refused.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


async def test_what_only_geminis_models_do_passes_to_them(resources: Resources):
    made = await resources.http.post("/v1beta/models/gemini/imagen-4.0-generate-001:predict", json={"instances": [{"prompt": "the sea"}]})
    assert made.json()["predictions"][0]["bytesBase64Encoded"] == "aGk="
    assert resources.sent.target == "/gemini/v1beta/models/imagen-4.0-generate-001:predict"
    assert (await resources.http.post("/v1beta/models/fake/echo:predict", json={})).status_code == 404
