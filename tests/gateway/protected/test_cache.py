"""Answers that are given again: to whom, when, in which form, and what they cost."""

import asyncio
import json
import random
import time

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cache.directives import Directives, directives_of
from gateway.cache.disk import DiskStore
from gateway.cache.errors import AnswerUnreadable
from gateway.cache.memory import MemoryStore
from gateway.cache.replay import as_stream, as_whole
from gateway.cache.semantic import Near, SemanticIndex
from server.cli import run
from tests.gateway.protected.test_hostile_bodies import tampered

pytestmark = pytest.mark.asyncio(loop_scope="package")


def told(answer: httpx.Response) -> str | None:
    return answer.headers.get("x-tidegate-cache")


async def test_the_same_request_is_answered_again_with_the_money_saved_in_header_and_span(rig):
    before = rig.asked()
    first, second = await rig.ask("cached", "of money"), await rig.ask("cached", "of money")
    assert (told(first), told(second)) == ("miss", "hit")
    assert rig.asked() == before + 1
    assert second.json() == first.json()
    assert second.headers["x-tidegate-target"] == "openai/gpt-4o-mini"
    assert second.headers["cache-control"] == "no-store"
    assert float(second.headers["x-tidegate-cache-saved-usd"]) > 0
    paid, saved = (await rig.trace(first))[0], (await rig.trace(second))[0]
    assert paid["attributes"]["tidegate.cache"] == "miss"
    assert saved["attributes"]["tidegate.cache"] == "hit"
    assert float(saved["attributes"]["tidegate.cache.saved_usd"]) == pytest.approx(float(paid["cost"]["total"]))
    assert (saved["usage"]["input_tokens"], float(saved["cost"]["total"])) == (0, 0)
    assert saved["attributes"]["tidegate.cache.saved_input_tokens"] == "11"
    assert "four small words here" in json.dumps(saved["content"])
    assert "from the cache, saved $" in (await rig.http.get(f"/traces/{saved['trace_id']}")).text


async def test_what_differs_in_anything_that_matters_is_another_request(rig):
    before = rig.asked()
    await rig.ask("cached", "of difference")
    for other in ({"temperature": 0.5}, {"max_tokens": 7}, {"user": "ann"}, {"tools": [{"type": "function", "function": {"name": "f"}}]}):
        assert told(await rig.ask("cached", "of difference", **other)) == "miss"
    assert told(await rig.ask("twin", "of difference")) == "miss"
    assert told(await rig.ask("cached", "of difference ")) == "miss"
    assert rig.asked() == before + 7
    body = b'{"messages":[ {"content":"of difference","role":"user"} ],  "model":"cached"}'
    assert told(await rig.http.post("/v1/chat/completions", content=body)) == "hit"


async def test_no_answer_crosses_from_one_tenant_to_another(rig):
    one, two = await rig.key("one", team="red"), await rig.key("two", team="blue")
    mate = await rig.key("mate", team="red")
    words = [told(await rig.ask("cached", "of tenants", headers=key)) for key in (one, two, one, two, mate)]
    assert words == ["miss", "miss", "hit", "hit", "hit"]
    assert told(await rig.ask("cached", "of tenants")) == "miss"


async def test_a_stream_is_replayed_byte_for_byte_and_the_sdk_reads_either_form_from_the_other(rig):
    streamed = await rig.ask("cached", "of forms", stream=True)
    again = await rig.ask("cached", "of forms", stream=True)
    assert (told(streamed), told(again), again.content) == ("miss", "hit", streamed.content)
    assert again.headers["content-type"].startswith("text/event-stream")
    messages = [{"role": "user", "content": "of forms"}]
    whole = await rig.sdk.chat.completions.create(model="cached", messages=messages)
    assert whole.choices[0].message.content == "w0 w1 w2 w3 "
    assert whole.usage.prompt_tokens == 11
    counted = [
        chunk
        async for chunk in await rig.sdk.chat.completions.create(
            model="cached", messages=messages, stream=True, stream_options={"include_usage": True}
        )
    ]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in counted if chunk.choices) == "w0 w1 w2 w3 "
    assert counted[-1].usage.completion_tokens == 4
    await rig.ask("cached", "of the other form")
    other = [
        chunk
        async for chunk in await rig.sdk.chat.completions.create(
            model="cached", messages=[{"role": "user", "content": "of the other form"}], stream=True
        )
    ]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in other if chunk.choices) == "four small words here"
    assert other[-1].choices[0].finish_reason == "stop"


