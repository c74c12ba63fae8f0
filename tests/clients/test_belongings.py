"""Virtual keys on one account: each reaches the files and batches that it made, what came of them, and nothing of another's."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import NamedTuple

import anthropic
import httpx
import openai
import pytest
from openai import AsyncOpenAI

from tests.clients.conftest import Resources

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")]

KEPT = {"x-tidegate-provider": "kept"}
CLAUDE = {"x-tidegate-provider": "kept-claude"}
NAMES = count(1)


class Person(NamedTuple):
    """Whoever has a key."""

    openai: AsyncOpenAI
    claude: anthropic.AsyncAnthropic
    key: str

    async def file(self, name: str) -> str:
        return (await self.openai.files.create(file=(name, b"{}\n", "application/jsonl"), purpose="batch")).id

    async def batch(self, file: str, **more):
        return await self.openai.batches.create(input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h", **more)


@asynccontextmanager
async def people(rig: Resources, *limits: dict) -> AsyncIterator[list[Person]]:
    """Two of them, whose keys are gone afterwards."""
    found, names = [], []
    for limit in (None, *limits) if limits else (None, None):
        names.append(f"belongings-{next(NAMES)}")
        asked = {"name": names[-1], "limits": [limit] if limit else []}
        key = (await rig.http.post("/api/v1/keys", json=asked)).json()["key"]
        spoken = AsyncOpenAI(base_url=f"{rig.server.url}/v1", api_key=key, max_retries=0, default_headers=KEPT)
        claude = anthropic.AsyncAnthropic(base_url=rig.server.url, api_key=key, max_retries=0, default_headers=CLAUDE)
        found.append(Person(spoken, claude, key))
    try:
        yield found
    finally:
        for name in names:
            await rig.http.delete(f"/api/v1/keys/{name}")


async def test_a_batch_is_made_read_listed_and_cancelled_by_its_own_key_and_its_results_are_that_keys_too(resources: Resources):
    async with people(resources) as (ada, _):
        file = await ada.file("ada.jsonl")
        batch = await ada.batch(file)
        assert [(await ada.openai.batches.retrieve(batch.id)).id, (await ada.openai.batches.cancel(batch.id)).id] == [batch.id] * 2
        assert [each.id async for each in await ada.openai.batches.list()] == [batch.id]
        assert (await ada.openai.files.content(batch.output_file_id)).content == b"results.jsonl"
        assert {each.id async for each in await ada.openai.files.list()} == {file, batch.output_file_id}
        span = await resources.span()
        assert (span["attributes"]["gen_ai.operation.name"], span["attributes"]["tidegate.key.name"][:10]) == ("files", "belongings")
        await ada.openai.files.delete(file)
        with pytest.raises(openai.NotFoundError):
            await ada.openai.files.retrieve(file)


async def test_nobody_reads_changes_lists_or_names_what_another_key_made_by_whatever_way(resources: Resources):
    async with people(resources) as (ada, ben):
        file = await ada.file("ada.jsonl")
        batch = await ada.batch(file)
        await ben.file("ben.jsonl")
        sent = len(resources.cloud.sent)
        for ask in (
            ben.openai.files.retrieve(file),
            ben.openai.files.content(file),
            ben.openai.files.delete(file),
            ben.openai.files.content(batch.output_file_id),
            ben.openai.batches.retrieve(batch.id),
            ben.openai.batches.cancel(batch.id),
            ben.batch(file),
        ):
            with pytest.raises(openai.NotFoundError, match="that this key has made"):
                await ask
        part = {"type": "file", "file": {"file_id": file}}
        with pytest.raises(openai.NotFoundError, match="that this key has made"):
            await ben.openai.chat.completions.create(model="kept/m", messages=[{"role": "user", "content": [part]}])
        async with httpx.AsyncClient(base_url=resources.server.url, headers={"authorization": f"Bearer {ben.key}"}) as raw:
            for path in (f"files/{file}", f"fi%6ces/{file}".replace("%6c", "%6C"), f"f%69les/{file}/content", f"batches/{batch.id}"):
                assert (await raw.get(f"/passthrough/kept/{path}")).status_code == 404
        assert len(resources.cloud.sent) == sent
        mine = [each.filename async for each in await ben.openai.files.list()]
        assert mine == ["ben.jsonl"]
        assert [each.id async for each in await ben.openai.batches.list()] == []


async def test_a_name_that_a_client_writes_beside_its_batch_opens_nothing(resources: Resources):
    async with people(resources) as (ada, ben):
        unread = await ada.batch(await ada.file("ada.jsonl"))
        own = await ben.batch(await ben.file("ben.jsonl"), metadata={"output_file_id": unread.output_file_id})
        await ben.openai.batches.retrieve(own.id)
        with pytest.raises(openai.NotFoundError):
            await ben.openai.files.retrieve(unread.output_file_id)


async def test_a_list_goes_on_past_pages_on_which_everything_is_others(resources: Resources):
    async with people(resources) as (ada, ben):
        first = await ada.file("first.jsonl")
        for number in range(5):
            await ben.file(f"{number}.jsonl")
        assert [each.id async for each in await ada.openai.files.list(limit=2)] == [first]
        assert len([each async for each in await ben.openai.files.list(limit=2)]) == 5


async def test_who_shows_no_virtual_key_has_the_whole_account(resources: Resources):
    async with people(resources) as (ada, _):
        file = await ada.file("ada.jsonl")
        owner = resources.client.with_options(default_headers=KEPT)
        assert (await owner.files.retrieve(file)).id == file
        assert file in [each.id async for each in await owner.files.list()]


async def test_limits_hold_for_files_and_their_errors_are_openais(resources: Resources):
    limit = {"name": "two", "requests": 2, "window": "day"}
    async with people(resources, limit) as (_, ben):
        await ben.batch(await ben.file("ben.jsonl"))
        with pytest.raises(openai.RateLimitError):
            await ben.openai.batches.list()


async def test_claudes_batches_are_their_keys_own_and_what_is_missing_is_said_in_anthropics_words(resources: Resources):
    asked = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    async with people(resources) as (ada, ben):
        batches = ada.claude.messages.batches
        made = await batches.create(requests=[{"custom_id": "a", "params": asked}])
        assert ((await batches.retrieve(made.id)).id, (await batches.cancel(made.id)).id) == (made.id, made.id)
        assert [each.custom_id async for each in await batches.results(made.id)] == ["a"]
        assert [each.id async for each in await batches.list()] == [made.id]
        for ask in (ben.claude.messages.batches.retrieve, ben.claude.messages.batches.cancel, ben.claude.messages.batches.delete):
            with pytest.raises(anthropic.NotFoundError) as caught:
                await ask(made.id)
            assert caught.value.body["error"]["type"] == "not_found_error"
        assert [each.id async for each in await ben.claude.messages.batches.list()] == []
        assert json.dumps((await resources.span())["attributes"]).count("belongings-") == 1
        assert (await batches.delete(made.id)).id == made.id


async def test_chats_that_are_stored_whole_or_streamed_are_their_keys_own(resources: Resources):
    asked = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "hi"}], "store": True}
    async with people(resources) as (ada, ben):
        mine, others = (each.openai.with_options(default_headers={"x-tidegate-provider": "openai"}) for each in (ada, ben))
        with pytest.raises(openai.NotFoundError):
            await mine.chat.completions.retrieve("chatcmpl-kept")
        stream = await mine.chat.completions.create(**asked, stream=True)
        identity = {chunk.id async for chunk in stream}.pop()
        assert (await mine.chat.completions.retrieve(identity)).id == identity
        assert [each.id async for each in await mine.chat.completions.list()] == [identity]
        with pytest.raises(openai.NotFoundError):
            await others.chat.completions.retrieve(identity)
        with pytest.raises(openai.NotFoundError):
            await others.chat.completions.messages.list(identity)
        assert [each.id async for each in await others.chat.completions.list()] == []
        await mine.chat.completions.delete(identity)


async def test_nobody_goes_on_from_a_response_of_another_key_also_at_the_vendor_that_keeps_it(resources: Resources):
    async with people(resources) as (ada, ben):
        mine, others = (each.openai.with_options(default_headers={}) for each in (ada, ben))
        made = await mine.responses.create(model="openai/gpt-4o", input="hi")
        assert (await mine.responses.create(model="openai/gpt-4o", input="on", previous_response_id=made.id)).id == made.id
        assert json.loads(resources.sent.body)["previous_response_id"] == made.id
        sent = len(resources.cloud.sent)
        with pytest.raises(openai.NotFoundError, match="that this key has made"):
            await others.responses.create(model="openai/gpt-4o", input="on", previous_response_id=made.id)
        with pytest.raises(openai.NotFoundError):
            await others.responses.retrieve(made.id)
        async with httpx.AsyncClient(base_url=resources.server.url, headers={"authorization": f"Bearer {ben.key}"}) as raw:
            body = {"model": "gpt-4o", "input": "on", "previous_response_id": made.id}
            assert (await raw.post("/passthrough/openai/v1/responses", json=body)).status_code == 404
            assert (await raw.get(f"/passthrough/openai/v1/responses/{made.id}")).status_code == 404
        assert len(resources.cloud.sent) == sent
