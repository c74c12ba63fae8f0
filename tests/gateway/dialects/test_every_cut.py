"""Each pair of dialects: a stream that is cut, at any byte or at all of them, tells its client what the uncut one tells, byte for byte."""

import asyncio
import json
from collections.abc import Iterator
from uuid import UUID

import pytest

from gateway.dialects import names
from gateway.dialects.collect import collected
from gateway.dialects.openai_chat import stream as chats
from gateway.dialects.openai_responses import response as responses
from gateway.dialects.table import CLIENT_DIALECTS, UPSTREAM_DIALECTS
from gateway.dialects.types import Answer, Candidate, DialectName, Finish, Reasoning, Request, Text, Tokens, ToolCall, Written
from gateway.passages.observing import EventStream
from gateway.passages.translated import TranslatedUpstream
from gateway.providers.bedrock.stream import FramedUpstream, converse_event
from gateway.providers.openai.stream import ChatStream
from gateway.sse import EventParser
from gateway.types import Observation
from gateway.wire.frames import Frame, FrameParser
from tests.gateway.dialects.saying import PAIRS, SPOKEN, converse
from tests.gateway.dialects.scripted import STREAM, Given
from tests.gateway.dialects.test_pairs import read, streamed
from tests.gateway.providers.framing import frame

BEDROCK = DialectName.BEDROCK
ANSWER = Answer(
    id="a1",
    model="m1",
    created=1,
    candidates=(
        Candidate(
            parts=(
                Reasoning(text="hm 潮", signature="c2lnbmVk", origin=DialectName.ANTHROPIC),
                Text("Fünf 🌊"),
                ToolCall(id="call_1", name="weather", arguments='{"city":"Zürich"}'),
                ToolCall(id="call_2", name="f-1", arguments="{}"),
            ),
            finish=Finish.TOOL_CALLS,
        ),
    ),
    tokens=Tokens(input=8, cache_read=3, output=4, reasoning=2),
)
ASKED = Request(model="m", messages=(), include_usage=True, stream=True)
CROSSING = [*(pair for pair in PAIRS if pair[0] is not pair[1]), *((client, BEDROCK) for client in SPOKEN)]


@pytest.fixture(autouse=True)
def nothing_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """No identifier and no time that one stream is given and the next is not."""
    monkeypatch.setattr(names, "uuid4", lambda: UUID(int=7))
    monkeypatch.setattr(chats, "time", lambda: 1.0)
    monkeypatch.setattr(responses, "time", lambda: 1.0)


def sent_by(target: DialectName) -> bytes:
    """The stream as that vendor sends it: Bedrock in frames."""
    if target is not BEDROCK:
        return streamed(target, ANSWER)
    told = [event.split(b"\ndata: ") for event in converse(ANSWER)[1].split(b"\n\n") if event]
    return b"".join(frame(data, message_type="event", event_type=name.removeprefix(b"event: ").decode()) for name, data in told)


def cut_in_two(text: bytes) -> Iterator[list[bytes]]:
    return ([text[:at], text[at:]] for at in range(1, len(text)))


def single(text: bytes) -> list[bytes]:
    return [text[at : at + 1] for at in range(len(text))]


async def crossed(client: DialectName, target: DialectName, pieces: list[bytes]) -> bytes:
    given = Given(200, STREAM, pieces)
    answer = FramedUpstream(given, converse_event) if target is BEDROCK else given
    upstream = TranslatedUpstream(answer, UPSTREAM_DIALECTS[target], CLIENT_DIALECTS[client], ASKED, Written(body=b""))
    told = []
    while (chunk := await upstream.next_chunk()) is not None:
        told.append(chunk)
    return b"".join(told)


@pytest.mark.parametrize(("client", "target"), CROSSING)
def test_a_stream_that_is_cut_at_every_byte_crosses_as_the_whole_one(client: DialectName, target: DialectName):
    text = sent_by(target)
    whole = asyncio.run(crossed(client, target, [text]))
    calls = [part for part in collected(read(client, [whole])).candidates[0].parts if isinstance(part, ToolCall)]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [("weather", {"city": "Zürich"}), ("f-1", {})]
    assert asyncio.run(crossed(client, target, single(text))) == whole


@pytest.mark.parametrize("dialect", [*SPOKEN, BEDROCK])
def test_one_cut_wherever_it_is_changes_no_event(dialect: DialectName):
    """All readers walk over these events, and see nothing of the bytes."""
    parse = frames if dialect is BEDROCK else events
    text = sent_by(dialect)
    whole = parse([text])
    assert all(parse(pieces) == whole for pieces in cut_in_two(text))


@pytest.mark.parametrize("strip", [False, True])
def test_one_cut_wherever_it_is_changes_nothing_of_a_chat_that_passes(strip: bool):
    text = sent_by(DialectName.OPENAI_CHAT)

    def passed(pieces: list[bytes]) -> tuple[bytes, Observation]:
        stream = ChatStream(strip_usage=strip)
        return b"".join([stream.feed(piece) for piece in pieces]) + stream.end(), stream.observation()

    whole = passed([text])
    assert (whole[0] == text) is not strip
    assert all(passed(pieces)[0] == whole[0] for pieces in [single(text), *cut_in_two(text)])
    assert passed(single(text))[1].usage == whole[1].usage


@pytest.mark.parametrize("dialect", SPOKEN)
def test_what_is_told_of_a_stream_that_passes_is_the_same_cut_at_every_byte(dialect: DialectName):
    def observed(pieces: list[bytes]) -> Observation:
        stream = EventStream(UPSTREAM_DIALECTS[dialect].stream_reader())
        assert b"".join([stream.feed(piece) for piece in pieces]) + stream.end() == text
        return stream.observation()

    text = sent_by(dialect)
    assert observed(single(text)) == observed([text])


def events(pieces: list[bytes]) -> list[tuple[bytes | None, bytes]]:
    parser = EventParser()
    found = [event for piece in pieces for event in parser.feed(piece)] + list(parser.end())
    return [(event.data, event.name) for event in found]


def frames(pieces: list[bytes]) -> list[Frame]:
    parser = FrameParser()
    found = [frame for piece in pieces for frame in parser.feed(piece)]
    parser.end()
    return found
