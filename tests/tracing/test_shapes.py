"""Messages of libraries, as their tracers recorded them, without the fields that tell nothing of what was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response

from tracing.messages import answered, asked
from tracing.shapes import SHAPES, conversation

KIEL = '{"city":"Kiel"}'
CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": KIEL}
CALL_OF_DATA = {**CALL, "arguments": {"city": "Kiel"}}
RESULT = {"type": "tool_call_response", "id": "c1", "response": "11 degrees"}


def text(said: str) -> dict[str, str]:
    return {"type": "text", "content": said}


def said(role: str, *parts: object, **more: object) -> dict[str, object]:
    return {"role": role, "parts": [text(part) if isinstance(part, str) else part for part in parts], **more}


def response(*output: object) -> dict[str, object]:
    """An answer as the SDK has it: each field that is optional is there, and null."""
    given = {"id": "r", "created_at": 1, "model": "m", "object": "response", "output": output, "parallel_tool_calls": True}
    return Response.model_validate({**given, "tool_choice": "auto", "tools": []}).model_dump(mode="json")


def part(**given: object) -> dict[str, object]:
    """A part as Gemini's SDK has it."""
    return {**dict.fromkeys(("file_data", "function_call", "function_response", "inline_data", "text", "thought")), **given}


def langchain(kind: str, content: object, **more: object) -> dict[str, object]:
    return {"content": content, "additional_kwargs": {}, "response_metadata": {}, "type": kind, "name": None, "id": "m1", **more}


def haystack(role: str, *content: object) -> dict[str, object]:
    return {"role": role, "meta": {}, "name": None, "content": list(content)}


def block(kind: str, **more: object) -> dict[str, object]:
    return {"block_type": kind, **more}


def autogen(kind: str, source: str, content: object) -> dict[str, object]:
    return {"id": "m1", "source": source, "models_usage": None, "metadata": {}, "content": content, "type": kind}


OPENAI_ITEMS = [
    {"type": "reasoning", "id": "i0", "summary": [{"type": "summary_text", "text": "look it up"}]},
    {"type": "message", "id": "i1", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "Hm", "annotations": []}]},
    {"type": "function_call", "id": "i2", "call_id": "c1", "name": "weather", "arguments": KIEL},
]  # fmt: skip

