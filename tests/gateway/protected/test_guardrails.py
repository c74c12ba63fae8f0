"""Rules about what is said: what they find is blocked, masked or told, whole or in streams, and never passed over in silence."""

import json

import httpx
import openai
import pytest
from anthropic import AsyncAnthropic
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings.detection import DetectionSettings
from gateway.guardrails.text import newest, places
from gateway.guardrails.window import Window
from tracing.detection.build import detectors_of
from tracing.detection.masking import find, masked

pytestmark = pytest.mark.asyncio(loop_scope="package")
SECRET = "write to ann@b.example of the kraken, card 4111 1111 1111 1111"
SAFE = "write to [EMAIL] of the [WORD], card [CREDIT_CARD]"


async def verdicts(rig, answer: httpx.Response) -> list[tuple[str, str, str]]:
    """Of the route's own guardrails: one stands over every request."""
    _, *children = await rig.trace(answer)
    told = [span["attributes"] for span in children if span["kind"] == "GUARDRAIL" and span["name"] != "guardrail everywhere"]
    return [(each["tidegate.guardrail"], each["tidegate.guardrail.stage"], each["tidegate.guardrail.result"]) for each in told]


async def spent(rig, limit: str) -> float:
    standings = (await rig.http.get("/api/v1/budgets")).json()["budgets"]
    return sum(each["used"] for each in standings if each["limit"] == limit)


@pytest.mark.parametrize("stream", [False, True])
async def test_what_is_masked_reaches_neither_the_vendor_nor_the_trace(rig, stream):
    answer = await rig.ask("masked-up", SECRET, stream=stream)
    assert answer.status_code == 200
    assert json.loads(rig.upstream.bodies[-1])["messages"] == [{"role": "user", "content": SAFE}]
    assert answer.headers["x-tidegate-guardrail"] == "private=masked"
    spans = await rig.trace(answer)
    assert "b.example" not in json.dumps(spans)
    assert SAFE in json.dumps(spans)
    assert await verdicts(rig, answer) == [("private", "input", "masked"), ("private", "output", "passed")]
    verdict = next(span for span in spans if span["name"] == "guardrail private")
    assert verdict["attributes"]["tidegate.guardrail.found"] == "CREDIT_CARD 1, EMAIL 1, WORD 1"
    assert verdict["parent_span_id"] == spans[0]["span_id"]


async def test_an_unmasked_request_goes_out_as_the_bytes_that_came(rig):
    body = b'{ "model":"openai/one" , "messages":[{"content":"plain","role":"user"}], "seed": 12345678901234567890 }'
    await rig.http.post("/v1/chat/completions", content=body.replace(b"openai/one", b"masked-up"))
    assert rig.upstream.bodies[-1] == body.replace(b"openai/one", b"one")


async def test_the_sdk_raises_on_a_blocked_request_with_the_guardrails_name_and_without_the_words(rig):
    before = rig.asked()
    with pytest.raises(openai.BadRequestError) as raised:
        await rig.sdk.chat.completions.create(model="polite", messages=[{"role": "user", "content": "drat that leak"}])
    assert raised.value.code == "content_policy_violation"
    assert "'polite'" in raised.value.message
    assert "drat" not in raised.value.message
    assert rig.asked() == before
    answer = await rig.ask("polite", "drat that leak")
    assert await verdicts(rig, answer) == [("polite", "input", "blocked")]
    spans = await rig.trace(answer)
    assert (spans[0]["status"], spans[0]["attributes"]["error.type"]) == ("ERROR", "content_policy_violation")
    assert "drat" not in json.dumps(spans)


