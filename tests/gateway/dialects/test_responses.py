"""OpenAI's Responses in front of vendors that have none: items, numbered events, going on from another's response, prompts of the registry."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from gateway.dialects.openai_responses.codec import OpenAIResponses
from gateway.dialects.openai_responses.replay import replayed
from gateway.dialects.types import DialectName
from gateway.errors import UpstreamBroken
from gateway.kept import KeptResponses
from gateway.prompts import RenderedPrompt
from gateway.surfaces.responses import ResponsesSurface
from gateway.types import Inbound, Operation
from storage.blobs import Blobs
from tests.gateway.dialects.scripted import Rig, Vendor
from tests.gateway.dialects.test_crossing import MESSAGE, STREAMED

CHAT, CLAUDE, GEMINI, RESPONSES = DialectName.OPENAI_CHAT, DialectName.ANTHROPIC, DialectName.GEMINI, DialectName.OPENAI_RESPONSES
SAID = json.dumps(
    {"choices": [{"message": {"content": "Bern."}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
)


def asked(**more) -> bytes:
    return json.dumps({"model": "route", "input": "hello", **more}).encode()


def told(text: bytes) -> list[dict]:
    return [json.loads(line[6:]) for line in text.decode().splitlines() if line.startswith("data: ")]


class Client:
    """What a client of the surface does, with responses that are kept."""

    def __init__(self, rig: Rig, blobs: Blobs | None = None, key: bytes = b"k") -> None:
        self.shelf = KeptResponses(blobs or Blobs.in_memory())
        self.surface = ResponsesSurface(rig.gateway, self.shelf, 1_000_000)
        self.key = key

    async def text(self, body: bytes) -> bytes:
        headers = [(b"authorization", b"Bearer " + self.key)]
        inbound = Inbound(operation=Operation.CHAT, body=body, headers=headers, received_ns=1, started=1, dialect=RESPONSES)
        reply = await self.surface.handle(inbound)
        return reply.body if reply.stream is None else b"".join([chunk async for chunk in reply.stream])

    async def at(self, method: str, url: str, body: bytes = b"") -> tuple[int, dict]:
        path, _, query = url.partition("?")
        sent: list[dict] = []
        unread = [body] if body else []

        async def send(message) -> None:
            sent.append(message)

        async def receive():
            if not unread:
                await asyncio.sleep(60)
            return {"type": "http.request", "body": unread.pop(), "more_body": False}

        headers = [(b"authorization", b"Bearer " + self.key)]
        scope = {"method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": headers}
        if path.endswith("/compact"):
            await self.surface.beside(path.removeprefix("/v1"), {**scope, "client": None}, receive, send)
        else:
            await self.surface.at(path.split("/")[3])(scope, receive, send)
        return sent[0]["status"], json.loads(sent[1]["body"])

    async def ask(self, **more) -> dict:
        return json.loads(await self.text(asked(**more)))


async def test_thoughts_words_and_calls_are_items():
    answer = json.loads(await Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode())).text(asked(), RESPONSES))
    assert [item["type"] for item in answer["output"]] == ["reasoning", "message", "function_call", "function_call"]
    assert (answer["status"], answer["usage"]["input_tokens"], answer["usage"]["input_tokens_details"]["cached_tokens"]) == (
        "completed",
        11,
        3,
    )
    assert (answer["object"], answer["output"][2]["call_id"]) == ("response", "toolu_1")


@pytest.mark.parametrize("answer", [MESSAGE, {**MESSAGE, "stop_reason": "max_tokens"}])
async def test_a_stream_numbers_its_events_does_what_it_added_and_ends_with_the_whole_response(answer: dict):
    rig = Rig(Vendor(CLAUDE, json.dumps(answer).encode()))
    whole = json.loads(await rig.text(asked(), RESPONSES))
    events = told(await rig.text(asked(stream=True), RESPONSES))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == f"response.{whole['status']}"
    last = events[-1]["response"]
    assert [_bare(item) for item in last["output"]] == [_bare(item) for item in whole["output"]]
    assert last["usage"] == whole["usage"]
    added = [event["item"]["id"] for event in events if event["type"] == "response.output_item.added"]
    done = [event["item"]["id"] for event in events if event["type"] == "response.output_item.done"]
    assert sorted(added) == sorted(done) == sorted(item["id"] for item in last["output"])
    arguments = "".join(
        event["delta"] for event in events if event["type"] == "response.function_call_arguments.delta" and event["output_index"] == 2
    )
    assert json.loads(arguments) == {"city": "Bern"}


def _bare(item: Mapping) -> dict:
    return {name: value for name, value in item.items() if name != "id"}


async def test_every_event_is_what_openais_sdk_declares():
    from openai.types.responses import ResponseStreamEvent
    from pydantic import TypeAdapter

    events = told(await Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode())).text(asked(stream=True), RESPONSES))
    adapter = TypeAdapter(ResponseStreamEvent)
    assert [adapter.validate_python(event).type for event in events] == [event["type"] for event in events]


async def test_a_stream_that_breaks_ends_in_a_failed_response():
    events = told(await Rig(Vendor(CLAUDE, chunks=STREAMED[:4])).text(asked(stream=True), RESPONSES))
    assert (events[-1]["type"], events[-1]["response"]["status"]) == ("response.failed", "failed")
    assert events[-1]["response"]["error"]["code"] == "server_error"


async def test_its_items_go_to_another_vendor_as_turns():
    items = [
        {"role": "developer", "content": "be kind"},
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "where?"}, {"type": "input_image", "image_url": "data:image/png;base64,aGk="}],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "tidegate.anthropic:c2ln",
        },
        {"type": "function_call", "call_id": "toolu_1", "name": "weather", "arguments": '{"city":"Bern"}'},
        {"type": "function_call", "call_id": "toolu_2", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "toolu_1", "output": "sunny"},
        {"type": "function_call_output", "call_id": "toolu_2", "output": [{"type": "input_text", "text": "rain"}]},
    ]
    rig = Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode()))
    tool = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}, "strict": True}
    form = {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}}
    await rig.text(
        asked(input=items, instructions="first", tools=[tool], reasoning={"effort": "low"}, max_output_tokens=4000, text=form), RESPONSES
    )
    sent = json.loads(rig.vendor.sent[-1].body)
    assert [block["text"] for block in sent["system"]] == ["first", "be kind"]
    assert [turn["role"] for turn in sent["messages"]] == ["user", "assistant", "user"]
    assert [block["type"] for block in sent["messages"][1]["content"]] == ["thinking", "tool_use", "tool_use"]
    assert [block["content"] for block in sent["messages"][2]["content"]] == ["sunny", "rain"]
    assert (sent["max_tokens"], sent["output_config"]["effort"]) == (4000, "low")


async def test_any_model_goes_on_from_any_others_response():
    blobs = Blobs.in_memory()
    first = await Client(Rig(Vendor(CHAT, SAID.encode())), blobs).ask(input="Capital of Switzerland?")
    claude = Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode()))
    second = Client(claude, blobs)
    await second.text(asked(input="And of Italy?", previous_response_id=first["id"], stream=True))
    turns = json.loads(claude.vendor.sent[-1].body)["messages"]
    assert [turn["content"][0]["text"] for turn in turns] == ["Capital of Switzerland?", "Bern.", "And of Italy?"]


async def test_a_response_of_another_vendor_goes_on_at_openai_in_items_that_it_takes():
    blobs = Blobs.in_memory()
    first = await Client(Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode())), blobs).ask()
    native = Rig(Vendor(RESPONSES, b'{"id":"resp_up","status":"completed","output":[]}'))
    client = Client(native, blobs)
    results = [{"type": "function_call_output", "call_id": call, "output": "sunny"} for call in ("toolu_1", "toolu_2")]
    await client.ask(input=results, previous_response_id=first["id"], vendor_knob=1)
    sent = json.loads(native.vendor.sent[-1].body)
    assert [item.get("type", item.get("role")) for item in sent["input"]] == [
        "user",
        "assistant",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
    ]
    assert "previous_response_id" not in sent and sent["vendor_knob"] == 1
    await client.ask(previous_response_id="resp_up")
    assert json.loads(native.vendor.sent[-1].body)["previous_response_id"] == "resp_up"


async def test_a_response_that_is_unknown_is_never_gone_on_from_in_silence():
    answer = await Client(Rig(Vendor(CHAT, SAID.encode()))).ask(previous_response_id="resp_lost")
    assert answer["error"]["param"] == "previous_response_id"


async def test_kept_responses_are_their_owners_alone_and_not_kept_when_told_so():
    rig = Rig(Vendor(CHAT, SAID.encode()))
    blobs = Blobs.in_memory()
    answer = await Client(rig, blobs).ask()
    found = await Client(rig, blobs).ask(previous_response_id=answer["id"])
    assert found["status"] == "completed"
    stranger = await Client(rig, blobs, key=b"another").ask(previous_response_id=answer["id"])
    assert stranger["error"]["param"] == "previous_response_id"
    unkept = await Client(rig, blobs).ask(store=False)
    assert (await Client(rig, blobs).ask(previous_response_id=unkept["id"]))["error"]["code"] == "invalid_request"


async def test_what_is_asked_of_a_response_goes_to_the_vendor_that_still_works_on_it():
    rig = Rig(Vendor(RESPONSES, b'{"id":"resp_up","status":"queued","output":[]}'))
    client = Client(rig)
    await client.ask(background=True)
    assert await client.at("GET", "/v1/responses/resp_up") == (200, {"id": "resp_up", "status": "queued", "output": []})
    await client.at("POST", "/v1/responses/resp_up/cancel")
    await client.at("GET", "/v1/responses/resp_elsewhere?include=x")
    asked = [(request.resource.method, request.resource.path) for request in rig.vendor.sent if request.resource is not None]
    assert asked == [("GET", "/responses/resp_up"), ("POST", "/responses/resp_up/cancel"), ("GET", "/responses/resp_elsewhere?include=x")]
    client.key = b"another"
    assert (await client.at("GET", "/v1/responses/resp_up"))[0] == 404
    assert len(rig.vendor.sent) == 4


async def test_a_conversation_is_compacted_by_the_vendor_that_can_and_by_no_other():
    rig = Rig(Vendor(RESPONSES, b'{"id":"resp_c","object":"response.compaction","output":[]}'))
    client = Client(rig)
    assert (await client.at("POST", "/v1/responses/compact", asked()))[1]["id"] == "resp_c"
    sent = rig.vendor.sent[-1]
    assert sent.resource is not None and (sent.resource.path, json.loads(sent.body)["model"]) == ("/responses/compact", "model-1")
    status, told = await Client(Rig(Vendor(CHAT))).at("POST", "/v1/responses/compact", asked())
    assert (status, told["error"]["param"]) == (400, "model")


class Prompts:
    async def render(self, name: str, selector: str, variables: Mapping) -> RenderedPrompt:
        messages = [{"role": "system", "content": f"{name} {selector} {variables['city']}"}, {"role": "user", "content": "First."}]
        return RenderedPrompt(messages=messages, name=name, version="7", model="up/of-the-prompt")


async def test_its_own_member_for_prompts_names_one_of_the_registry():
    rig = Rig(Vendor(CLAUDE, json.dumps(MESSAGE).encode()), prompts=Prompts())
    prompt = {"id": "support", "version": "production", "variables": {"city": "Bern"}}
    body = json.dumps({"prompt": prompt, "input": "hello", "max_output_tokens": 77}).encode()
    await rig.text(body, RESPONSES)
    sent = json.loads(rig.vendor.sent[-1].body)
    assert (sent["model"], sent["system"][0]["text"], sent["max_tokens"]) == ("of-the-prompt", "support production Bern", 77)
    assert [block["text"] for block in sent["messages"][0]["content"]] == ["First.", "hello"]
    assert (rig.span["gen_ai.prompt.name"], rig.span["gen_ai.prompt.version"]) == ("support", "7")
    await rig.text(asked(prompt={**prompt, "version": "3"}), RESPONSES)
    assert json.loads(rig.vendor.sent[-1].body)["model"] == "model-1"


@pytest.mark.parametrize("dialect", [CLAUDE, GEMINI])
async def test_a_prompt_by_name_is_rendered_in_every_dialect(dialect: DialectName):
    rig = Rig(Vendor(dialect, json.dumps(MESSAGE).encode()), prompts=Prompts())
    body: dict = {"prompt_variables": {"city": "Bern"}, "vendor_knob": 1}
    if dialect is CLAUDE:
        body |= {"model": "prompts:/support@production", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}
    else:
        body |= {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
    await rig.text(json.dumps(body).encode(), dialect, "" if dialect is CLAUDE else "prompts:/support@production")
    sent = json.loads(rig.vendor.sent[-1].body)
    assert "support production Bern" in json.dumps(sent) and "First." in json.dumps(sent) and sent["vendor_knob"] == 1
    assert "prompt_variables" not in sent


async def test_its_own_vendor_gets_every_byte():
    body = b'{"input": "h\\u00fc", "model":"route" ,"vendor_knob":1.50}'
    rig = Rig(Vendor(RESPONSES, b'{"id":"resp_up","status":"completed","output":[], "vendor":1.50}'))
    assert await rig.text(body, RESPONSES) == rig.vendor.answer
    assert rig.vendor.sent[-1].body == body.replace(b'"route"', b'"model-1"')


def test_arguments_that_a_server_gives_only_at_the_end_are_read():
    item = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
    events = [
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "arguments": ""}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
    ]
    found = list(OpenAIResponses().stream_reader().feed(b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in events)))
    assert [getattr(event, "arguments", None) for event in found] == [None, '{"a":1}']


ITEMS = [
    {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "so"}],
        "encrypted_content": "e",
        "status": "completed",
    },
    {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "tide"}},
    {"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}', "status": "completed"},
    {"id": "ct_1", "type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "raw"},
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [
            {"type": "output_text", "text": "high", "annotations": [], "logprobs": []},
            {"type": "refusal", "refusal": "no"},
        ],
    },
]


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed"])
def test_a_whole_response_told_as_events_is_one_that_the_vendors_types_accept_and_that_reads_back_the_same(status):
    response = {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": status, "output": ITEMS, "tools": [],
        "tool_choice": "auto", "parallel_tool_calls": True, "error": None, "incomplete_details": None, "instructions": None, "metadata": {},
        "temperature": 1.0, "top_p": 1.0,
    }  # fmt: skip
    stream = replayed(json.dumps(response).encode())
    events = told(stream)
    for event in events:
        TypeAdapter(ResponseStreamEvent).validate_python(event)
    assert events[-1] == {"type": f"response.{status}", "sequence_number": len(events) - 1, "response": response}
    assert [event["item"] for event in events if event["type"] == "response.output_item.done"] == ITEMS
    assert replayed(json.dumps(response).encode(), 10_000).count(b"data: ") == 1


def test_a_part_of_an_answer_that_nobody_knows_is_the_vendors_fault_and_not_the_clients():
    answer = {"id": "r", "status": "completed", "output": [{"type": "message", "role": "assistant", "content": [{"type": "hum"}]}]}
    with pytest.raises(UpstreamBroken):
        OpenAIResponses().read_answer(json.dumps(answer).encode())