async def test_an_answer_of_another_form_is_given_again_as_it_came_and_in_no_form_that_it_does_not_have(rig):
    before = rig.asked()
    whole = [await rig.ask("cached", "!odd") for _ in range(2)]
    assert [told(answer) for answer in whole] == ["miss", "hit"]
    assert whole[1].json()["choices"][0]["message"] == "four small words here"
    streamed = await rig.ask("cached", "!odd", stream=True)
    assert (told(streamed), streamed.status_code, rig.asked()) == ("miss", 200, before + 2)


async def test_a_client_has_its_say(rig):
    await rig.ask("cached", "of wishes")
    before = rig.asked()
    wishes = ["no-cache", "max-age=0", "no-store", "max-age=50", "max-age=0, no-store"]
    words = [told(await rig.ask("cached", "of wishes", headers={"cache-control": wish})) for wish in wishes]
    assert words == ["bypass", "bypass", "hit", "hit", "bypass"]
    assert rig.asked() == before + 3
    assert told(await rig.ask("cached", "unkept", headers={"cache-control": "no-store"})) == "miss"
    assert told(await rig.ask("cached", "unkept")) == "miss"


async def test_only_whole_successful_answers_are_kept(rig):
    for text, stream in (("!500", False), ("!filtered", False), ("!cut", True), ("!silent", True), ("!429", False)):
        before = rig.asked()
        for _ in range(2):
            await rig.ask("cached", f"{text} is not kept", stream=stream)
        assert rig.asked() == before + 2, text


async def test_an_answer_grows_old(rig):
    await rig.ask("brief")
    await asyncio.sleep(1.1)
    assert told(await rig.ask("brief")) == "miss"


@pytest.mark.parametrize("route", ["shared", "filed"])
async def test_redis_and_disk_keep_answers_too(rig, route):
    again = first = await rig.ask(route, stream=True)
    async with asyncio.timeout(20):
        while told(again) != "hit":
            await asyncio.sleep(0.05)
            again = await rig.ask(route, stream=True)
    assert (told(again), again.content) == ("hit", first.content)
    if route == "filed":
        files = [file for file in (rig.server.data / "cache").iterdir() if file.is_file()]
        assert files
        assert all(file.stat().st_mode & 0o077 == 0 for file in files)


@pytest.mark.parametrize("route", ["cached", "shared", "filed", "meant"])
async def test_a_route_is_cleared_alone_in_whichever_store(rig, route):
    await asyncio.gather(rig.ask(route, "of clearing"), rig.ask("twin", "of clearing"))
    await _until_kept(rig, route, "of clearing")
    cleared = await rig.http.delete("/api/v1/cache", params={"route": route})
    assert cleared.json()["removed"] >= 1
    assert told(await rig.ask(route, "of clearing")) == "miss"
    assert told(await rig.ask("twin", "of clearing")) == "hit"


@pytest.mark.parametrize("route", ["cached", "shared", "filed"])
async def test_an_answer_that_was_under_way_when_its_route_was_cleared_is_not_kept(rig, route):
    rig.upstream.go.clear()
    before = rig.asked()
    asking = asyncio.create_task(rig.ask(route, "!wait for clearing"))
    while rig.asked() == before:
        await asyncio.sleep(0.01)
    await rig.http.delete("/api/v1/cache", params={"route": route})
    rig.upstream.go.set()
    assert told(await asking) == "miss"
    await asyncio.sleep(0.05)  # Redis and the disk would have it by now
    assert told(await rig.ask(route, "!wait for clearing")) == "miss"
    await _until_kept(rig, route, "!wait for clearing")


async def test_whoever_asks_after_a_clearing_waits_for_no_answer_from_before_it(rig):
    rig.upstream.go.clear()
    before = rig.asked()
    asking = asyncio.create_task(rig.ask("cached", "!wait after clearing"))
    while rig.asked() == before:
        await asyncio.sleep(0.01)
    await rig.http.delete("/api/v1/cache")
    late = asyncio.create_task(rig.ask("cached", "!wait after clearing"))
    async with asyncio.timeout(20):
        while rig.asked() == before + 1:
            await asyncio.sleep(0.01)
    rig.upstream.go.set()
    assert [told(await asking), told(await late)] == ["miss", "miss"]


async def test_the_command_clears_everything_and_an_unknown_route_is_told(rig, capsys):
    await rig.ask("cached", "of commands")
    url = ["--url", rig.server.url]
    assert await asyncio.to_thread(run, ["cache", "clear", "--route", "masked", *url]) == 2
    assert "Routes with a cache: 'brief', 'cached'" in capsys.readouterr().err
    assert await asyncio.to_thread(run, ["cache", "clear", *url]) == 0
    assert "removed" in capsys.readouterr().out
    assert told(await rig.ask("cached", "of commands")) == "miss"


