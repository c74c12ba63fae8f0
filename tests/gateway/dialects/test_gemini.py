"""What only Gemini does: no ids of calls, signatures beside them, two spellings of its names, streams without an end mark."""

import json

from gateway.dialects.gemini.schemas import from_openapi
from gateway.dialects.types import DialectName
from gateway.surfaces.gemini import ArraySend
from tests.gateway.dialects.scripted import Rig, Vendor

CHAT, CLAUDE, GEMINI = DialectName.OPENAI_CHAT, DialectName.ANTHROPIC, DialectName.GEMINI

PARTS = [
    {"text": "Two places.", "thought": True},
    {"functionCall": {"name": "weather", "args": {"city": "Bern"}}, "thoughtSignature": "c2lnbmVk"},
    {"functionCall": {"name": "weather", "args": {"city": "Rome"}}},
]
USAGE = {"promptTokenCount": 11, "cachedContentTokenCount": 3, "candidatesTokenCount": 4, "thoughtsTokenCount": 2, "totalTokenCount": 17}
ANSWER = {
    "candidates": [{"content": {"role": "model", "parts": PARTS}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": USAGE,
    "modelVersion": "gemini-up",
    "responseId": "r1",
}
TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
]


def chat(*messages: dict, **more) -> bytes:
    return json.dumps({"model": "route", "messages": messages or [{"role": "user", "content": "hello"}], "tools": TOOLS, **more}).encode()


async def test_a_chat_gets_calls_with_ids_the_signature_beside_the_first_and_thoughts_in_their_own_bucket():
    rig = Rig(Vendor(GEMINI, json.dumps(ANSWER).encode()))
    answer = json.loads(await rig.text(chat()))
    first, second = answer["choices"][0]["message"]["tool_calls"]
    assert first["id"] != second["id"]
    assert first["extra_content"] == {"google": {"thought_signature": "c2lnbmVk"}} and "extra_content" not in second
    assert answer["choices"][0]["finish_reason"] == "tool_calls"
    usage = answer["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (11, 6, 17)
    assert (usage["prompt_tokens_details"]["cached_tokens"], usage["completion_tokens_details"]["reasoning_tokens"]) == (3, 2)


async def test_results_go_back_by_name_with_the_signature_where_it_was():
    rig = Rig(Vendor(GEMINI, json.dumps(ANSWER).encode()))
    message = json.loads(await rig.text(chat()))["choices"][0]["message"]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "sunny"} for call in message["tool_calls"]]
    await rig.text(chat({"role": "user", "content": "hello"}, message, *results))
    _, model, user = json.loads(rig.vendor.sent[-1].body)["contents"]
    assert [part.get("thoughtSignature") for part in model["parts"] if "functionCall" in part] == ["c2lnbmVk", None]
    assert [part["functionResponse"] for part in user["parts"]] == [{"name": "weather", "response": {"output": "sunny"}}] * 2


async def test_a_client_that_drops_the_signature_does_not_break_the_conversation():
    rig = Rig(Vendor(GEMINI, json.dumps(ANSWER).encode()))
    call = {"id": "call_x", "type": "function", "function": {"name": "weather", "arguments": ""}}
    result = {"role": "tool", "tool_call_id": "call_x", "content": "sunny"}
    await rig.text(chat({"role": "user", "content": "hi"}, {"role": "assistant", "content": None, "tool_calls": [call]}, result))
    part = json.loads(rig.vendor.sent[-1].body)["contents"][1]["parts"][0]
    assert part == {"functionCall": {"name": "weather", "args": {}}, "thoughtSignature": "skip_thought_signature_validator"}


async def test_the_signature_goes_through_claudes_client_and_back_as_a_thought():
    rig = Rig(Vendor(GEMINI, json.dumps(ANSWER).encode()))
    asked = {"model": "route", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
    blocks = json.loads(await rig.text(json.dumps(asked).encode(), CLAUDE))["content"]
    assert [block["type"] for block in blocks] == ["thinking", "thinking", "tool_use", "tool_use"]
    asked["messages"] += [{"role": "assistant", "content": blocks}]
    results = [{"type": "tool_result", "tool_use_id": block["id"], "content": "sunny"} for block in blocks[2:]]
    asked["messages"] += [{"role": "user", "content": results}]
    await rig.text(json.dumps(asked).encode(), CLAUDE)
    parts = json.loads(rig.vendor.sent[-1].body)["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == ["c2lnbmVk", None]


async def test_claudes_signature_goes_through_geminis_client_streamed_and_back():
    events = [
        {"type": "message_start", "message": {"id": "m", "model": "c", "usage": {"input_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Two "}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "places."}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "/sig=="}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "redacted_thinking", "data": "hidden"}},
        {"type": "content_block_stop", "index": 1},
        {"type": "content_block_start", "index": 2, "content_block": {"type": "text", "text": "Hi"}},
        {"type": "content_block_stop", "index": 2},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    rig = Rig(Vendor(CLAUDE, chunks=[f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in events]))
    asked = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}], "generationConfig": {"thinkingConfig": {"thinkingBudget": 1024}}}
    text = await rig.text(json.dumps(asked).encode(), GEMINI, "route", stream=True)
    told = [json.loads(line[6:]) for line in text.decode().splitlines() if line.startswith("data: ")]
    asked["contents"].append({"role": "model", "parts": [part for each in told for part in each["candidates"][0]["content"]["parts"]]})
    asked["contents"].append({"role": "user", "parts": [{"text": "go on"}]})
    await rig.text(json.dumps(asked).encode(), GEMINI, "route")
    blocks = json.loads(rig.vendor.sent[-1].body)["messages"][1]["content"]
    assert blocks == [
        {"type": "thinking", "thinking": "Two places.", "signature": "/sig=="},
        {"type": "redacted_thinking", "data": "hidden"},
        {"type": "text", "text": "Hi"},
    ]