async def test_anthropics_sdk_gets_its_own_error(rig):
    client = AsyncAnthropic(base_url=rig.server.url, api_key="unused", max_retries=0)
    with pytest.raises(Exception, match="polite") as raised:
        await client.messages.create(
            model="polite", max_tokens=9, messages=[{"role": "user", "content": [{"type": "text", "text": "drat"}]}]
        )
    assert (raised.value.status_code, raised.value.body["error"]["type"]) == (400, "invalid_request_error")
    answer = await client.messages.create(model="masked", max_tokens=99, messages=[{"role": "user", "content": SECRET}])
    assert answer.content[0].text == SAFE


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_a_guardrail_withholds_leads_to_the_fallback_and_is_paid_for(rig, stream):
    before = await spent(rig, "seconds")
    answer = await rig.ask("second", "BDG-1234 is my badge", stream=stream)
    assert (answer.status_code, answer.headers["x-tidegate-target"]) == (200, "openai/one")
    assert answer.headers["x-tidegate-failed-attempts"] == "fake/echo=content_policy"
    assert "BDG" not in answer.text
    request, *children = await rig.trace(answer)
    withheld, answered = [span for span in children if span["name"].startswith("attempt ")]
    assert (withheld["attributes"]["error.type"], answered["status"]) == ("content_policy", "UNSET")
    assert withheld["usage"]["input_tokens"] > 0
    both = sum(span["usage"]["input_tokens"] + span["usage"]["output_tokens"] for span in (request, withheld))
    assert await spent(rig, "seconds") - before == both


async def test_an_answer_that_no_fallback_may_give_either_is_withheld(rig):
    answer = await rig.ask("stubborn", "BDG-1234 is my badge")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "content_policy_violation")
    assert answer.headers["x-tidegate-attempts"] == "2"


async def test_an_answer_is_withheld_whole_and_its_tokens_are_told(rig):
    for route in ("discreet", "patient"):
        answer = await rig.ask(route, "my badge is BDG-1234, see")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "content_policy_violation")
        assert "BDG" not in answer.text
        (request, *_) = await rig.trace(answer)
        assert request["usage"]["output_tokens"] > 0
        assert not request["content"]["output"]


async def test_a_stream_is_held_where_a_finding_may_begin_and_ends_in_an_error_event(rig):
    messages = [{"role": "user", "content": "one two three BDG-1234 four"}]
    said: list[str] = []

    async def read() -> None:
        stream = await rig.sdk.chat.completions.create(model="discreet", messages=messages, stream=True)
        async for chunk in stream:
            said.append(chunk.choices[0].delta.content or "")  # noqa: PERF401 - what came before the error counts

    with pytest.raises(openai.APIError, match="discreet"):
        await read()
    assert "".join(said).startswith("one two three")
    assert "BDG" not in "".join(said)
    stream = await rig.sdk.responses.create(model="discreet", input="one two three BDG-1234 four", stream=True)
    events = [event async for event in stream]
    assert (events[-1].type, events[-1].response.error.code) == ("response.failed", "invalid_prompt")
    answer = await rig.ask("discreet", "one two three BDG-1234 four", stream=True)
    assert answer.status_code == 200
    assert json.loads(answer.text.rstrip().rpartition("data: ")[2])["error"]["code"] == "content_policy_violation"
    assert await verdicts(rig, answer) == [("discreet", "output", "blocked")]


async def test_a_stream_that_is_held_whole_is_an_ordinary_error_or_an_ordinary_stream(rig):
    refused = await rig.ask("patient", "one BDG-1234", stream=True)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/json")
    fine = await rig.ask("patient", "one two", stream=True)
    assert fine.text.rstrip().endswith("data: [DONE]")
    assert await verdicts(rig, fine) == [("patient", "output", "passed")]


async def test_a_masked_stream_says_what_a_masked_answer_says(rig):
    chunks = [
        chunk
        async for chunk in await rig.sdk.chat.completions.create(
            model="masked", messages=[{"role": "user", "content": SECRET}], stream=True
        )
    ]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == SAFE
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_a_warning_lets_pass_and_says_so(rig):
    answer = await rig.ask("curious", "a kraken")
    assert answer.json()["choices"][0]["message"]["content"] == "a kraken"
    assert answer.headers.get_list("x-tidegate-guardrail") == ["curious=warned", "curious=warned"]


async def test_a_judge_decides_in_the_same_trace_and_is_not_judged_itself(rig):
    fine, refused = await rig.ask("lawful", "what is allowed"), await rig.ask("lawful", "what is forbidden")
    assert (fine.status_code, refused.status_code) == (200, 400)
    request, *others = await rig.trace(refused)
    asked = next(span for span in others if span["kind"] == "LLM")
    assert (asked["attributes"]["tidegate.guardrail"], asked["parent_span_id"]) == ("lawful", request["span_id"])
    assert await verdicts(rig, refused) == [("lawful", "input", "blocked")]


