"""Whatever comes instead of a request, an answer or a stream, from a client or from a model: a clear error, or what can be read of it, and never a crash."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialects.collect import collected, events_of
from gateway.dialects.table import CLIENT_DIALECTS, UPSTREAM_DIALECTS
from gateway.dialects.types import Answer, DialectName, Request
from gateway.errors import InvalidRequest, UpstreamBroken
from gateway.sse import EventParser
from tests.gateway.dialects.saying import CHAT, CLAUDE, GEMINI, RESPONSES, SPOKEN, answers
from tests.gateway.dialects.scripted import Rig, Vendor
from tests.gateway.dialects.test_pairs import ANY, MODELS, streamed

REQUESTS: dict[DialectName, dict] = {
    CHAT: {
        "model": "m",
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
            {
                "role": "user",
                "content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}],
            },
            {
                "role": "user",
                "content": [
                    {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
                    {"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk="}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                "thinking_blocks": [{"type": "thinking", "thinking": "t", "signature": "s"}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "sunny"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}},
            }
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}},
        "reasoning_effort": "low",
        "stop": ["x"],
        "metadata": {"a": "b"},
    },
    CLAUDE: {
        "model": "m",
        "max_tokens": 9,
        "system": [{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "hi"},
                    {"type": "document", "source": {"type": "text", "data": "d"}, "citations": {"enabled": True}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "t", "signature": "s"},
                    {"type": "tool_use", "id": "c", "name": "f", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "c", "content": [{"type": "text", "text": "sunny"}], "is_error": True}],
            },
        ],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "tool", "name": "f"},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "metadata": {"user_id": "u"},
    },
    GEMINI: {
        "contents": [
            {"role": "user", "parts": [{"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}}]},
            {
                "role": "model",
                "parts": [{"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "cw=="}, {"text": "t", "thought": True}],
            },
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "sunny"}}}]},
        ],
        "systemInstruction": {"parts": [{"text": "be kind"}]},
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "f", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}}}
                ]
            }
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {"maxOutputTokens": 5, "responseSchema": {"type": "OBJECT"}, "thinkingConfig": {"thinkingBudget": 5}},
    },
    RESPONSES: {
        "model": "m",
        "input": [
            {
                "role": "user",
                "content": [{"type": "input_text", "text": "hi"}, {"type": "input_image", "image_url": "data:image/png;base64,aGk="}],
            },
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "t"}], "encrypted_content": "s"},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "sunny"}]},
        ],
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
        "tool_choice": {"type": "function", "name": "f"},
        "text": {"format": {"type": "json_schema", "name": "a", "schema": {}}, "verbosity": "low"},
        "reasoning": {"effort": "low", "summary": "auto"},
    },
}
junk: st.SearchStrategy = st.sampled_from(
    [None, "", "x", 0, -1, 1.5, True, [], {}, [1], ["x"], {"a": 1}, [{}], [None], {"type": "x"}, [[]]]
)


def places(value: Any, at: tuple = ()) -> list[tuple]:
    """Every place within JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, each in inner for place in places(each, (*at, key)))]


def put(value: Any, at: tuple, new: Any) -> Any:
    if not at:
        return new
    value = deepcopy(value)
    inner = value
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = new
    return value


@pytest.mark.parametrize("client", SPOKEN)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_strange_request_is_refused_or_read_and_what_is_read_can_be_written(client: DialectName, data: st.DataObject):
    place = data.draw(st.sampled_from(places(REQUESTS[client])))
    body = json.dumps(put(REQUESTS[client], place, data.draw(junk))).encode()
    try:
        request = CLIENT_DIALECTS[client].read_request(body)
    except InvalidRequest as error:
        assert str(error)
        return
    for target, dialect in UPSTREAM_DIALECTS.items():
        written = _written(dialect, request, MODELS.get(target, "m"))
        assert written is None or json.loads(written)


def _written(dialect, request: Request, model: str) -> bytes | None:
    try:
        return dialect.write_request(request, model).body
    except InvalidRequest:
        return None


@pytest.mark.parametrize("target", SPOKEN)
@given(answer=answers(), data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_strange_answer_is_broken_or_read_and_what_is_read_can_be_told(target: DialectName, answer: Answer, data: st.DataObject):
    sent = json.loads(CLIENT_DIALECTS[target].write_answer(answer, ANY))
    body = json.dumps(put(sent, data.draw(st.sampled_from(places(sent))), data.draw(junk))).encode()
    try:
        found = UPSTREAM_DIALECTS[target].read_answer(body)
    except UpstreamBroken:
        return
    _tell(found)
    UPSTREAM_DIALECTS[target].read_error(500, [], body)


@pytest.mark.parametrize("target", SPOKEN)
@given(answer=answers(), data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_strange_event_is_passed_over_or_read(target: DialectName, answer: Answer, data: st.DataObject):
    events = list(EventParser().feed(streamed(target, answer)))
    strange = data.draw(st.sampled_from([index for index, event in enumerate(events) if (event.data or b"").startswith(b"{")]))
    sent = json.loads(events[strange].data or b"")
    changed = put(sent, data.draw(st.sampled_from(places(sent))), data.draw(junk))
    told = [event.data if index != strange else json.dumps(changed).encode() for index, event in enumerate(events)]
    text = b"".join(b"data: " + each + b"\n\n" for each in told if each is not None)
    reader = UPSTREAM_DIALECTS[target].stream_reader()
    _tell(collected([*reader.feed(text), *reader.end()]))


def _tell(answer: Answer) -> None:
    for dialect in CLIENT_DIALECTS.values():
        assert json.loads(dialect.write_answer(answer, ANY))
        writer = dialect.stream_writer(ANY)
        assert b"".join([*(writer.write(event) for event in events_of(answer)), writer.end()])


@pytest.mark.parametrize("depth", [300, 900, 100_000])
@pytest.mark.parametrize("client", SPOKEN)
async def test_a_body_that_is_nested_too_deeply_is_refused_and_not_a_crash(client: DialectName, depth: int):
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    bodies = {
        CHAT: b'{"model":"route","messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":%b}}]}',
        CLAUDE: b'{"model":"route","max_tokens":5,"messages":[],"tools":[{"name":"f","input_schema":%b}]}',
        GEMINI: b'{"contents":[],"tools":[{"functionDeclarations":[{"name":"f","parameters":%b}]}]}',
        RESPONSES: b'{"model":"route","input":[],"tools":[{"type":"function","name":"f","parameters":%b}]}',
    }
    rig = Rig(Vendor(CLAUDE if client is not CLAUDE else CHAT, b"[" * 100_000))
    reply = await rig.ask(bodies[client] % deep, client, "route" if client is GEMINI else "")
    assert reply.status in {400, 502}
