"""Cohere's chat and embeddings: what is sent has its words, what comes back is read whole and streamed alike."""

import json

import pytest

from gateway.dialects.cohere.codec import Cohere
from gateway.dialects.cohere.embed import CohereEmbeddings
from gateway.dialects.collect import Collector
from gateway.dialects.types import (
    DialectName,
    Embed,
    FailureKind,
    Finish,
    Format,
    Media,
    Message,
    Reasoning,
    ReasoningSettings,
    Request,
    Sampling,
    Text,
    Tokens,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from gateway.errors import InvalidRequest, UpstreamBroken

COHERE = Cohere()
TOOLS = (Tool(name="a", parameters={"type": "object", "properties": {"x": {"type": "integer"}}}), Tool(name="b.c", description="B"))


def asked(*messages: Message, model: str = "command-a", **options) -> tuple[dict, object]:
    written = COHERE.write_request(Request(model="m", messages=messages or (Message("user", (Text("hi"),)),), **options), model)
    return json.loads(written.body), written


def test_calls_their_plan_and_their_results_go_over():
    body, written = asked(
        Message("user", (Text("?"),)),
        Message("assistant", (Reasoning(text="I ask b.", origin=DialectName.COHERE), ToolCall(id="c1", name="b.c", arguments=""))),
        Message("tool", (ToolResult(call_id="c1", parts=(Text("42"),)),)),
        system=(Text("Be"), Text("brief.")),
        tools=TOOLS,
        tool_choice=ToolChoice("required", ("b.c",)),
    )
    assert body["messages"] == [
        {"role": "system", "content": "Be\n\nbrief."},
        {"role": "user", "content": "?"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "b_c", "arguments": "{}"}}],
            "tool_plan": "I ask b.",
        },
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
    ]
    assert ([tool["function"]["name"] for tool in body["tools"]], body["tool_choice"]) == (["b_c"], "REQUIRED")
    assert written.renamed == {"b_c": "b.c"}


def test_images_go_over_texts_of_documents_become_documents_and_the_rest_is_named():
    parts = (
        Text("see"),
        Media(kind="image", media_type="image/png", data="aGk="),
        Media(kind="document", text="words", name="n"),
        Media(kind="document", data="JVBERi0=", media_type="application/pdf"),
    )
    body, written = asked(Message("user", parts))
    assert body["messages"][0]["content"][1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    assert body["documents"] == [{"data": {"text": "words", "title": "n"}}]
    assert written.dropped == ("document.data",)


def test_sampling_has_cohere_s_names():
    sampling = Sampling(temperature=0.2, top_p=0.5, top_k=4, max_tokens=9, stop=("x",), seed=1, n=2)
    body, written = asked(sampling=sampling, stream=True, user="u", parallel_tool_calls=True)
    del body["messages"], body["model"]
    assert body == {"temperature": 0.2, "p": 0.5, "k": 4, "max_tokens": 9, "stop_sequences": ["x"], "seed": 1, "stream": True}
    assert written.dropped == ("n", "user")


def test_a_schema_is_held_but_not_beside_tools():
    form = Format(kind="json_schema", schema={"type": "object"})
    assert asked(format=form)[0]["response_format"] == {"type": "json_object", "json_schema": {"type": "object"}}
    body, written = asked(format=form, tools=TOOLS)
    assert ("response_format" in body, written.dropped) == (False, ("response_format",))


@pytest.mark.parametrize(
    ("model", "settings", "thinking", "dropped"),
    [
        ("command-a-reasoning", ReasoningSettings(effort="low"), {"type": "enabled", "token_budget": 1024}, ()),
        ("command-a-reasoning", ReasoningSettings(enabled=False), {"type": "disabled"}, ()),
        ("command-a", ReasoningSettings(effort="low"), None, ("reasoning",)),
    ],
)
def test_thinking_is_asked_of_the_models_that_think(model, settings, thinking, dropped):
    body, written = asked(model=model, reasoning=settings)
    assert (body.get("thinking"), written.dropped) == (thinking, dropped)


USAGE = {"billed_units": {"input_tokens": 12, "output_tokens": 5}, "tokens": {"input_tokens": 80, "output_tokens": 9}, "cached_tokens": 2}
CITATION = {
    "start": 0,
    "end": 3,
    "text": "Ebb",
    "sources": [{"type": "document", "id": "d", "document": {"title": "Tides", "url": "https://t.example"}}],
}


def call(number: int) -> dict:
    return {"id": f"c{number}", "type": "function", "function": {"name": f"t{number}", "arguments": '{"x":1}'}}


ANSWERS = {
    "calls": (
        {
            "id": "r",
            "finish_reason": "TOOL_CALL",
            "message": {"role": "assistant", "tool_plan": "I will.", "tool_calls": [call(0), call(1)]},
            "usage": USAGE,
        },
        [
            {
                "type": "message-start",
                "id": "r",
                "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}},
            },
            {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I "}}},
            {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "will."}}},
            *(
                event
                for index in (0, 1)
                for event in (
                    {
                        "type": "tool-call-start",
                        "index": index,
                        "delta": {"message": {"tool_calls": {**call(index), "function": {"name": f"t{index}", "arguments": ""}}}},
                    },
                    {"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": {"function": {"arguments": '{"x":'}}}}},
                    {"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": {"function": {"arguments": "1}"}}}}},
                    {"type": "tool-call-end", "index": index},
                )
            ),
            {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": USAGE}},
        ],
    ),
    "words": (
        {
            "id": "r",
            "finish_reason": "MAX_TOKENS",
            "message": {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Ebb now"}],
                "citations": [CITATION],
            },
            "usage": USAGE,
        },
        [
            {"type": "message-start", "id": "r", "delta": {"message": {"role": "assistant"}}},
            {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "thinking", "thinking": ""}}}},
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"thinking": "hm"}}}},
            {"type": "content-end", "index": 0},
            {"type": "content-start", "index": 1, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
            {"type": "content-delta", "index": 1, "delta": {"message": {"content": {"text": "Ebb"}}}},
            {"type": "citation-start", "index": 0, "delta": {"message": {"citations": CITATION}}},
            {"type": "citation-end", "index": 0},
            {"type": "content-delta", "index": 1, "delta": {"message": {"content": {"text": " now"}}}},
            {"type": "content-end", "index": 1},
            {"type": "message-end", "delta": {"finish_reason": "MAX_TOKENS", "usage": USAGE}},
        ],
    ),
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("size", [1, 5, 10_000])
def test_a_stream_tells_what_the_whole_answer_says_however_it_is_cut(kind: str, size: int):
    whole, events = ANSWERS[kind]
    data = b"".join(b"event: %s\ndata: %s\n\n" % (event["type"].encode(), json.dumps(event).encode()) for event in events)
    reader, collector = COHERE.stream_reader(), Collector()
    for at in range(0, len(data), size):
        for event in reader.feed(data[at : at + size]):
            collector.add(event)
    answer = COHERE.read_answer(json.dumps(whole).encode())
    assert collector.answer() == answer
    assert collector.ended
    assert answer.tokens == Tokens(input=10, cache_read=2, output=5)
    assert answer.candidates[0].finish is (Finish.TOOL_CALLS if kind == "calls" else Finish.LENGTH)


