"""What was said in OpenAI's chat, read when a span is stored."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tracing.openai_chat import unread_attributes
from tracing.raw import RawSpan, attributes_of
from tracing.types import Status

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def span(asked: bytes = b"", answered: bytes = b"", **attributes) -> RawSpan:
    told = RawSpan("0" * 32, "0" * 16, None, "chat m", "CLIENT", 1, 2, Status.OK, "", attributes, msgspec.Raw(b"\x80"), "s", "1", "gateway")
    return msgspec.structs.replace(told, asked=asked, answered=answered)


def test_messages_that_nobody_read_yet_are_attributes_of_the_stored_span():
    asked = b'[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"}]'
    answered = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}'
    assert attributes_of(span(asked, answered, a=1)) == {
        "a": 1,
        "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hello"}]}]',
        "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"Hi"}],"finish_reason":"stop"}]',
    }


def test_an_answer_in_another_form_stays_on_the_span_as_it_came():
    assert unread_attributes(b"", b'{"choices":[{"message":{"content":5}}]}') == {
        "gen_ai.output.messages": '{"choices":[{"message":{"content":5}}]}'
    }


@given(_JSON, _JSON)
def test_whatever_was_said_can_be_stored(asked, answered):
    found = unread_attributes(msgspec.json.encode(asked), msgspec.json.encode(answered))
    assert all(isinstance(value, str) for value in found.values())
