"""Each pair of dialects: a conversation goes out and an answer comes back, whole or in a stream that is cut anywhere, and says the same."""

import asyncio
import json
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.dialects.collect import collected, events_of
from gateway.dialects.table import CLIENT_DIALECTS, UPSTREAM_DIALECTS
from gateway.dialects.types import Answer, Counted, DialectName, Event, Media, Reasoning, Request, Text, ToolCall
from tests.gateway.dialects.awsmodel import faults
from tests.gateway.dialects.published import complaint
from tests.gateway.dialects.saying import GEMINI, PAIRS, SPOKEN, answers, converse, requests, said, talked
from tests.gateway.dialects.scripted import Rig, Vendor

few = settings(max_examples=8, deadline=None)
MODELS = {DialectName.ANTHROPIC: "claude-sonnet-4-5"}
"""Models that take every parameter; the newest take fewer."""

BEDROCK = DialectName.BEDROCK

ANY = Request(model="m", messages=(), include_usage=True, stream=True)


def streamed(dialect: DialectName, answer: Answer) -> bytes:
    writer = CLIENT_DIALECTS[dialect].stream_writer(ANY)
    return b"".join(writer.write(event) for event in events_of(answer)) + writer.end()


def cut(text: bytes, places: Iterable[int]) -> list[bytes]:
    at = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[start:end] for start, end in pairwise(at)]


def read(dialect: DialectName, pieces: Iterable[bytes]) -> list[Event]:
    reader = UPSTREAM_DIALECTS[dialect].stream_reader()
    return [event for piece in pieces for event in reader.feed(piece)] + list(reader.end())


@pytest.mark.parametrize("dialect", SPOKEN)
@given(answer=answers())
@few
def test_an_answer_that_is_written_reads_the_same_whole_and_streamed(dialect: DialectName, answer: Answer):
    whole = UPSTREAM_DIALECTS[dialect].read_answer(CLIENT_DIALECTS[dialect].write_answer(answer, ANY))
    assert said(whole) == said(answer)
    assert said(collected(read(dialect, [streamed(dialect, answer)]))) == said(answer)


@pytest.mark.parametrize("dialect", SPOKEN)
@given(answer=answers())
@settings(max_examples=4, deadline=None)
def test_a_stream_cut_at_every_byte_tells_the_same_events_as_the_whole_one(dialect: DialectName, answer: Answer):
    text = streamed(dialect, answer)
    whole = _stable(read(dialect, [text]))
    assert _stable(read(dialect, [text[at : at + 1] for at in range(len(text))])) == whole
    for at in range(1, len(text), 7):
        assert _stable(read(dialect, [text[:at], text[at:]])) == whole


def _stable(events: list[Event]) -> list[Event]:
    """Ids that are made up differ from one reading to the next."""
    return [event if not hasattr(event, "id") else type(event) for event in events if not isinstance(event, Counted)]


@pytest.mark.parametrize(("client", "target"), PAIRS)
@given(request=requests())
@few
def test_a_conversation_crosses_with_its_tools_calls_results_and_pictures(client: DialectName, target: DialectName, request: Request):
    sent = UPSTREAM_DIALECTS[client].write_request(request, MODELS.get(client, "m")).body
    crossed = UPSTREAM_DIALECTS[target].write_request(CLIENT_DIALECTS[client].read_request(sent), MODELS.get(target, "m")).body
    found = CLIENT_DIALECTS[target].read_request(crossed)
    assert talked(found) == talked(request)
    assert (found.sampling.temperature, found.sampling.max_tokens) == (request.sampling.temperature, request.sampling.max_tokens)


@pytest.mark.parametrize(
    ("dialect", "wrong"),
    [
        (DialectName.OPENAI_CHAT, {"model": "m", "messages": [{"role": "user", "content": [{"type": "image"}]}]}),
        (DialectName.OPENAI_RESPONSES, {"model": "m", "input": [{"type": "function_call", "name": "f", "arguments": "{}"}]}),
        (DialectName.ANTHROPIC, {"model": "m", "messages": [{"role": "user", "content": "hi"}]}),
        (DialectName.GEMINI, {"contents": [{"role": "user", "parts": [{"inlineData": {"bytes": "aGk="}}]}]}),
        (BEDROCK, {"messages": [{"role": "user", "content": [{"toolUse": {"name": "a b"}}]}]}),
    ],
)
def test_the_judge_of_requests_refuses_what_a_vendor_would(dialect: DialectName, wrong: dict):
    assert complaint(dialect, json.dumps(wrong).encode())


