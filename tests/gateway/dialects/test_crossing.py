"""Requests on their way into another dialect and their answers on the way back, through the whole gateway."""

import json

import pytest

from gateway.dialects.types import DialectName
from tests.gateway.dialects.scripted import Rig, Vendor

CHAT, CLAUDE = DialectName.OPENAI_CHAT, DialectName.ANTHROPIC

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-up",
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "text", "text": "Looking."},
        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Bern"}},
        {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": {"city": "Rome"}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 8, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 0, "output_tokens": 8},
}


def sse(*events: dict) -> list[bytes]:
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


STREAMED = sse(
    {"type": "message_start", "message": {**MESSAGE, "content": [], "usage": {**MESSAGE["usage"], "output_tokens": 1}}},
    {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "there"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 8}},
    {"type": "message_stop"},
)


def asked(**more) -> bytes:
    return json.dumps({"model": "route", "messages": [{"role": "user", "content": "hello"}], **more}).encode()


def chunks_of(text: bytes) -> list:
    return [json.loads(line[6:]) for line in text.decode().split("\n") if line.startswith("data: {")]


async def test_a_chat_is_answered_by_claude_with_both_calls_the_thought_and_the_right_sums():
    rig = Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode()))
    answer = json.loads(await rig.text(asked()))
    message = answer["choices"][0]["message"]
    assert [json.loads(call["function"]["arguments"])["city"] for call in message["tool_calls"]] == ["Bern", "Rome"]
    assert (message["content"], message["reasoning_content"], answer["choices"][0]["finish_reason"]) == ("Looking.", "hm", "tool_calls")
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"], answer["usage"]["total_tokens"]) == (11, 8, 19)
    assert (answer["id"], answer["model"]) == ("msg_1", "claude-up")


async def test_what_is_sent_to_claude_has_a_bound_and_is_counted_on_the_span():
    rig = Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode()))
    await rig.text(asked())
    sent = json.loads(rig.vendor.sent[-1].body)
    assert (sent["model"], sent["max_tokens"]) == ("model-1", 64000)
    assert (rig.vendor.sent[-1].dialect, rig.vendor.sent[-1].model) == (CLAUDE, "model-1")
    span = rig.span
    assert (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.cache_read.input_tokens"], span["gen_ai.usage.output_tokens"]) == (
        11,
        3,
        8,
    )
    assert json.loads(span["gen_ai.output.messages"])[0]["parts"][1] == {"type": "text", "content": "Looking."}


@pytest.mark.parametrize("told", [False, True])
async def test_a_stream_tells_its_usage_only_to_who_asked_and_to_the_span_always(told: bool):
    rig = Rig(Vendor(CLAUDE, chunks=STREAMED))
    more = {"stream_options": {"include_usage": True}} if told else {}
    text = await rig.text(asked(stream=True, **more))
    chunks = chunks_of(text)
    assert text.endswith(b"data: [DONE]\n\n")
    assert "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]) == "Hi there"
    assert [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]] == [None, None, None, "stop"]
    assert (chunks[-1]["choices"] == [] and chunks[-1]["usage"]["total_tokens"] == 19) is told
    assert (rig.span["gen_ai.usage.input_tokens"], rig.span["gen_ai.usage.output_tokens"]) == (11, 8)


async def test_a_stream_that_is_cut_ends_in_an_error_event_and_not_in_done():
    rig = Rig(Vendor(CLAUDE, chunks=STREAMED[:4]))
    text = await rig.text(asked(stream=True))
    assert chunks_of(text)[-1]["error"]["type"] == "api_error"
    assert b"[DONE]" not in text
    assert rig.span["error.type"] == "upstream_broken"


async def test_an_error_within_a_stream_is_told_in_the_clients_words():
    overloaded = sse({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    rig = Rig(Vendor(CLAUDE, chunks=[*STREAMED[:4], *overloaded]))
    error = chunks_of(await rig.text(asked(stream=True)))[-1]["error"]
    assert (error["message"], error["type"]) == ("Overloaded", "server_error")


async def test_a_429_stays_one_with_its_headers_in_the_clients_words():
    body = json.dumps({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}, "request_id": "req_1"}).encode()
    rig = Rig(Vendor(CLAUDE, body, status=429, headers=[(b"retry-after", b"7"), (b"request-id", b"req_1")]))
    reply = await rig.ask(asked(stream=True))
    assert (reply.status, json.loads(reply.body)["error"]["type"]) == (429, "rate_limit_error")
    assert {(b"retry-after", b"7"), (b"x-request-id", b"req_1")} <= set(reply.headers)


async def test_a_whole_answer_to_who_wants_a_stream_is_streamed():
    rig = Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode()))
    chunks = chunks_of(await rig.text(asked(stream=True)))
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_names_of_tools_that_the_vendor_refuses_come_back_as_the_client_gave_them():
    answer = {**MESSAGE, "content": [{"type": "tool_use", "id": "toolu_1", "name": "get_weather_now", "input": {}}]}
    rig = Rig(Vendor(CLAUDE, json.dumps(answer).encode()))
    tools = [{"type": "function", "function": {"name": "get.weather now", "parameters": {"type": "object", "properties": {}}}}]
    answer = json.loads(await rig.text(asked(tools=tools)))
    call = answer["choices"][0]["message"]["tool_calls"][0]["function"]
    assert (call["name"], call["arguments"]) == ("get.weather now", "{}")
    assert json.loads(rig.vendor.sent[-1].body)["tools"][0]["name"] == "get_weather_now"


UNKNOWN = {"seed": 7, "vendor_knob": {"a": 1}}


async def test_what_cannot_cross_is_left_out_and_named_in_a_header():
    rig = Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode()))
    reply = await rig.ask(asked(**UNKNOWN))
    assert dict(reply.headers)[b"x-tidegate-dropped"] == b"vendor_knob, seed"
    assert "vendor_knob" not in json.loads(rig.vendor.sent[-1].body)


async def test_or_is_an_error_that_names_it():
    rig = Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode()), "error")
    reply = await rig.ask(asked(**UNKNOWN))
    assert reply.status == 400
    assert "'vendor_knob', 'seed'" in json.loads(reply.body)["error"]["message"]
    assert rig.vendor.sent == []


async def test_or_is_forwarded_as_it_was_sent():
    rig = Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode()), "forward")
    reply = await rig.ask(asked(**UNKNOWN))
    assert json.loads(rig.vendor.sent[-1].body)["vendor_knob"] == {"a": 1}
    assert dict(reply.headers)[b"x-tidegate-dropped"] == b"seed"


async def test_the_same_dialect_keeps_every_byte_both_ways():
    body = b'{ "model":"route" ,"max_tokens":5,"messages":[{"role":"user","content":"\\u00fc"}], "vendor_knob":1.50 }'
    rig = Rig(Vendor(CLAUDE, b" " + json.dumps(MESSAGE).encode(), STREAMED))
    assert await rig.text(body, CLAUDE) == rig.vendor.answer
    assert rig.vendor.sent[-1].body == body.replace(b'"route"', b'"model-1"')
    streamed = body.replace(b'"max_tokens"', b'"stream":true,"max_tokens"')
    assert await rig.text(streamed, CLAUDE) == b"".join(STREAMED)
    assert (rig.span["gen_ai.usage.input_tokens"], rig.span["gen_ai.response.finish_reasons"]) == (11, ("stop",))
    assert json.loads(rig.span["gen_ai.input.messages"]) == [{"role": "user", "parts": [{"type": "text", "content": "ü"}]}]
