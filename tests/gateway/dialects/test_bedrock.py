"""Bedrock's Converse: what is sent is what AWS's own service model takes; what comes back is read whole and streamed alike."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.dialects.bedrock.codec import BedrockConverse
from gateway.dialects.collect import Collector, collected
from gateway.dialects.openai_chat.codec import OpenAIChat
from gateway.dialects.types import (
    CacheMark,
    DialectName,
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
from gateway.errors import UpstreamBroken
from tests.gateway.dialects.awsmodel import faults

CONVERSE = BedrockConverse()
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WEATHER = Tool(name="get.weather", description="Weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})


def asked(*messages: Message, model: str = "amazon.nova-pro-v1:0", **options) -> tuple[dict, object]:
    """The body, which AWS takes, and how it was written."""
    written = CONVERSE.write_request(Request(model="m", messages=messages or (user("hi"),), **options), model)
    assert faults("Converse", written.body, modelId=model) == []
    return json.loads(written.body), written


def user(*parts) -> Message:
    return Message("user", tuple(Text(part) if isinstance(part, str) else part for part in parts))


def assistant(*parts) -> Message:
    return Message("assistant", tuple(Text(part) if isinstance(part, str) else part for part in parts))


def test_a_conversation_with_parallel_calls_goes_over_as_two_roles_with_all_results_in_one_turn():
    body, written = asked(
        user("weather in Rome and Oslo?"),
        assistant(
            "I look.",
            ToolCall(id="call:1", name="get.weather", arguments='{"city":"Rome"}'),
            ToolCall(id="x" * 80, name="get.weather", arguments=""),
        ),
        Message("tool", (ToolResult(call_id="call:1", parts=(Text("sunny"),)),)),
        Message("tool", (ToolResult(call_id="x" * 80, parts=(), is_error=True),)),
        user("and?"),
        system=(Text("Be brief.", CacheMark("1h")), Text(" ")),
        tools=(WEATHER,),
        tool_choice=ToolChoice("required", ("get.weather",)),
    )
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
    calls = [block["toolUse"] for block in body["messages"][1]["content"] if "toolUse" in block]
    results = [block["toolResult"] for block in body["messages"][2]["content"] if "toolResult" in block]
    assert [call["input"] for call in calls] == [{"city": "Rome"}, {}]
    assert [result["toolUseId"] for result in results] == [call["toolUseId"] for call in calls]
    assert results[1]["status"] == "error"
    assert "text" in body["messages"][2]["content"][-1]
    assert body["system"] == [{"text": "Be brief."}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
    assert body["toolConfig"]["toolChoice"] == {"tool": {"name": "get_weather"}}
    assert written.renamed == {"get_weather": "get.weather"}


def test_media_goes_over_as_bytes_and_what_cannot_is_named():
    body, written = asked(
        user(
            Media(kind="image", media_type="image/jpeg", data=PNG),
            Media(kind="document", media_type="application/pdf", data="JVBERi0=", name="my_file.pdf", cited=True),
            Media(kind="document", text="plain words", name="my_file.pdf"),
            Media(kind="video", media_type="video/mp4", url="s3://bucket/film.mp4"),
            Media(kind="image", url="https://example.com/a.png"),
            Media(kind="document", file_id="file-1"),
        )
    )
    blocks = body["messages"][0]["content"]
    assert blocks[0] == {"image": {"format": "png", "source": {"bytes": PNG}}}  # as it is, whatever the client says it is
    assert [block["document"]["name"] for block in blocks if "document" in block] == ["my-file-pdf", "my-file-pdf (2)"]
    assert blocks[3]["video"]["source"] == {"s3Location": {"uri": "s3://bucket/film.mp4"}}
    assert blocks[-1] == {"text": "."}
    assert written.dropped == ("image.url", "document.file_id")


def test_an_empty_or_assistant_first_conversation_becomes_one_that_is_taken():
    assert asked(user(""))[0]["messages"] == [{"role": "user", "content": [{"text": "."}]}]
    assert asked(assistant("hello"))[0]["messages"][0] == {"role": "user", "content": [{"text": "."}]}


def test_sampling_is_said_where_there_is_a_word_and_named_where_there_is_none():
    sampling = Sampling(temperature=1.4, top_p=0.5, top_k=7, max_tokens=9, stop=("a", ""), n=1, seed=3, presence_penalty=0.5)
    body, written = asked(
        sampling=sampling, user="u-1", metadata={"team": "a b", "bad": "é"}, service_tier="flex", parallel_tool_calls=False
    )
    assert body["inferenceConfig"] == {"maxTokens": 9, "temperature": 1, "topP": 0.5, "stopSequences": ["a"]}
    assert body["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 7}}
    assert body["requestMetadata"] == {"team": "a b", "user": "u-1"}
    assert body["serviceTier"] == {"type": "flex"}
    assert set(written.dropped) == {"seed", "presence_penalty", "temperature (1 is sent)", "metadata"}


@pytest.mark.parametrize(
    ("model", "own", "dropped"),
    [
        ("amazon.nova-2-lite-v1:0", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}, ()),
        ("openai.gpt-oss-120b-1:0", {"reasoning_effort": "high"}, ()),
        ("meta.llama4-maverick-17b-instruct-v1:0", None, ("reasoning",)),
    ],
)
def test_effort_is_asked_of_models_that_know_it(model: str, own: dict | None, dropped: tuple):
    body, written = asked(model=model, reasoning=ReasoningSettings(effort="high"))
    assert (body.get("additionalModelRequestFields"), written.dropped) == (own, dropped)


def test_a_schema_is_held_by_the_model_or_by_a_tool_that_is_the_answer():
    form = Format(kind="json_schema", schema={"type": "object", "properties": {}}, name="tide")
    body, _ = asked(model="openai.gpt-oss-20b-1:0", format=form)
    assert json.loads(body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"]) == form.schema
    body, written = asked(model="meta.llama4", format=form)
    assert written.answer_tool == body["toolConfig"]["toolChoice"]["tool"]["name"] == body["toolConfig"]["tools"][0]["toolSpec"]["name"]
    body, written = asked(model="meta.llama4", format=form, tools=(WEATHER,))
    assert (written.answer_tool, written.dropped) == (None, ("response_format",))
    assert asked(format=Format(kind="json_object"))[0]["system"]


def test_no_tools_may_be_called_means_none_is_declared_unless_the_history_needs_them():
    assert "toolConfig" not in asked(tools=(WEATHER,), tool_choice=ToolChoice("none"))[0]
    history = (user("?"), assistant(ToolCall(id="1", name="old")), Message("tool", (ToolResult(call_id="1", parts=(Text("x"),)),)))
    assert [tool["toolSpec"]["name"] for tool in asked(*history)[0]["toolConfig"]["tools"]] == ["old"]


def test_a_thought_goes_back_to_its_own_vendor_alone():
    mine = Reasoning(text="hm", signature="sig", origin=DialectName.BEDROCK)
    other = Reasoning(text="hm", signature="sig", origin=DialectName.GEMINI)
    body, written = asked(user("a"), assistant(mine, "b"), user("c"))
    assert body["messages"][1]["content"][0] == {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}}
    body, written = asked(user("a"), assistant(other, "b"), user("c"))
    assert (len(body["messages"][1]["content"]), written.dropped) == (1, ("reasoning of earlier turns",))


def test_converses_own_members_pass_and_others_are_named():
    body = b'{"model":"m","messages":[{"role":"user","content":"x"}],"guardrailConfig":{"guardrailIdentifier":"abc","guardrailVersion":"1"},"knob":1,"additionalModelRequestFields":{"top_k":2}}'
    request = OpenAIChat().read_request(body)
    written = CONVERSE.write_request(request, "meta.llama4")
    assert faults("Converse", written.body, modelId="m") == []
    sent = json.loads(written.body)
    assert sent["guardrailConfig"]["guardrailIdentifier"] == "abc"
    assert sent["additionalModelRequestFields"] == {"top_k": 2}
    assert written.dropped == ("knob",)


WORDS = st.text(max_size=12)
PARTS = st.one_of(
    st.builds(Text, WORDS, st.none() | st.builds(CacheMark)),
    st.builds(
        Media, kind=st.just("image"), data=st.sampled_from([PNG, "aGk="]), media_type=st.sampled_from(["image/webp", "image/svg+xml", None])
    ),
    st.builds(
        Media, kind=st.just("document"), data=st.just("aGk="), media_type=st.sampled_from(["text/csv", None]), name=st.none() | WORDS
    ),
    st.builds(ToolCall, id=WORDS, name=WORDS, arguments=st.sampled_from(["", "{}", "[1]", "nonsense", '{"a":null}'])),
    st.builds(ToolResult, call_id=WORDS, parts=st.lists(st.builds(Text, WORDS), max_size=2).map(tuple), name=WORDS),
    st.builds(Reasoning, text=WORDS, signature=st.none() | WORDS, origin=st.sampled_from([None, DialectName.BEDROCK])),
)


@settings(max_examples=30)
@example([Message("user", (ToolCall(id="", name="", arguments=""), ToolCall(id="", name="0", arguments="")))], [], None)
@given(
    st.lists(
        st.builds(Message, st.sampled_from(["user", "assistant", "tool", "system"]), st.lists(PARTS, max_size=3).map(tuple)), max_size=4
    ),
    st.lists(
        st.builds(Tool, name=st.text(min_size=1, max_size=90), description=st.none() | WORDS), max_size=2, unique_by=lambda tool: tool.name
    ),
    st.none() | st.builds(ToolChoice, st.sampled_from(["auto", "none", "required"])),
)
def test_whatever_is_asked_aws_takes_its_form(messages: list, tools: list, choice: ToolChoice | None):
    written = CONVERSE.write_request(Request(model="m", messages=tuple(messages), tools=tuple(tools), tool_choice=choice), "meta.llama4")
    assert faults("Converse", written.body, modelId="m") == []


USAGE = {
    "inputTokens": 5,
    "outputTokens": 7,
    "totalTokens": 25,
    "cacheReadInputTokens": 10,
    "cacheWriteInputTokens": 3,
    "cacheDetails": [{"ttl": "1h", "inputTokens": 2}],
}
TOKENS = Tokens(input=5, output=7, cache_read=10, cache_write=1, cache_write_1h=2)
WHOLE = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "let me think", "signature": "c2ln"}}},
                {"text": "I look."},
                {"toolUse": {"toolUseId": "t1", "name": "one", "input": {"a": 1}}},
                {"toolUse": {"toolUseId": "t2", "name": "two", "input": {}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": USAGE,
}
EVENTS = [
    ("messageStart", {"role": "assistant", "p": "abc"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "let me "}}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "think"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "c2ln"}}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "I "}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "look."}}),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t1", "name": "one"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"a":'}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "1}"}}}),
    ("contentBlockStop", {"contentBlockIndex": 2}),
    ("contentBlockStart", {"contentBlockIndex": 3, "start": {"toolUse": {"toolUseId": "t2", "name": "two"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 3, "delta": {"toolUse": {"input": ""}}}),
    ("contentBlockStop", {"contentBlockIndex": 3}),
    ("messageStop", {"stopReason": "tool_use"}),
    ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}}),
]


def stream(*events: tuple[str, dict]) -> bytes:
    return b"".join(b"event: %s\ndata: %s\n\n" % (name.encode(), json.dumps(data).encode()) for name, data in events)


@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_a_stream_tells_what_the_whole_answer_says_however_it_is_cut(size: int):
    data, reader, collector = stream(*EVENTS), CONVERSE.stream_reader(), Collector()
    for at in range(0, len(data), size):
        for event in reader.feed(data[at : at + size]):
            collector.add(event)
    whole = CONVERSE.read_answer(json.dumps(WHOLE).encode())
    assert collector.ended
    assert collector.answer() == whole
    assert whole.tokens == TOKENS
    assert whole.candidates[0].finish is Finish.TOOL_CALLS
    assert whole.tokens.prompt == 18


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", Finish.STOP),
        ("stop_sequence", Finish.STOP),
        ("max_tokens", Finish.LENGTH),
        ("content_filtered", Finish.CONTENT_FILTER),
        ("guardrail_intervened", Finish.CONTENT_FILTER),
        ("something_new", Finish.STOP),
    ],
)
def test_each_reason_to_stop_has_its_meaning(reason: str, finish: Finish):
    body = {"output": {"message": {"role": "assistant", "content": [{"text": "x"}]}}, "stopReason": reason}
    assert CONVERSE.read_answer(json.dumps(body).encode()).candidates[0].finish is finish


def test_an_exception_in_a_stream_is_a_failure_and_never_an_end():
    events = collected_events(stream(EVENTS[0], ("throttlingException", {"message": "slow"})))
    assert (events.failure.kind, events.failure.message, events.complete) == (FailureKind.RATE_LIMIT, "slow", False)


def collected_events(data: bytes) -> Collector:
    collector, reader = Collector(), CONVERSE.stream_reader()
    for event in (*reader.feed(data), *reader.end()):
        collector.add(event)
    return collector


@pytest.mark.parametrize(
    ("status", "header", "body", "kind", "message"),
    [
        (400, "ValidationException:http://x", b'{"message":"bad"}', FailureKind.INVALID_REQUEST, "bad"),
        (403, "AccessDeniedException", b'{"Message":"no"}', FailureKind.PERMISSION, "no"),
        (429, "", b'{"message":"slow"}', FailureKind.RATE_LIMIT, "slow"),
        (400, "ServiceQuotaExceededException", b"{}", FailureKind.RATE_LIMIT, "The provider answered 400 without a message."),
        (503, "", b"<html>", FailureKind.OVERLOADED, "The provider answered 503 without a message."),
    ],
)
def test_awss_errors_keep_status_and_words(status, header, body, kind, message):
    failure = CONVERSE.read_error(status, [(b"x-amzn-errortype", header.encode()), (b"x-amzn-requestid", b"r-1")], body)
    assert (failure.status, failure.kind, failure.message, failure.request_id) == (status, kind, message, "r-1")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"output":{}}', b"\xff"])
def test_an_answer_that_is_none_is_an_error_of_ours(body: bytes):
    with pytest.raises(UpstreamBroken):
        CONVERSE.read_answer(body)


def test_citations_keep_their_source():
    content = {
        "content": [{"text": "Ebb at six."}],
        "citations": [
            {
                "title": "Tides",
                "source": "https://t.example/1",
                "sourceContent": [{"text": "six"}],
                "location": {"web": {"url": "https://t.example/2"}},
            }
        ],
    }
    body = {"output": {"message": {"role": "assistant", "content": [{"citationsContent": content}]}}, "stopReason": "end_turn"}
    (part,) = CONVERSE.read_answer(json.dumps(body).encode()).candidates[0].parts
    assert (part.text, part.citations[0].url, part.citations[0].cited) == ("Ebb at six.", "https://t.example/2", "six")


def test_a_stream_that_says_nothing_collects_nothing():
    assert collected(CONVERSE.stream_reader().feed(stream(("somethingNew", {"x": 1})))).candidates == ()
