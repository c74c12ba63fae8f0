import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ui.chat import Chat, Data, Media, Message, Reasoning, Text, ToolResult, read_chat
from tracing.types import SpanContent


def read(**content):
    return read_chat(SpanContent(**{key: msgspec.json.encode(value).decode() for key, value in content.items()}))


CALL = {"id": 7}
SHAPES = {
    "genai": [
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "find", "arguments": CALL}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "here"}]},
    ],
    "openai": [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "find", "arguments": '{"id": 7}'}}]},
        {"role": "tool", "tool_call_id": "c", "content": "here"},
    ],
    "anthropic": [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "find", "input": CALL}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": [{"type": "text", "text": "here"}]}]},
    ],
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_tool_call_stands_with_its_answer_in_every_dialect(shape):
    (message,) = read(input=SHAPES[shape]).messages
    (call,) = message.parts
    assert (call.name, msgspec.json.decode(call.arguments), call.result) == ("find", CALL, "here")


def test_an_answer_without_its_call_is_still_shown():
    (message,) = read(input=[{"role": "tool", "tool_call_id": "gone", "content": "here"}]).messages
    assert message.parts == (ToolResult("here", "gone"),)


def test_system_instructions_come_first_and_the_reply_apart():
    chat = read(
        system=[{"type": "text", "content": "Be kind."}],
        input=[{"role": "user", "content": "Hi"}],
        output=[{"role": "assistant", "content": "Hello"}],
    )
    assert [(message.role, message.parts) for message in chat.messages] == [("system", (Text("Be kind."),)), ("user", (Text("Hi"),))]
    assert chat.reply == (Message("assistant", (Text("Hello"),)),)


def test_a_whole_openai_request_and_answer_are_read():
    chat = read(
        input={"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
        output={"choices": [{"message": {"role": "assistant", "content": "Yo", "reasoning_content": "hm"}, "finish_reason": "length"}]},
    )
    assert chat.messages[0].parts == (Text("Hi"),)
    assert chat.reply[0].parts == (Reasoning("hm"), Text("Yo"))
    assert chat.reply[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("part", "label"),
    [
        ({"type": "image_url", "image_url": {"url": "https://cdn.example.com/a.png?token=1"}}, "cdn.example.com"),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 4000}}, "image/png · 3.0 kB"),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "A" * 400}}, "image/jpeg · 300 B"),
        ({"type": "blob", "modality": "image", "mime_type": "image/webp", "content": "AAAA"}, "image/webp · 3 B"),
    ],
)
def test_media_are_named_and_their_bytes_left_out(part, label):
    (found,) = read(input=[{"role": "user", "content": [part]}]).messages[0].parts
    assert isinstance(found, Media)
    assert (found.kind, found.label) == ("image", label)


def test_a_question_that_an_agent_gives_back_in_front_of_its_answer_is_shown_once():
    question, answer = {"role": "user", "content": "Weather?"}, {"role": "assistant", "content": "11 degrees"}
    chat = read(input={"messages": [question]}, output={"messages": [question, answer]})
    assert [message.role for message in (*chat.messages, *chat.reply)] == ["user", "assistant"]
    echo = read(input=[question], output=[question])
    assert len(echo.reply) == 1


def test_json_of_no_known_shape_is_shown_as_json():
    (message,) = read(input={"query": "lamp", "k": 3}).messages
    assert message.role == "input"
    assert isinstance(message.parts[0], Data)


def test_text_that_is_no_json_is_shown_as_text():
    assert read_chat(SpanContent(output="not {json")).reply == (Message("output", (Text("not {json"),)),)


def test_nothing_recorded_is_an_empty_chat():
    assert not read_chat(SpanContent())
    assert read_chat(SpanContent(input="[]", output="null")) == Chat()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["role", "parts", "content", "type", "messages", "choices", "message", "tool_calls", "function", "id", "image_url"]), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(JSON, JSON)
def test_no_json_whatever_breaks_the_reader(sent, reply):
    assert isinstance(read(input=sent, output=reply, tools=sent), Chat)


@given(st.text(), st.text())
def test_no_text_whatever_breaks_the_reader(sent, reply):
    assert isinstance(read_chat(SpanContent(input=sent, output=reply)), Chat)
