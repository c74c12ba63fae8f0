import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracing.messages import MAX_PREVIEW, MAX_SEARCH_TEXT, answered, asked, messages
from tracing.payload import cut, decode, encode, to_json

HELLO = "hello"


@pytest.mark.parametrize(
    "value",
    [
        [{"role": "user", "parts": [{"type": "text", "content": HELLO}]}],
        [{"role": "user", "content": HELLO}],
        {"messages": [{"role": "user", "content": [{"type": "text", "text": HELLO}]}]},
        {"contents": [{"role": "user", "parts": [{"text": HELLO}]}]},
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": HELLO}}]},
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": HELLO}]}]},
        {"question": HELLO},
        HELLO,
    ],
)
def test_what_was_said_is_found_in_every_shape(value):
    assert asked(value).preview == HELLO
    assert asked(value).text == HELLO


def test_only_what_this_call_added_is_searched_and_shown():
    said = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "old question"},
        {"role": "assistant", "content": "old answer"},
        {"role": "user", "content": "new question"},
    ]
    assert asked(said).text == "new question"
    assert asked(said).preview == "new question"
    assert asked(said[:2]).preview == "old question"


def test_a_picture_is_named_and_its_bytes_are_not_text():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 5000}}
    said = [{"role": "user", "content": [{"type": "text", "text": "what is this?"}, picture]}]
    assert asked(said).text == "what is this?\n[image]"
    assert asked("see " + "QUJD" * 1000).text == "see [data]"


def test_a_tool_and_its_answer_are_text():
    said = [
        {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "tide", "arguments": '{"port":"X"}'}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "07:41"}]},
    ]
    found = messages(said)
    assert found is not None
    assert [message.text for message in found] == ['tide({"port":"X"})', "07:41"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=400),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["role", "content", "parts", "type", "text", "messages", "function", "tool_calls", "x"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_has_a_preview_of_one_short_line_and_a_text_of_limited_length(value):
    for summary in (asked(value), answered(value)):
        assert len(summary.preview) <= MAX_PREVIEW
        assert "\n" not in summary.preview
        assert len(summary.text) <= MAX_SEARCH_TEXT


@given(JSON | st.floats(allow_nan=False, allow_infinity=False), st.booleans())
def test_a_payload_is_json_that_holds_what_the_attribute_held(value, escaped):
    payload = to_json(json.dumps(value, ensure_ascii=escaped) if isinstance(value, list | dict) else value)
    if payload is None:
        assert value in (None, "")
    elif isinstance(value, str) and value[:1] in "[{":
        assert decode(payload) in (value, decode(value))
    else:
        assert json.loads(payload) == value


def test_letters_are_stored_as_letters_so_that_they_are_found():
    assert to_json('["caf\\u00e9"]') == '["café"]'


def test_what_looks_like_json_but_is_not_is_text():
    assert to_json("[not json]") == '"[not json]"'


def test_what_pythons_json_writes_for_numbers_that_are_none_leaves_the_rest_of_a_payload_readable():
    payload = to_json('{"q": "é", "scores": [NaN, Infinity, -Infinity, 1.5]}')
    assert decode(payload) == {"q": "é", "scores": ["nan", "inf", "-inf", 1.5]}
    for text in ("NaN", "[NaN", '["\\ud800", NaN]'):
        assert decode(to_json(text)) == text


def test_a_payload_over_the_limit_is_shortened_inside_and_says_so():
    shortened, lost = cut(encode([{"role": "user", "content": "x" * 50_000}]), 20_000)
    assert lost
    (message,) = json.loads(shortened)
    assert message["content"].endswith("more characters]")
    whole, nothing_lost = cut("[]")
    assert (whole, nothing_lost) == ("[]", False)
    many, lost = cut(encode(["y" * 100] * 1000), 20_000)
    assert lost
    assert len(many) <= 20_000
    assert json.loads(many).startswith('["yyy')


DATA = st.builds(lambda letters, times: letters * times, st.text("Ab9+/_-", min_size=1, max_size=4), st.integers(1, 300))
WORDS = st.one_of(st.text(max_size=12), st.sampled_from(["data:image/png;base64,", "=", "==", " ", "\ud800", "é"]), DATA)


@given(st.lists(WORDS, max_size=8))
def test_data_among_words_is_left_out_and_nothing_else_wherever_it_stands(pieces: list[str]):
    text = "".join(pieces)
    assert asked(text).text == re.sub(r"(?:data:[\w.+/-]{1,100};base64,)?[A-Za-z0-9+/_-]{256,}={0,2}", "[data]", text)
