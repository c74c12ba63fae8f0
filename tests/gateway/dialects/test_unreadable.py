"""What is no JSON because of its bytes or its depth, from clients and from vendors: refused or passed on in words, never a failure of ours."""

import json
import random
from contextlib import suppress
from itertools import product

import pytest

from gateway.dialects.gemini.schemas import to_openapi
from gateway.dialects.types import DialectName
from gateway.errors import InvalidRequest
from gateway.providers.fake.models import Fault, scripted
from gateway.types import Operation
from tests.gateway.dialects.scripted import Rig, Vendor
from tests.gateway.dialects.test_crossing import CHAT, CLAUDE, MESSAGE, asked
from tests.gateway.protected.test_hostile_bodies import tampered
from tracing.openai_chat import unread_attributes

RESPONSES, GEMINI, BEDROCK, COHERE = DialectName.OPENAI_RESPONSES, DialectName.GEMINI, DialectName.BEDROCK, DialectName.COHERE
SCHEMA = {
    "type": "object",
    "$defs": {"word": {"type": "string"}},
    "properties": {
        "a": {"$ref": "#/$defs/word"},
        "b": {"anyOf": [{"type": "null"}, {"type": "string", "enum": ["x"]}]},
        "c": {"oneOf": [{"const": "x"}, {"type": ["array", "null"], "items": {"type": "string", "format": "date"}}]},
    },
}
DEEP = b"[" * 20_000 + b"]" * 20_000
BODIES = {
    CHAT: asked(),
    RESPONSES: b'{"model":"route","input":"hello"}',
    CLAUDE: b'{"model":"route","max_tokens":9,"messages":[{"role":"user","content":"hello"}]}',
    GEMINI: b'{"contents":[{"parts":[{"text":"hello"}]}]}',
}


def whole(target: DialectName, text: bytes) -> bytes:
    message = json.dumps({**MESSAGE, "content": [{"type": "text", "text": "TEXT"}]}).encode()
    return {
        CHAT: b'{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"TEXT"},"finish_reason":"stop"}]}',
        CLAUDE: message,
        GEMINI: b'{"candidates":[{"content":{"role":"model","parts":[{"text":"TEXT"}]},"finishReason":"STOP"}]}',
        BEDROCK: b'{"output":{"message":{"role":"assistant","content":[{"text":"TEXT"}]}},"stopReason":"end_turn"}',
        COHERE: b'{"id":"x","message":{"role":"assistant","content":[{"type":"text","text":"TEXT"}]},"finish_reason":"COMPLETE"}',
    }[target].replace(b'"TEXT"', text)


@pytest.mark.parametrize("client", BODIES)
async def test_a_request_that_is_no_utf_8_is_refused_before_anything_is_sent(client: DialectName):
    rig = Rig(Vendor(client, whole(CHAT, b'"ebb"')))
    reply = await rig.ask(BODIES[client].replace(b"hello", b"a\xffb"), client, "route" if client is GEMINI else "")
    assert (reply.status, "UTF-8" in json.loads(reply.body)["error"]["message"], rig.vendor.sent) == (400, True, [])


@pytest.mark.parametrize("target", [CHAT, CLAUDE, GEMINI, BEDROCK, COHERE])
async def test_an_answer_that_cannot_be_read_is_its_vendors_failure_and_an_errors_status_stays(target: DialectName):
    vendor = Vendor(target)
    rig = Rig(vendor)
    for client, text, status in product(BODIES, (b'"a\xffb"', DEEP, b'"\\ud800"'), (200, 429)):
        vendor.answer, vendor.status = whole(target, text), status
        reply = await rig.ask(BODIES[client], client, "route" if client is GEMINI else "")
        assert reply.status in ({200, 502} if status == 200 else {429}), (client, text[:9], status)
        assert rig.span["tidegate.target"] == "up/model-1"


async def test_a_stream_with_bytes_that_are_no_text_goes_on_and_is_read_with_marks_in_their_place():
    chunk = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"a\xffb"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    native, crossing = Rig(Vendor(CHAT, chunks=[chunk])), Rig(Vendor(CHAT, chunks=[chunk]))
    assert b"a\xffb" in await native.text(asked(stream=True))
    assert "a�b" in native.span["gen_ai.output.messages"]
    told = await crossing.text(BODIES[CLAUDE].replace(b"{", b'{"stream":true,', 1), CLAUDE)
    assert "a�b" in told.decode()


async def test_names_of_any_length_and_number_make_no_head_that_a_client_refuses():
    body = asked(**{f"knob_{number}": 1 for number in range(9000)})
    headers = dict((await Rig(Vendor(CLAUDE, b"{}", status=400)).ask(body)).headers)
    assert headers[b"x-tidegate-dropped"].startswith(b"knob_0, knob_1, ")
    assert sum(map(len, headers.values())) < 4000


def test_a_span_keeps_what_was_said_whatever_bytes_are_in_it():
    found = unread_attributes(b'[{"role":"user","content":"a\xffb"}]', whole(CHAT, b'"c\xffd"'))
    assert ("a�b" in found["gen_ai.input.messages"], "c�d" in found["gen_ai.output.messages"]) == (True, True)


@pytest.mark.parametrize("value", [b"1e999", b"1" + b"0" * 400, DEEP], ids=["large", "long", "deep"])
@pytest.mark.parametrize("client", BODIES)
async def test_a_member_that_nobody_here_reads_may_hold_what_cannot_be_read(client: DialectName, value: bytes):
    rig = Rig(Vendor(BEDROCK, whole(BEDROCK, b'"ebb"')))
    body = BODIES[client].replace(b"{", b'{"background":%s,"conversation":%s,"seed":7,' % (value, value), 1)
    reply = await rig.ask(body, client, "route" if client is GEMINI else "")
    assert reply.status in ({400} if value is DEEP else {200, 400})


@pytest.mark.parametrize("schema", [{"properties": {"x": {"anyOf": 5}}}, {"enum": 5}, {"$defs": 5}, {"anyOf": [{"type": "null"}, 5]}])
def test_a_schema_that_is_none_is_refused_and_not_a_failure(schema: dict):
    parameters = {"type": "object", "properties": {"y": schema}, **schema}
    tools = [{"type": "function", "function": {"name": "a", "parameters": parameters}}]
    scripted(Operation.CHAT, asked(model="tools", tools=tools))
    with pytest.raises(InvalidRequest, match="no JSON Schema"):
        to_openapi(parameters)


@pytest.mark.parametrize("operation", [Operation.CHAT, Operation.COMPLETIONS])
def test_a_length_that_no_answer_has_is_refused_as_such_and_an_immense_one_is_cut(operation: Operation):
    refused = scripted(operation, asked(model="lorem", max_tokens=-1)).answer
    assert isinstance(refused, Fault)
    assert (refused.status, b"max_tokens" in refused.body) == (400, True)
    immense = scripted(operation, asked(model="lorem", max_tokens=10**12)).answer
    assert isinstance(immense, bytes)
    assert len(immense) < 200_000


def test_whatever_stands_in_a_schema_it_is_written_or_refused():
    chance = random.Random(5)
    for _ in range(300):
        with suppress(InvalidRequest):
            to_openapi(tampered(SCHEMA, chance))