@pytest.mark.parametrize("client", SPOKEN)
@given(request=requests())
@few
def test_what_is_sent_is_of_the_published_shape(client: DialectName, request: Request):
    sent = UPSTREAM_DIALECTS[client].write_request(request, MODELS.get(client, "m")).body
    crossing = CLIENT_DIALECTS[client].read_request(sent)
    for target in (*SPOKEN, BEDROCK):
        assert complaint(target, UPSTREAM_DIALECTS[target].write_request(crossing, "gpt-5").body) is None


@pytest.mark.parametrize(("client", "target"), [pair for pair in PAIRS if pair[0] is not pair[1]])
def test_an_answer_crosses_the_gateway_whole_and_cut_anywhere(client: DialectName, target: DialectName):
    @given(answer=answers(), places=st.lists(st.integers(0, 100_000), max_size=6))
    @settings(max_examples=4, deadline=None)
    def crosses(answer: Answer, places: list[int]) -> None:
        asyncio.run(_crosses(client, target, answer, places))

    crosses()


async def _crosses(client: DialectName, target: DialectName, answer: Answer, places: list[int]) -> None:
    vendor = Vendor(target, CLIENT_DIALECTS[target].write_answer(answer, ANY), cut(streamed(target, answer), places))
    await _reaches(client, vendor, answer)


async def _reaches(client: DialectName, vendor: Vendor, answer: Answer) -> None:
    rig = Rig(vendor)
    for stream in (False, True):
        text = await rig.text(_asked(client, stream=stream), client, "route" if client is GEMINI else "", stream=stream)
        found = collected(read(client, [text])) if stream else UPSTREAM_DIALECTS[client].read_answer(text)
        assert said(found) == said(answer)
        names = ("input_tokens", "cache_read.input_tokens", "output_tokens", "reasoning.output_tokens")
        counted = [rig.span.get(f"gen_ai.usage.{name}") or 0 for name in names]  # one dialect must say 0 where nothing is known
        tokens = answer.tokens
        thought = tokens.reasoning if vendor.dialect is not BEDROCK else 0  # which counts it within its output and does not say
        assert counted == [tokens.prompt, tokens.cache_read or 0, tokens.completion, thought or 0]


@pytest.mark.parametrize("client", SPOKEN)
def test_an_answer_of_bedrock_crosses_whole_and_cut_anywhere(client: DialectName):
    @given(answer=answers(), places=st.lists(st.integers(0, 100_000), max_size=6))
    @settings(max_examples=4, deadline=None)
    def crosses(answer: Answer, places: list[int]) -> None:
        whole, events = converse(answer)
        asyncio.run(_reaches(client, Vendor(BEDROCK, whole, cut(events, places)), _by_bedrock(answer)))

    crosses()


@pytest.mark.parametrize("client", SPOKEN)
@given(request=requests())
@few
def test_a_conversation_goes_to_bedrock_as_aws_takes_it_with_all_that_was_said(client: DialectName, request: Request):
    sent = UPSTREAM_DIALECTS[client].write_request(request, MODELS.get(client, "m")).body
    body = UPSTREAM_DIALECTS[BEDROCK].write_request(CLIENT_DIALECTS[client].read_request(sent), "amazon.nova-pro-v1:0").body
    assert faults("Converse", body, modelId="amazon.nova-pro-v1:0") == []
    told = [block for turn in json.loads(body)["messages"] for block in turn["content"]]
    parts = [part for message in request.messages for part in message.parts]
    assert [block["text"] for block in told if "text" in block] == [part.text for part in parts if isinstance(part, Text)]
    assert len([block for block in told if "image" in block]) == len([part for part in parts if isinstance(part, Media) and part.data])
    calls = [(block["toolUse"]["name"], block["toolUse"]["input"]) for block in told if "toolUse" in block]
    assert calls == [(part.name, json.loads(part.arguments)) for part in parts if isinstance(part, ToolCall)]
    assert len([block for block in told if "toolResult" in block]) == len(calls)


def _by_bedrock(answer: Answer) -> Answer:
    """The same with thoughts that are signed there."""
    candidate = answer.candidates[0]
    parts = tuple(replace(part, origin=BEDROCK) if isinstance(part, Reasoning) else part for part in candidate.parts)
    return replace(answer, candidates=(replace(candidate, parts=parts),))


def _asked(client: DialectName, *, stream: bool) -> bytes:
    if client is GEMINI:
        return b'{"contents":[{"parts":[{"text":"hi"}]}]}'
    turn = [{"role": "user", "content": "hi"}]
    body = {"model": "route", "input" if client is DialectName.OPENAI_RESPONSES else "messages": turn, "stream": stream}
    more = {"stream_options": {"include_usage": True}} if client is DialectName.OPENAI_CHAT and stream else {}
    return json.dumps(body | more | ({"max_tokens": 9} if client is DialectName.ANTHROPIC else {})).encode()
