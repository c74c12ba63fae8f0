"""Single promises of the translation that a random conversation does not reach."""

import json

import pytest

from gateway.dialects.types import DialectName
from tests.gateway.dialects.scripted import Rig, Vendor
from tests.gateway.dialects.test_crossing import MESSAGE, asked, chunks_of, sse

CHAT, CLAUDE, GEMINI = DialectName.OPENAI_CHAT, DialectName.ANTHROPIC, DialectName.GEMINI
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FORM = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}}


async def sent_to_claude(model: str, **more) -> tuple[dict, str]:
    rig = Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode()))
    reply = await rig.ask(asked(**{**more, "model": f"up/{model}"}))
    return json.loads(rig.vendor.sent[-1].body), dict(reply.headers).get(b"x-tidegate-dropped", b"").decode()


@pytest.mark.parametrize(
    ("model", "given", "sent", "dropped"),
    [
        ("claude-sonnet-4-5", {"temperature": 1}, {"temperature": 1}, ""),
        ("claude-sonnet-4-5", {"temperature": 0.5}, {"temperature": 0.5}, ""),
        ("claude-3-7-sonnet", {"temperature": 1.7}, {"temperature": 1}, "temperature (1 is sent)"),
        ("claude-sonnet-4-5", {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5}, "top_p"),
        ("claude-opus-5", {"temperature": 0.5}, {}, "temperature"),
        ("claude-sonnet-4-5", {"temperature": 0.5, "reasoning_effort": "low"}, {}, "temperature"),
    ],
)
async def test_claude_is_never_sent_a_temperature_that_it_refuses_and_never_a_halved_one(model: str, given: dict, sent: dict, dropped: str):
    body, told = await sent_to_claude(model, **given)
    assert {name: body[name] for name in ("temperature", "top_p") if name in body} == sent
    assert told == dropped


@pytest.mark.parametrize(("model", "limit"), [("claude-3-5-sonnet", 8192), ("claude-opus-4-1", 32000), ("claude-sonnet-4-5", 64000)])
async def test_a_chat_without_a_bound_gets_the_models_own(model: str, limit: int):
    assert (await sent_to_claude(model))[0]["max_tokens"] == limit