async def test_only_what_a_request_adds_is_judged_again(rig):
    messages = [{"role": "user", "content": "forbidden once"}, {"role": "assistant", "content": "no"}, {"role": "user", "content": "sorry"}]
    assert (await rig.ask("lawful", messages=messages)).status_code == 200
    assert "forbidden" not in json.loads(rig.upstream.bodies[-1])["messages"][1]["content"]


async def test_what_cannot_be_judged_is_refused_or_passes_and_says_so(rig):
    for text in ("unclear", "!500"):
        refused = await rig.ask("lawful", text)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "guardrail_unavailable")
        passed = await rig.ask("lenient", text)
        assert (passed.headers["x-tidegate-guardrail"], passed.headers["x-tidegate-target"]) == ("lenient=not_evaluated", "fake/echo")
    assert await verdicts(rig, passed) == [("lenient", "input", "not_evaluated")]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_a_judge_refuses_is_withheld_and_paid_for(rig, stream):
    answer = await rig.ask("fair", "say forbidden things", stream=stream)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    standings = (await rig.http.get("/api/v1/budgets")).json()
    assert next(each["used"] for each in next(iter(standings.values())) if each["limit"] == "spent") > 0
    assert (await rig.ask("fair", "say nice things", stream=stream)).status_code == 200


async def test_streams_are_refused_where_only_whole_answers_can_be_judged(rig):
    refused = await rig.ask("whole", stream=True)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "stream")
    assert (await rig.ask("whole")).status_code == 200


@pytest.mark.parametrize(("text", "status"), [('{"a": 1}', 200), ('{"a": "x"}', 400), ("no json", 400)])
async def test_an_answer_must_fit_its_schema(rig, text, status):
    answer = await rig.ask("shaped", text)
    assert answer.status_code == status
    if text.startswith("{") and status == 400:
        assert "at $.a (type)" in answer.json()["error"]["message"]


async def test_what_always_holds_holds_for_models_asked_by_name(rig):
    assert (await rig.ask("fake/echo", "abracadabra")).status_code == 400
    assert (await rig.ask("masked", "abracadabra")).status_code == 400
    embedding = await rig.http.post("/v1/embeddings", json={"model": "fake/echo", "input": ["plain", "abracadabra"]})
    assert embedding.status_code == 400


async def test_what_is_kept_was_masked_and_what_is_given_again_is_looked_at(rig):
    first, second = await rig.ask("masked-kept", SECRET, stream=True), await rig.ask("masked-kept", SECRET.replace("ann", "bob"))
    assert second.headers["x-tidegate-cache"] == "hit"  # the words that differ were masked
    assert second.json()["choices"][0]["message"]["content"] == SAFE
    assert first.status_code == 200


async def test_no_callers_key_reaches_a_model_that_judges_nor_a_span(rig):
    key = await rig.key("canary")
    answer = await rig.ask("lawful", "what is allowed", headers=key)
    assert answer.status_code == 200
    secret = key["authorization"].removeprefix("Bearer ")
    assert rig.upstream.headers[-1]["authorization"] == "Bearer sk-up"
    assert secret not in json.dumps(rig.upstream.headers[-1])
    assert secret not in json.dumps(await rig.trace(answer))
    assert secret not in rig.server.log.read_text()


async def test_a_moderation_endpoint_decides_by_its_scores(rig):
    fine, refused = await rig.ask("moderated", "talk"), await rig.ask("moderated", "fight")
    assert (fine.status_code, refused.status_code) == (200, 400)
    assert refused.json()["error"]["message"] == "The guardrail 'moderated' refused the request: violence."
    assert await verdicts(rig, fine) == [("moderated", "input", "passed"), ("moderated", "output", "passed")]


async def test_what_is_no_json_is_refused_where_it_cannot_be_looked_at_or_passes_and_says_so(rig):
    body = {"model": "spoken", "input": "hello", "voice": "alloy"}
    refused = await rig.http.post("/v1/audio/speech", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "guardrail_not_applicable")
    passed = await rig.http.post("/v1/audio/speech", json={**body, "model": "openai/tts"})
    assert (passed.status_code, passed.headers["x-tidegate-guardrail"]) == (200, "everywhere=not_evaluated")