def test_a_failed_generation_is_no_answer_whole_or_streamed():
    with pytest.raises(UpstreamBroken):
        COHERE.read_answer(b'{"finish_reason":"ERROR","message":{"content":[]}}')
    collector = Collector()
    for event in COHERE.stream_reader().feed(b'data: {"type":"message-end","delta":{"finish_reason":"ERROR","error":"oops"}}\n\n'):
        collector.add(event)
    assert (collector.failure.message, collector.complete) == ("oops", False)


@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (400, 400, FailureKind.INVALID_REQUEST),
        (401, 401, FailureKind.AUTHENTICATION),
        (429, 429, FailureKind.RATE_LIMIT),
        (498, 400, FailureKind.INVALID_REQUEST),
        (503, 503, FailureKind.OVERLOADED),
    ],
)
def test_errors_keep_status_and_words(status: int, told: int, kind: FailureKind):
    failure = COHERE.read_error(status, [], b'{"message":"no"}')
    assert (failure.status, failure.kind, failure.message) == (told, kind, "no")


def test_embeddings_say_what_they_are_for_and_are_read_with_what_is_billed():
    written = CohereEmbeddings().write_request(Embed(model="m", inputs=("a", "b"), dimensions=256), "embed-v4.0")
    assert json.loads(written.body) == {
        "texts": ["a", "b"],
        "input_type": "search_document",
        "embedding_types": ["float"],
        "model": "embed-v4.0",
        "output_dimension": 256,
    }
    answer = CohereEmbeddings().read_answer(b'{"embeddings":{"float":[[1,2],[3,4]]},"meta":{"billed_units":{"input_tokens":7}}}')
    assert (answer.vectors, answer.tokens) == (((1.0, 2.0), (3.0, 4.0)), Tokens(input=7))
    with pytest.raises(InvalidRequest, match="tokens"):
        CohereEmbeddings().write_request(Embed(model="m", inputs=((1, 2),)), "embed-v4.0")
