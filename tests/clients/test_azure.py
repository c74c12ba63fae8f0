"""Clients of Azure's, which name the model in the path: the real SDK, and what others send, against the running server."""

import json

import openai
import pytest
from openai import AsyncAzureOpenAI

from tests.clients.conftest import SOUND, Resources

pytestmark = pytest.mark.asyncio(loop_scope="package")

SAID = [{"role": "user", "content": "when is high water?"}]


@pytest.fixture
def rig(resources: Resources) -> Resources:
    return resources


@pytest.fixture
def azure(rig: Resources) -> AsyncAzureOpenAI:
    return AsyncAzureOpenAI(azure_endpoint=rig.server.url, api_key="unused", api_version="2024-10-21", max_retries=0)


async def test_a_chat_is_answered_whole_and_in_a_stream_and_its_span_names_the_model(rig: Resources, azure: AsyncAzureOpenAI):
    answer = await azure.chat.completions.create(model="fake/echo", messages=SAID)
    assert answer.choices[0].message.content == "when is high water?"
    assert (await rig.span())["request_model"] == "echo"
    stream = await azure.chat.completions.create(model="fake/echo", messages=SAID, stream=True)
    assert "".join([choice.delta.content or "" async for chunk in stream for choice in chunk.choices]) == "when is high water?"


async def test_the_deployment_of_the_client_counts_and_not_the_model_of_the_call(rig: Resources):
    client = AsyncAzureOpenAI(azure_endpoint=rig.server.url, azure_deployment="fake/echo", api_key="x", api_version="2024-10-21")
    answer = await client.chat.completions.create(model="gpt-4o", messages=SAID)
    assert (answer.choices[0].message.content, (await rig.span())["request_model"]) == ("when is high water?", "echo")


async def test_completions_and_embeddings_and_what_is_passed_on_go_the_same_way(rig: Resources, azure: AsyncAzureOpenAI):
    assert (await azure.completions.create(model="openai/gpt-3.5-turbo-instruct", prompt="when?")).choices[0].text == "ebb"
    assert json.loads(rig.sent.body)["model"] == "gpt-3.5-turbo-instruct"
    assert len((await azure.embeddings.create(model="fake/echo", input=["a", "b"])).data) == 2
    assert (await azure.images.generate(model="openai/gpt-image-1", prompt="the sea")).data[0].b64_json == "aGk="
    assert (rig.sent.target, json.loads(rig.sent.body)["model"]) == ("/v1/images/generations", "gpt-image-1")
    assert (await azure.audio.transcriptions.create(model="ears", file=("a.wav", SOUND, "audio/wav"))).text == "the tide"
    assert (rig.sent.target, b"\r\n\r\nwhisper-1\r\n" in rig.sent.body) == ("/v1/audio/transcriptions", True)


async def test_what_no_deployment_is_for_stands_beneath_both_of_azures_paths(rig: Resources, azure: AsyncAzureOpenAI):
    assert "fake/echo" in [model.id async for model in azure.models.list()]
    assert (await azure.responses.create(model="fake/echo", input="when?")).output_text == "when?"
    assert (await azure.files.list()).data[0].id == "file-1"
    assert rig.sent.target == "/v1/files"  # without the version of Azure's API
    newer = openai.AsyncOpenAI(base_url=f"{rig.server.url}/openai/v1/", api_key="unused", max_retries=0)
    assert (await newer.chat.completions.create(model="fake/echo", messages=SAID)).choices[0].message.content == "when is high water?"
    assert (await newer.responses.create(model="fake/echo", input="when?")).output_text == "when?"
    assert (await newer.files.content("file-1")).content == b'{"custom_id":"1"}\n'


async def test_mistakes_are_told_in_openais_words(rig: Resources, azure: AsyncAzureOpenAI):
    with pytest.raises(openai.NotFoundError, match="does not exist") as caught:
        await azure.chat.completions.create(model="nobody/knows", messages=SAID)
    assert caught.value.code == "model_not_found"
    wrong = await rig.http.post("/openai/deployments/fake/echo/chats", json={})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (404, "unknown_url")
    assert "/chat/completions" in wrong.json()["error"]["message"]
    broken = await rig.http.post("/openai/deployments/fake/echo/chat/completions", content=b"[")
    assert (broken.status_code, broken.json()["error"]["type"]) == (400, "invalid_request_error")
    got = await rig.http.get("/openai/deployments/fake/echo/chat/completions")
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
    assert (await rig.http.get("/openai/nothing/here")).json()["error"]["type"] == "invalid_request_error"