async def test_both_spellings_of_its_names_are_read_and_the_users_data_is_left_alone():
    rig = Rig(Vendor(CHAT, b'{"choices":[{"message":{"content":"ok"},"finish_reason":"stop"}]}'))
    asked = {
        "contents": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": "aGk="}}, {"text": "what?"}]}],
        "system_instruction": {"parts": [{"text": "be kind"}]},
        "tools": [
            {"function_declarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {"my_name": {"type": "STRING"}}}}]}
        ],
        "generation_config": {"max_output_tokens": 5, "response_mime_type": "application/json"},
        "safetySettings": [],
    }
    reply = await rig.ask(json.dumps(asked).encode(), GEMINI, "route")
    sent = json.loads(rig.vendor.sent[-1].body)
    assert sent["messages"][0] == {"role": "system", "content": "be kind"}
    assert sent["messages"][1]["content"][0]["image_url"]["url"] == "data:image/png;base64,aGk="
    assert sent["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {"my_name": {"type": "string"}}}
    assert (sent["max_tokens"], sent["response_format"]) == (5, {"type": "json_object"})
    assert dict(reply.headers)[b"x-tidegate-dropped"] == b"safetySettings"


async def test_its_own_vendor_gets_every_byte_and_the_model_in_its_place():
    body = b'{"contents":[{"parts":[{"text":"\\u00fc"}]}] , "vendorKnob":1.50}'
    rig = Rig(Vendor(GEMINI, json.dumps(ANSWER).encode()))
    assert json.loads(await rig.text(body, GEMINI, "route")) == ANSWER
    assert (rig.vendor.sent[-1].body, rig.vendor.sent[-1].model) == (body, "model-1")
    assert rig.span["gen_ai.usage.reasoning.output_tokens"] == 2


async def test_a_blocked_prompt_is_an_answer_that_was_filtered():
    rig = Rig(Vendor(GEMINI, json.dumps({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": USAGE}).encode()))
    answer = json.loads(await rig.text(chat()))
    assert answer["choices"][0]["finish_reason"] == "content_filter"


async def test_a_stream_for_who_does_not_ask_for_events_is_one_array():
    sent: list[dict] = []

    async def send(message) -> None:
        sent.append(message)

    array = ArraySend(send)
    await array({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for piece in (b'data: {"a":', b"1}\n\ndata: {}\n", b"\n"):
        await array({"type": "http.response.body", "body": piece, "more_body": True})
    await array({"type": "http.response.body", "body": b"", "more_body": False})
    assert json.loads(b"".join(message["body"] for message in sent[1:])) == [{"a": 1}, {}]
    assert sent[0]["headers"] == [(b"content-type", b"application/json")]


async def test_texts_in_a_row_are_one_as_in_a_stream():
    parts = [{"text": '{"high": '}, {"text": "true}"}, {"functionCall": {"name": "weather", "args": {}}}, {"text": "a"}, {"text": "b"}]
    rig = Rig(Vendor(GEMINI, json.dumps({**ANSWER, "candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}).encode()))
    asked = json.dumps({"model": "route", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}).encode()
    answer = json.loads(await rig.text(asked, CLAUDE))
    assert [block.get("text", block["type"]) for block in answer["content"]] == ['{"high": true}', "tool_use", "ab"]


def test_a_schema_of_googles_is_read_in_either_spelling():
    schema = {"type": "OBJECT", "property_ordering": ["a"], "properties": {"any_of": {"any_of": [{"type": "STRING", "max_length": 3}]}}}
    read = {"type": "object", "properties": {"any_of": {"anyOf": [{"type": "string", "maxLength": 3}]}}}
    assert from_openapi(schema) == read