async def _until_kept(rig, route: str, text: str) -> None:
    """Redis and the disk keep in the background."""
    async with asyncio.timeout(20):
        while told(await rig.ask(route, text)) != "hit":
            await asyncio.sleep(0.02)


async def test_the_same_requests_at_once_are_sent_once(rig):
    rig.upstream.go.clear()
    before = rig.asked()
    async with asyncio.TaskGroup() as tasks:
        asking = [tasks.create_task(rig.ask("cached", "!wait at once")) for _ in range(8)]
        while rig.asked() == before:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        rig.upstream.go.set()
    assert sorted(told(task.result()) for task in asking) == ["hit"] * 7 + ["miss"]
    assert rig.asked() == before + 1


async def test_whoever_waited_for_a_request_that_failed_is_sent_itself(rig):
    before = rig.asked()
    leader = asyncio.create_task(rig.ask("cached", "!slow to wait for", stream=True))
    while rig.asked() == before:
        await asyncio.sleep(0.01)
    follower = asyncio.create_task(rig.ask("cached", "!slow to wait for", headers={"x-n": "2"}, stream=False))
    await asyncio.sleep(0.2)
    assert rig.asked() == before + 1
    leader.cancel()
    answer = await asyncio.wait_for(follower, 10)
    assert (answer.status_code, told(answer)) == (200, "miss")


async def test_a_hit_takes_a_request_from_limits_and_no_tokens(rig):
    first, second = await rig.ask("counted", max_tokens=4), await rig.ask("counted", max_tokens=4)
    assert (first.status_code, second.status_code, told(second)) == (200, 200, "hit")
    standings = (await rig.http.get("/api/v1/budgets")).json()
    used = {each["limit"]: each["used"] for each in next(iter(standings.values()))}
    assert (used["few"], used["calls"]) == (15, 2)
    assert (await rig.ask("counted", max_tokens=4)).status_code == 429


async def test_what_a_fallback_answered_is_not_given_for_the_first_target(rig):
    assert (await rig.ask("saved", "!500 now")).headers["x-tidegate-target"] == "fake/echo"
    before = rig.asked()
    assert told(await rig.ask("saved", "!500 now")) == "miss"
    assert rig.asked() == before + 1


async def test_embeddings_are_kept_too(rig):
    first, second = [await rig.sdk.embeddings.with_raw_response.create(model="vectors", input="a wren") for _ in range(2)]
    assert (first.headers["x-tidegate-cache"], second.headers["x-tidegate-cache"]) == ("miss", "hit")
    assert first.parse().data[0].embedding == second.parse().data[0].embedding


async def test_a_question_that_means_nearly_the_same_is_answered_again_and_what_the_look_cost_is_a_span(rig):
    first = await rig.ask("meant", "when is the tide high")
    again = await rig.ask("meant", "the high tide is when?", stream=True)
    other = await rig.ask("meant", "when is the tide low")
    assert [told(each) for each in (first, again, other)] == ["miss", "hit", "miss"]
    assert float(again.headers["x-tidegate-cache-similarity"]) > 0.9
    assert "four small words here" in again.text
    request, *others = await rig.trace(again)
    assert float(request["attributes"]["tidegate.cache.similarity"]) > 0.9
    (looked,) = [span for span in others if span["kind"] == "EMBEDDING"]
    assert (looked["parent_span_id"], looked["usage"]["input_tokens"]) == (request["span_id"], 3)
    assert "x-tidegate-cache-similarity" not in (await rig.ask("meant", "when is the tide high")).headers  # the very same needs no look


async def test_only_the_last_message_is_compared_by_meaning_and_no_tenant_gets_anothers_answer(rig):
    await rig.ask("meant", "when does the moon rise")
    one, two = await rig.key("far", team="far"), await rig.key("near", team="near")
    await rig.ask("meant", "when does the moon rise", headers=one)
    said = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "the moon rises when"}]
    answers = [
        await rig.ask("meant", messages=said),
        await rig.ask("meant", "the moon rises when", headers=two),
        await rig.ask("meant", "the moon rises when", temperature=0.1),
        await rig.ask("meant", "the moon rises when", headers=one),
    ]
    assert [told(each) for each in answers] == ["miss", "miss", "miss", "hit"]


async def test_a_request_is_sent_where_nobody_gives_a_vector(rig):
    answer = await rig.ask("unmeant", "when is the tide high")
    assert (answer.status_code, told(answer)) == (200, "miss")
    assert (await rig.trace(answer))[0]["attributes"]["tidegate.cache.lookup_failed"] == "true"
    assert told(await rig.ask("unmeant", "when is the tide high")) == "hit"


# ---- pure


