"""AWS's binary event streams, whole, cut, damaged and made up."""

import json

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UpstreamBroken
from gateway.providers.bedrock.stream import converse_event, invoke_event
from gateway.wire.frames import FrameParser
from tests.gateway.providers.framing import event, exception, frame, invoked

HEADERS = st.dictionaries(st.text("abcdefgh_", min_size=1, max_size=10), st.text(max_size=30), max_size=4)
FRAMES = st.lists(st.tuples(st.binary(max_size=200), HEADERS), max_size=6)


def parsed(data: bytes, places: list[int] = ()) -> list:
    parser, marks = FrameParser(), sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    found = [each for start, end in zip(marks, marks[1:], strict=False) for each in parser.feed(data[start:end])]
    parser.end()
    return found


@given(FRAMES, st.lists(st.integers(0, 5000), max_size=20))
def test_frames_read_the_same_wherever_they_are_cut_and_as_botocore_reads_them(frames: list, places: list[int]):
    data = b"".join(frame(payload, **headers) for payload, headers in frames)
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    theirs = [(message.payload, message.headers) for message in buffer]
    assert [(each.payload, dict(each.headers)) for each in parsed(data, places)] == theirs


@given(st.binary(max_size=300), st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_byte_is_noticed_wherever_it_is(payload: bytes, place: int, change: int):
    data = bytearray(frame(payload, event_type="chunk"))
    data[place % len(data)] ^= change
    with pytest.raises(UpstreamBroken):
        parsed(bytes(data))


@given(st.lists(st.binary(max_size=100), max_size=10))
def test_anything_else_is_an_error_of_ours(chunks: list[bytes]):
    try:
        parsed(b"".join(chunks))
    except UpstreamBroken:
        return
    assert not b"".join(chunks)


@pytest.mark.parametrize("length", [0, 1, 15, 16, 300])
def test_a_stream_that_ends_within_a_frame_is_broken(length: int):
    data = frame(b"x" * 400, event_type="chunk")
    if length == 0:
        assert parsed(b"") == []
        return
    with pytest.raises(UpstreamBroken):
        parsed(data[:length])


def test_claudes_events_come_out_as_claude_sends_them():
    said = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "tide\n"}}
    (found,) = parsed(invoked(said))
    name, data, end = invoke_event(found).split(b"\n", 2)
    assert (name, end) == (b"event: content_block_delta", b"\n")
    assert json.loads(data.removeprefix(b"data: ")) == said


def test_an_exception_within_a_stream_is_an_error_event():
    (found,) = parsed(exception("throttlingException", "slow down"))
    text = invoke_event(found)
    assert text.startswith(b"event: error\n")
    assert json.loads(text.split(b"data: ")[1])["error"] == {"type": "rate_limit_error", "message": "slow down"}
    assert converse_event(found) == b'event: throttlingException\ndata: {"message": "slow down"}\n\n'


def test_an_event_of_converse_keeps_its_name():
    (found,) = parsed(event("contentBlockDelta", {"delta": {"text": "hi"}}))
    assert converse_event(found) == b'event: contentBlockDelta\ndata: {"delta": {"text": "hi"}}\n\n'


@given(st.binary(max_size=100))
def test_an_event_that_is_none_is_an_error_of_ours(payload: bytes):
    (found,) = parsed(frame(payload, message_type="event", event_type="chunk"))
    with pytest.raises(UpstreamBroken):
        invoke_event(found)
