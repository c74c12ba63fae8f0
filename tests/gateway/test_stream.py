"""Streams, cut wherever the network likes."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import sse
from gateway.errors import UpstreamBroken
from gateway.passages.chat import known, prepare
from gateway.providers.openai.stream import ChatStream
from gateway.sse import EventParser
from gateway.wire.headers import header_value
from gateway.wire.openai import RequestHead
from gateway.wire.patch import patch, replace


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


USAGE = event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}})
BODY = [
    event({"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Ebb "}, "finish_reason": None}]}),
    b": a comment\r\n\r\n",
    event({"choices": [{"index": 0, "delta": {"content": "ünd flow"}, "finish_reason": None}]}),
    event({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "t", "function": {"name": "f", "arguments": '{"a"'}}]}}]}),
    event({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]}}]}),
    event({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}),
]
END = b"data: [DONE]\n\n"
WHOLE = b"".join(BODY) + USAGE + END


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in zip(marks, marks[1:], strict=False)]


@given(st.lists(st.integers(0, 5000), max_size=30))
def test_a_stream_reads_the_same_wherever_it_is_cut_and_hides_only_the_usage(places: list[int]):
    reader = ChatStream(strip_usage=True)
    forwarded = b"".join(reader.feed(chunk) for chunk in cut(WHOLE, places)) + reader.end()
    assert forwarded == b"".join(BODY) + END
    seen = reader.observation()
    assert reader.ended
    assert (seen.response_id, seen.model, seen.finish_reasons) == ("c", "m", ("tool_calls",))
    assert seen.messages[0].parts == [
        {"type": "text", "content": "Ebb ünd flow"},
        {"type": "tool_call", "id": "t", "name": "f", "arguments": '{"a":1}'},
    ]
    assert seen.usage is not None
    assert (seen.usage.input_tokens, seen.usage.output_tokens) == (3, 2)


@given(st.lists(st.integers(0, 5000), max_size=30))
def test_a_stream_whose_usage_was_asked_for_passes_byte_for_byte(places: list[int]):
    reader = ChatStream(strip_usage=False)
    assert b"".join(reader.feed(chunk) for chunk in cut(WHOLE, places)) + reader.end() == WHOLE


def test_thousands_of_events_in_one_piece_take_no_longer_than_in_many():
    data = b"data: x\n\n" * 200_000  # quadratic, this would be minutes
    parser = EventParser()
    assert sum(1 for _ in parser.feed(data)) == 200_000
    assert list(parser.end()) == []


def test_an_event_without_an_end_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "MOST_BYTES", 1000)
    parser = EventParser()
    list(parser.feed(b"data: " + b"x" * 900))
    with pytest.raises(UpstreamBroken):
        list(parser.feed(b"x" * 900))


@given(st.lists(st.binary(max_size=40), max_size=10), st.lists(st.integers(0, 400), max_size=10))
def test_events_joined_are_the_stream_whatever_it_holds(pieces: list[bytes], places: list[int]):
    data, parser = b"\r\n".join(pieces), EventParser()
    events = [found for chunk in cut(data, places) for found in parser.feed(chunk)] + list(parser.end())
    assert b"".join(found.raw for found in events) == data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | st.just("model"), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=5), JSON, st.integers(0, 4), st.booleans())
def test_only_the_outer_models_value_changes(rest: dict, value: object, indent: int, escaped: bool):
    body = json.dumps({**rest, "model": value, "after": {"model": "inner"}}, indent=indent, ensure_ascii=escaped).encode()
    for patched in (replace(body, "model", b'"new"'), patch(body, {"model": b'"new"'})):
        assert json.loads(patched) == {**json.loads(body), "model": "new"}
        assert len(patched) - len(body) == len(b'"new"') - len(
            json.dumps(value, indent=indent, ensure_ascii=escaped).encode()
        ) or isinstance(value, (list, dict))


@given(st.text(max_size=30))
def test_whatever_somebody_wrote_stands_in_a_header(text: str):
    value = header_value(text)
    assert not any(byte < 0x20 or byte == 0x7F for byte in value)
    assert len(value) == len(text)


LONG = "x" * 5000
LONG_VALUES = st.sampled_from(
    [
        LONG,
        LONG + '"}]{[',
        LONG + "é\\",
        [{"role": "user", "content": LONG}],
        {"model": "inner", "text": LONG},
        [[LONG]],
        "short",
        7,
        None,
        [],
    ]
)
NAMES = st.sampled_from(["messages", "input", "tools", "prompt", "mod\\u0065l", "model", "x", "\\u006dessages"])


@given(st.lists(st.tuples(NAMES, LONG_VALUES), max_size=8), st.sampled_from([None, 1]), st.sampled_from(["messages", "x", "absent"]))
def test_a_body_is_edited_alike_whether_what_was_read_of_it_is_stepped_over_or_not(
    pairs: list[tuple[str, object]], indent: int | None, removed: str
):
    named = [*pairs, ("model", "old")]
    body = ("{" + ", ".join(f'"{name}" : {json.dumps(value, indent=indent)}' for name, value in named) + "}").encode()
    read = known(msgspec.convert(msgspec.json.decode(body, type=dict[str, msgspec.Raw]) | {"model": "m"}, RequestHead))
    assert replace(body, "model", b'"new"', read) == replace(body, "model", b'"new"')
    edits = {"model": b'"new"', removed: None, "put": b"1"}
    assert patch(body, edits, read) == patch(body, edits)


@given(
    st.lists(
        st.tuples(st.sampled_from(["user", "seed", "text"]), st.sampled_from([1, "é\\", {"model": "inner", "stream_options": {}}])),
        max_size=3,
    ),
    st.sampled_from(["", "null", "{}", '{"include_usage": false, "vendor": 1}', '{"include_usage":true}']),
    st.sampled_from([", ", ",\n  "]),
)
def test_a_stream_is_asked_for_its_usage_and_nothing_else_of_the_request_changes(pairs: list[tuple[str, object]], options: str, comma: str):
    others = [f'"{name}" : {json.dumps(value)}' for name, value in pairs]
    told = ['"model":"old"', '"stream": true', *([f'"stream_options":{options}'] if options else [])]
    body = ("{ " + comma.join([*others, *told]) + " }").encode()
    sent = prepare(msgspec.json.decode(body, type=RequestHead), body, "new", {})
    asked, kept = json.loads(sent), json.loads(body)
    assert asked["stream_options"] == {**(json.loads(options or "{}") or {}), "include_usage": True}
    assert asked | {"stream_options": None} == kept | {"model": "new", "stream_options": None}
    assert all(text.encode() in sent for text in others)