async def test_vectors_stay_within_their_bytes_and_the_oldest_question_goes_first():
    index = SemanticIndex(1_000)
    east, north = np.array([1, 0], dtype=np.float32), np.array([0, 1], dtype=np.float32)
    index.add("p", east, "a", 1)
    assert index.nearest("p", east, 0.9) == Near("a", 1.0)
    assert index.nearest("p", north, 0.9) is None
    assert index.nearest("q", east, 0.0) is None
    index.add("p", north, "b", 1)
    assert index.nearest("p", east, 0.9) is None
    for number in range(1_000):
        index.add(str(number), east, "c", 1)
    assert index.size <= 1_000
    assert index.nearest("999", east, 0.9) == Near("c", 1.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", Directives()),
        ("No-Cache", Directives(look=False)),
        ("no-store, max-age=5", Directives(keep=False, max_age=5)),
        ("max-age=0", Directives(look=False, max_age=0)),
        ("max-age=x, max-age=-1, private", Directives()),
    ],
)
async def test_directives_are_read_as_http_has_them(value, expected):
    assert directives_of([(b"cache-control", value.encode())]) == expected


async def test_processes_that_share_a_disk_find_each_others_answers_and_share_its_room(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.cache.disk.LOOK_SECONDS", 0)
    one, other = (DiskStore(tmp_path, 100, shared=True) for _ in range(2))
    for number in range(8):
        store = (one, other)[number % 2]
        store.put(f"key{number}", bytes(22), 60, 0)
        await store.close()  # written
        assert [await each.get(f"key{number}") for each in (one, other)] == [bytes(22)] * 2
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 100


async def test_memory_stays_within_its_bytes_and_forgets_what_was_used_longest_ago():
    store = MemoryStore(5_000)
    for number in range(10):
        store.put(str(number), bytes(1_000), 60, time.time())
        await store.get("0")
    assert store.size <= 5_000
    assert await store.get("0") is not None
    assert await store.get("1") is None
    store.put("large", bytes(9_000), 60, time.time())
    assert (await store.get("large"), store.size) == (None, 0)


CALLS = st.lists(st.fixed_dictionaries({"id": st.text("ab", min_size=1), "type": st.just("function"), "function": st.fixed_dictionaries({"name": st.just("f"), "arguments": st.text(max_size=9)})}), min_size=1, max_size=2)  # fmt: skip
MESSAGES = st.fixed_dictionaries({"role": st.just("assistant"), "content": st.none() | st.text(min_size=1)}, optional={"tool_calls": CALLS, "reasoning_content": st.text(min_size=1), "vendor": st.lists(st.integers())})  # fmt: skip


@settings(max_examples=25)
@given(st.lists(MESSAGES, min_size=1, max_size=2), st.booleans())
async def test_a_whole_answer_told_as_a_stream_and_back_is_the_same(messages, with_usage):
    choices = [{"index": at, "message": message, "finish_reason": "stop"} for at, message in enumerate(messages)]
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": usage}
    back = json.loads(as_whole(as_stream(json.dumps(answer).encode(), with_usage=with_usage), None))
    assert back == (answer if with_usage else {name: value for name, value in answer.items() if name != "usage"})


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ANSWER = {
    "id": "x",
    "model": "m",
    "created": 1,
    "choices": [{"index": 0, "message": {"role": "assistant", "tool_calls": [CALL]}, "logprobs": {"content": []}}],
}
CHUNK = {
    "id": "x",
    "model": "m",
    "created": 1,
    "choices": [{"index": 0, "delta": {"content": "a", "tool_calls": [{"index": 0, **CALL}]}, "logprobs": {"content": []}}],
}
BESIDE = {
    "id": "x",
    "model": "m",
    "created": 1,
    "choices": [{"index": 0, "delta": {}, "message": {"role": "assistant", "content": "a", "tool_calls": [CALL]}}],
}


def events(*chunks: dict) -> bytes:
    return b"".join(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks)


async def test_an_answer_that_has_no_other_form_says_so_whatever_stands_in_it():
    chance, refused, tried = random.Random(7), 0, 400
    for _ in range(tried):
        whole = json.dumps(tampered(ANSWER, chance)).encode()
        stream = events(*(tampered(chance.choice((CHUNK, BESIDE)), chance) for _ in range(3)))
        try:
            as_stream(whole, with_usage=True)
            as_whole(stream, None)
        except AnswerUnreadable:
            refused += 1
    assert 0 < refused < tried


async def test_a_stream_whose_chunks_repeat_the_message_so_far_is_told_once():
    whole = json.loads(as_whole(events(CHUNK, BESIDE, CHUNK, BESIDE), None))
    assert whole["choices"][0]["message"] == {"role": "assistant", "content": "a", "tool_calls": [CALL]}