async def test_what_says_nothing_passes(rig):
    answer = await rig.http.get("/v1/files", headers={"x-tidegate-provider": "openai"})
    assert "x-tidegate-guardrail" not in answer.headers
    assert answer.status_code == 200


# ---- pure

DETECTORS = detectors_of(DetectionSettings(pii=("email",), patterns={"badge": r"BDG-\d{2,4}"}, words=("kraken",)))
WORDS = st.lists(st.sampled_from(["ann@b.org", "BDG-", "12", "345", "kraken", "kra", " ", ", ", "x"]), max_size=10)


@settings(max_examples=60)
@given(WORDS, st.lists(st.integers(1, 6), min_size=1, max_size=20), st.integers(1, 50))
async def test_however_a_stream_is_cut_it_is_masked_as_the_whole_is(words, cuts, read):
    text, at, turn, events = "".join(words), 0, 0, []
    while at < len(text):
        size = cuts[turn % len(cuts)]
        events.append(
            {
                "choices": [
                    {"index": 0, "delta": {"content": text[at : at + size]}},
                    {"index": 1, "delta": {"content": "BDG-99"[turn : turn + 1]}},
                ]
            }
        )
        at, turn = at + size, turn + 1
    stream = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"
    window = Window(DETECTORS, mask=True)
    out = b"".join(window.feed(stream[start : start + read]) for start in range(0, len(stream), read)) + window.end()
    said = [json.loads(line[6:]) for line in out.split(b"\n\n") if line.startswith(b"data: {")]
    assert "".join(event["choices"][0]["delta"]["content"] for event in said) == masked(text, find(DETECTORS, text))
    assert out.endswith(b"data: [DONE]\n\n")
    assert len(said) == len(events)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"model": "m", "messages": [{"role": "user", "name": "n", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}]}]}, ["a"]),
        ({"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "i", "type": "function", "function": {"name": "f", "arguments": "b"}}]}]}, ["b"]),
        ({"system": [{"type": "text", "text": "s"}], "messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]}]}, ["s", "r"]),
        ({"messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "i", "name": "n", "input": {"type": "x", "to": ["y"]}}]}]}, ["x", "y"]),
        ({"instructions": "i", "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "t"}]}, {"type": "function_call_output", "call_id": "c", "output": "o"}]}, ["i", "t", "o"]),
        ({"systemInstruction": {"parts": [{"text": "s"}]}, "contents": [{"role": "user", "parts": [{"text": "t"}, {"functionResponse": {"name": "f", "response": {"name": "q"}}}]}]}, ["s", "t", "q"]),
        ({"input": ["a", "b"], "encoding_format": "float"}, ["a", "b"]),
        ({"tools": [{"type": "function", "function": {"description": "d"}}], "prompt": "p", "user": "u"}, ["p"]),
        ({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{"}}, ["{"]),
        ({"type": "response.output_text.delta", "item_id": "i", "delta": "d"}, ["d"]),
        ({"candidates": [{"content": {"role": "model", "parts": [{"text": "a", "thought": True}]}}], "usageMetadata": {}}, ["a"]),
    ],
)  # fmt: skip
async def test_words_are_found_in_every_dialect(body, expected):
    assert [place.text for place in places(body)] == expected


async def test_what_a_request_adds_is_what_follows_the_last_answer():
    contents = [{"role": "user", "parts": ["a"]}, {"role": "model", "parts": ["b"]}, {"role": "user", "parts": ["c"]}]
    assert newest({"contents": contents}) == {"contents": contents[2:]}
    assert newest({"input": "text"}) == {"input": "text"}


@pytest.mark.parametrize("odd", [[], {}, 1, None])
async def test_a_role_that_is_none_is_no_failure_of_ours(rig, odd: object):
    body = {"model": "masked", "messages": [{"role": odd, "content": "hello"}, {"role": "user", "content": "hello"}]}
    assert (await rig.http.post("/v1/chat/completions", json=body)).status_code in {200, 400}