async def test_marks_of_the_prompt_cache_stay_where_they_were():
    mark = {"type": "ephemeral", "ttl": "1h"}
    parts = [{"type": "text", "text": "long", "cache_control": mark}, {"type": "text", "text": "short"}]
    body, _ = await sent_to_claude("claude-sonnet-4-5", messages=[{"role": "system", "content": parts}, {"role": "user", "content": parts}])
    assert [block.get("cache_control") for block in body["system"]] == [mark, None]
    assert [block.get("cache_control") for block in body["messages"][0]["content"]] == [mark, None]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_model_that_cannot_be_held_to_a_schema_answers_by_a_tool_and_the_client_does_not_notice(stream: bool):
    call = {"type": "tool_use", "id": "toolu_1", "name": "json_answer", "input": {"city": "Bern"}}
    whole = {**MESSAGE, "content": [call]}
    events = sse(
        {"type": "message_start", "message": {**MESSAGE, "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {**call, "input": {}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"city":'}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '"Bern"}'}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 8}},
        {"type": "message_stop"},
    )
    rig = Rig(Vendor(CLAUDE, json.dumps(whole).encode(), events))
    text = await rig.text(asked(model="up/claude-3-5-sonnet", response_format=FORM, stream=stream))
    told = chunks_of(text) if stream else [json.loads(text)]
    choices = [choice.get("delta", choice.get("message")) for chunk in told for choice in chunk["choices"]]
    assert json.loads("".join(choice.get("content") or "" for choice in choices)) == {"city": "Bern"}
    assert not any(choice.get("tool_calls") for choice in choices)
    assert [choice["finish_reason"] for chunk in told for choice in chunk["choices"] if choice["finish_reason"]] == ["stop"]
    assert json.loads(rig.vendor.sent[-1].body)["tool_choice"]["name"] == "json_answer"


async def test_a_model_that_can_is_held_to_it_with_every_object_closed():
    body, _ = await sent_to_claude("claude-sonnet-4-5", response_format=FORM)
    assert body["output_config"]["format"]["schema"] == {**SCHEMA, "additionalProperties": False}
    assert "tools" not in body


async def test_sources_on_the_web_reach_the_client_with_their_place():
    support = {"segment": {"text": "Bern is the capital", "endIndex": 19}, "groundingChunkIndices": [0]}
    grounding = {"groundingChunks": [{"web": {"uri": "https://example.org", "title": "T"}}], "groundingSupports": [support]}
    candidate = {"content": {"parts": [{"text": "Yes. Bern is the capital."}]}, "finishReason": "STOP", "groundingMetadata": grounding}
    rig = Rig(Vendor(GEMINI, json.dumps({"candidates": [candidate]}).encode()))
    annotation = json.loads(await rig.text(asked()))["choices"][0]["message"]["annotations"][0]["url_citation"]
    assert annotation == {"url": "https://example.org", "title": "T", "start_index": 5, "end_index": 24}
    body = json.dumps({"model": "route", "max_tokens": 5, "messages": [{"role": "user", "content": "?"}]}).encode()
    citation = json.loads(await rig.text(body, CLAUDE))["content"][0]["citations"][0]
    assert (citation["type"], citation["url"]) == ("web_search_result_location", "https://example.org")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [("stop", "end_turn"), ("length", "max_tokens"), ("content_filter", "refusal"), ("tool_calls", "tool_use")],
)
async def test_reasons_to_stop_have_each_dialects_own_words(sent: str, reason: str):
    call = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}] if sent == "tool_calls" else None
    choice = {"index": 0, "message": {"role": "assistant", "content": "x", "tool_calls": call}, "finish_reason": sent}
    rig = Rig(Vendor(CHAT, json.dumps({"id": "a", "choices": [choice]}).encode()))
    body = json.dumps({"model": "route", "max_tokens": 5, "messages": [{"role": "user", "content": "?"}]}).encode()
    assert json.loads(await rig.text(body, CLAUDE))["stop_reason"] == reason


async def test_a_server_that_says_stop_after_calls_means_the_calls():
    call = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}]
    choice = {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": call}, "finish_reason": "stop"}
    rig = Rig(Vendor(CHAT, json.dumps({"id": "a", "choices": [choice]}).encode()))
    body = json.dumps({"model": "route", "max_tokens": 5, "messages": [{"role": "user", "content": "?"}]}).encode()
    answer = json.loads(await rig.text(body, CLAUDE))
    assert (answer["stop_reason"], answer["content"][0]["input"]) == ("tool_use", {})


async def test_a_client_that_leaves_a_translated_stream_closes_the_vendors():
    closed: list[bool] = []

    class Endless(Vendor):
        async def send(self, request):
            given = await super().send(request)

            async def close() -> None:
                closed.append(True)

            given.close = close  # type: ignore[method-assign]
            return given

    rig = Rig(Endless(CLAUDE, chunks=sse({"type": "message_start", "message": {**MESSAGE, "content": []}}) * 50))
    reply = await rig.ask(asked(stream=True))
    assert reply.stream is not None
    await anext(reply.stream)
    await reply.stream.aclose()
    assert closed == [True]
    assert rig.span["tidegate.client_disconnected"] is True


@pytest.mark.parametrize("stream", [False, True])
async def test_a_model_that_refuses_stops_with_a_refusal_in_claudes_words(stream: bool):
    said = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
    choice = {"index": 0, "delta" if stream else "message": said, "finish_reason": "stop"}
    told = json.dumps({"id": "a", "choices": [choice]})
    answer = f"data: {told}\n\ndata: [DONE]\n\n" if stream else told
    rig = Rig(Vendor(CHAT, chunks=[answer.encode()]) if stream else Vendor(CHAT, answer.encode()))
    asked = {"model": "route", "max_tokens": 5, "messages": [{"role": "user", "content": "?"}], "stream": stream}
    text = (await rig.text(json.dumps(asked).encode(), CLAUDE)).decode()
    assert "I cannot help with that." in text
    assert '"stop_reason":"refusal"' in text.replace(" ", "")