PAYLOADS = [
    ("OpenAI Responses", {"model": "m", "input": "Hi", "instructions": "Be brief"}, [said("system", "Be brief"), said("user", "Hi")]),
    (
        "OpenAI Responses",
        {"model": "m", "instructions": "<openai.Omit object at 0x7f>", "text": "<openai.Omit object at 0x7f>", "input": "Hi"},
        [said("user", "Hi")],
    ),
    (
        "OpenAI Responses",
        {"model": "m", "input": [OPENAI_ITEMS[2], {"type": "function_call_output", "call_id": "c1", "output": "11 degrees"}]},
        [said("assistant", CALL), said("tool", RESULT)],
    ),
    ("OpenAI Responses", [OPENAI_ITEMS[2]], [said("assistant", CALL)]),
    ("OpenAI", {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}, [{"role": "user", "content": "Hi"}]),
    (
        "OpenAI",
        {"choices": [{"finish_reason": "stop", "index": 0, "text": "a time"}], "object": "text_completion"},
        [said("assistant", "a time", finish_reason="stop")],
    ),
    (
        "OpenAI",
        {"choices": [{"finish_reason": "length", "index": 0, "message": {"role": "assistant", "content": "Hi"}}]},
        [{"role": "assistant", "content": "Hi", "finish_reason": "length"}],
    ),
    ("OpenAI", {"model": "m", "message": {"role": "assistant", "content": "Hi"}, "done": True}, [{"role": "assistant", "content": "Hi"}]),
    (
        "Anthropic",
        {"system": "Be brief", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5},
        [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}],
    ),
    ("Gemini", {"model": "m", "contents": "Hi"}, [said("user", "Hi")]),
    (
        "Gemini",
        {"contents": ["Look", part(file_data={"mime_type": "image/png", "file_uri": "gs://b/a.png"})], "config": {"system_instruction": "Be brief"}},
        [said("system", "Be brief"), said("user", "Look"), said("user", {"type": "uri", "mime_type": "image/png", "modality": "image", "uri": "gs://b/a.png"})],
    ),
    (
        "Gemini",
        {"candidates": [{"content": {"role": "model", "parts": [part(text="hm", thought=True), part(function_call={"id": "c1", "name": "weather", "args": {"city": "Kiel"}})]}, "finish_reason": "STOP"}]},
        [said("assistant", {"type": "reasoning", "content": "hm"}, CALL_OF_DATA, finish_reason="stop")],
    ),
    (
        "Gemini",
        {"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "c1", "response": "11 degrees"}}, {"inlineData": {"mimeType": "audio/mp3", "data": "QUJD"}}]}], "systemInstruction": {"parts": [{"text": "Be brief"}]}},
        [said("system", "Be brief"), said("user", RESULT, {"type": "blob", "mime_type": "audio/mp3", "modality": "audio", "content": "QUJD"})],
    ),
    ("Gemini", [{"content": {"parts": [{"text": "embed me"}], "role": "user"}, "model": "models/m"}], [said("user", "embed me")]),
    (
        "Bedrock Converse and Strands",
        {
            "modelId": "m",
            "system": [{"text": "Be brief"}],
            "messages": [
                {"role": "user", "content": [{"text": "Weather?"}, {"image": {"format": "png"}}]},
                {"role": "assistant", "content": [{"toolUse": {"toolUseId": "c1", "name": "weather", "input": {"city": "Kiel"}}}]},
                {"role": "user", "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "11 degrees"}]}}]},
            ],
        },
        [said("system", "Be brief"), said("user", "Weather?", {"type": "image", "format": "png"}), said("assistant", CALL_OF_DATA), said("user", RESULT)],
    ),
    (
        "Bedrock Converse and Strands",
        {"output": {"message": {"role": "assistant", "content": [{"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "Hi"}]}}, "stopReason": "end_turn"},
        [said("assistant", {"type": "reasoning", "content": "hm"}, "Hi")],
    ),
    ("Bedrock Converse and Strands", [{"toolUse": {"toolUseId": "c1", "name": "weather", "input": {"city": "Kiel"}}}], [said("", CALL_OF_DATA)]),
    (
        "Haystack",
        {"prompt": {"prompt": []}, "llm": {"replies": [haystack("assistant", {"reasoning": {"reasoning_text": "hm"}}, {"tool_call": {"tool_name": "weather", "arguments": {"city": "Kiel"}, "id": "c1"}})]}},
        [said("assistant", {"type": "reasoning", "content": "hm"}, CALL_OF_DATA)],
    ),
    (
        "Haystack",
        {"messages": [haystack("system", {"text": "Be brief"}), haystack("tool", {"tool_call_result": {"result": "11 degrees", "origin": {"id": "c1"}, "error": False}})]},
        [said("system", "Be brief"), said("tool", RESULT)],
    ),
    ("Haystack", {"prompt": [haystack("user", {"text": "Hi"})]}, [said("user", "Hi")]),
    (
        "CrewAI",
        {"raw": "Hi", "expected_output": "a greeting", "agent": "clerk", "messages": [{"role": "user", "content": "Current task: greet"}]},
        [said("assistant", "Hi")],
    ),
    ("CrewAI", {"raw": "Hi", "tasks_output": [{"raw": "Hi"}], "token_usage": {}}, [said("assistant", "Hi")]),
    (
        "LangChain and LangGraph",
        {
            "messages": [
                langchain("human", "Weather?"),
                langchain("ai", "", tool_calls=[{"name": "weather", "args": {"city": "Kiel"}, "id": "c1", "type": "tool_call"}]),
                langchain("tool", "11 degrees", tool_call_id="c1"),
                langchain("ai", [{"type": "text", "text": "11"}], tool_calls=[]),
            ]
        },
        [said("user", "Weather?"), said("assistant", CALL_OF_DATA), said("tool", RESULT), said("assistant", {"type": "text", "text": "11"})],
    ),
    (
        "LangChain and LangGraph",
        [{"graph": None, "update": {"messages": [langchain("ai", "Hi")]}, "resume": None, "goto": []}],
        [said("assistant", "Hi")],
    ),
    (
        "LangChain and LangGraph",
        {"generations": [[{"text": "Hi", "generation_info": None, "message": langchain("ai", "Hi")}]], "llm_output": {}},
        [said("assistant", "Hi")],
    ),
    (
        "LangChain and LangGraph",
        [[{"lc": 1, "type": "constructor", "id": ["langchain", "schema", "HumanMessage"], "kwargs": {"content": "Hi", "type": "human"}}]],
        [said("user", "Hi")],
    ),
    (
        "LlamaIndex",
        {"messages": [{"role": "system", "additional_kwargs": {}, "blocks": [block("text", text="Be brief")]}, {"role": "tool", "additional_kwargs": {"tool_call_id": "c1"}, "blocks": [block("text", text="11 degrees")]}]},
        [said("system", "Be brief"), said("tool", RESULT)],
    ),
    (
        "LlamaIndex",
        {"message": {"role": "assistant", "blocks": [block("tool_call", tool_call_id="c1", tool_name="weather", tool_kwargs=KIEL)]}, "raw": {}},
        [said("assistant", CALL)],
    ),
    ("LlamaIndex", {"result": {"response": {"role": "assistant", "blocks": [block("text", text="Hi")]}, "tool_calls": []}}, [said("assistant", "Hi")]),
    (
        "Pydantic AI",
        {
            "messages": [
                {"kind": "request", "parts": [{"part_kind": "system-prompt", "content": "Be brief"}, {"part_kind": "user-prompt", "content": ["Look", {"kind": "image-url", "url": "https://a.test/a.png"}]}]},
                {"kind": "response", "parts": [{"part_kind": "thinking", "content": "hm"}, {"part_kind": "tool-call", "tool_name": "weather", "args": KIEL, "tool_call_id": "c1"}]},
                {"kind": "request", "parts": [{"part_kind": "tool-return", "tool_name": "weather", "content": "11 degrees", "tool_call_id": "c1"}]},
            ]
        },
        [
            said("system", "Be brief"),
            said("user", "Look", {"type": "uri", "modality": "image", "uri": "https://a.test/a.png"}),
            said("assistant", {"type": "reasoning", "content": "hm"}, CALL),
            said("tool", RESULT),
        ],
    ),
    (
        "AutoGen",
        {
            "messages": [
                autogen("TextMessage", "user", "Weather?"),
                autogen("ThoughtEvent", "clerk", "hm"),
                autogen("ToolCallRequestEvent", "clerk", [{"id": "c1", "arguments": KIEL, "name": "weather"}]),
                autogen("ToolCallExecutionEvent", "clerk", [{"content": "11 degrees", "name": "weather", "call_id": "c1", "is_error": False}]),
            ],
            "stop_reason": None,
        },
        [
            said("user", "Weather?"),
            said("assistant", {"type": "reasoning", "content": "hm"}, name="clerk"),
            said("assistant", CALL, name="clerk"),
            said("tool", RESULT, name="clerk"),
        ],
    ),
    ("AutoGen", {"chat_message": autogen("TextMessage", "clerk", "Hi"), "inner_messages": []}, [said("assistant", "Hi", name="clerk")]),
]  # fmt: skip


@pytest.mark.parametrize(("library", "payload", "expected"), PAYLOADS)
def test_what_a_library_recorded_is_read_as_messages_of_the_conventions(library, payload, expected):
    assert conversation(payload) == expected


def test_each_shape_of_the_table_is_among_the_payloads():
    assert {shape.library for shape in SHAPES} == {library for library, _, _ in PAYLOADS}


def test_the_items_of_a_response_are_one_message_of_the_assistant():
    (message,) = conversation(response(*OPENAI_ITEMS))
    assert message["role"] == "assistant"
    assert [part["type"] for part in message["parts"]] == ["reasoning", "output_text", "tool_call"]
    assert answered(response(*OPENAI_ITEMS)).preview == f"look it up Hm weather({KIEL})"


def test_a_call_of_the_services_own_tool_stays_whole():
    search = {"type": "web_search_call", "id": "i", "status": "completed", "action": {"type": "search", "query": "tides"}}
    (message,) = conversation(response(search))
    assert message["parts"][0]["action"]["query"] == "tides"


def test_of_a_whole_conversation_that_comes_back_the_last_words_are_shown_and_of_several_answers_the_first():
    history = {"messages": [langchain("human", "Weather?"), langchain("ai", "11 degrees")]}
    assert answered(history).preview == "11 degrees"
    choices = {"choices": [{"index": index, "message": {"role": "assistant", "content": f"answer {index}"}} for index in range(2)]}
    assert answered(choices).preview == "answer 0"


@pytest.mark.parametrize(
    "payload",
    [
        "text",
        None,
        [],
        {"question": "What is a tide?"},
        {"messages": [{"role": "user", "content": "Hi"}, {"nobody": "knows"}]},
        [{"role": "user", "content": "Hi"}, 7],
        {"output": [1], "object": "response"},
    ],
)
def test_what_no_shape_knows_stays_as_it_is_so_that_nothing_of_it_is_left_out(payload):
    assert conversation(payload) is payload


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ({"task": "Look"}, "Look"),
        ({"model": "m", "input": ["a", "b"]}, "a b"),
        (["a", "b"], "a b"),
        ({"args": ["Look"]}, "Look"),
        ({"user_msg": "Look", "memory": None}, "Look"),
    ],
)
def test_the_one_text_of_an_input_is_shown(payload, shown):
    assert asked(payload).preview == shown


KEYS = st.sampled_from(
    [
        "role", "content", "parts", "part_kind", "type", "text", "messages", "message", "choices", "index", "candidates",
        "contents", "config", "system", "system_instruction", "output", "object", "input", "model", "instructions", "summary",
        "generations", "update", "kwargs", "generation_info", "tool_calls", "args", "blocks", "block_type", "response",
        "result", "additional_kwargs", "toolUse", "toolResult", "reasoningContent", "function_call", "function_response",
        "inline_data", "chat_message", "replies", "prompt", "meta", "tool_call", "tool_call_result", "origin", "raw", "tasks_output", "source", "call_id", "arguments", "id",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    ["user", "tool", "human", "ai", "function_call", "reasoning", "response", "text", "constructor", "TextMessage", "user-prompt"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_messages_or_what_it_was(payload):
    found = conversation(payload)
    assert found is payload or all(isinstance(message["role"], str) for message in found)


def test_nesting_that_json_allows_breaks_nothing():
    for key in ("content", "kwargs", "message", "update", "response", "output"):
        value: object = "x"
        for _ in range(900):
            value = {key: value, "type": "constructor", "role": None}
        assert conversation(value) is value
