"""What is sent while a model is silent stands between events alone, however the stream is cut and whenever its pieces come."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.dialects.table import CLIENT_DIALECTS
from gateway.dialects.types import DialectName
from gateway.surfaces.keepalive import KeepAlive, as_events, kept_alive
from gateway.types import Inbound, Operation

EVENTS = b"".join(b'event: e\r\ndata: {"n":%d,"t":"\xc3\xbc"}\r\n\r\n' % number for number in range(6))
STREAM = [(b"content-type", b"text/event-stream")]


def asked(body: bytes = b'{"model":"m","stream":true,"messages":[]}', **more) -> Inbound:
    return Inbound(operation=Operation.CHAT, body=body, headers=[], received_ns=1, started=1, **more)


async def sent(pieces: list[bytes], waits: list[float], dialect: DialectName, seconds: float = 0.001) -> bytes:
    out: list[bytes] = []

    async def send(message) -> None:
        await asyncio.sleep(0)  # somebody else may run meanwhile
        out.append(message.get("body", b""))

    with KeepAlive(send, asked(dialect=dialect), seconds) as (kept, _):
        await kept({"type": "http.response.start", "status": 200, "headers": STREAM})
        for piece, wait in zip(pieces, waits, strict=False):
            await asyncio.sleep(wait)
            await kept({"type": "http.response.body", "body": piece, "more_body": True})
        await kept({"type": "http.response.body", "body": b"", "more_body": False})
    return b"".join(out)


@given(st.lists(st.integers(0, len(EVENTS)), max_size=8), st.lists(st.sampled_from([0, 0.002, 0.004]), min_size=9, max_size=9))
@settings(max_examples=15, deadline=None)
def test_events_stay_whole_and_nothing_else_changes(places: list[int], waits: list[float]):
    cuts = sorted({0, len(EVENTS), *places})
    pieces = [EVENTS[start:end] for start, end in zip(cuts, cuts[1:], strict=False)]
    told = asyncio.run(sent(pieces, waits, DialectName.ANTHROPIC))
    ping = CLIENT_DIALECTS[DialectName.ANTHROPIC].keep_alive
    assert told.replace(ping, b"") == EVENTS
    assert all(before.endswith(b"\r\n\r\n") or not before for before in told.split(ping)[:-1] if before)


@pytest.mark.parametrize("dialect", CLIENT_DIALECTS)
async def test_silence_is_filled_in_every_dialect(dialect: DialectName):
    assert CLIENT_DIALECTS[dialect].keep_alive in await sent([EVENTS], [0.02], dialect)


async def test_who_has_no_stream_to_come_or_wants_no_byte_more_pays_for_no_clock():
    async def send(message) -> None: ...

    passed = replace(asked(), operation=Operation.PASSTHROUGH)
    for inbound in (asked(b'{"model":"m","messages":[]}'), passed):
        with kept_alive(send, inbound, 1) as given:
            assert given == (send, inbound)
    with kept_alive(send, asked(), 0) as (sending, _):
        assert sending is send


@pytest.mark.parametrize("prompt", ["when?", ["when?", "where?"], [1, 2]])
def test_a_completion_that_came_whole_is_told_as_events_whatever_its_prompt_was(prompt):
    inbound = replace(asked(json.dumps({"model": "m", "prompt": prompt, "stream": True}).encode()), operation=Operation.COMPLETIONS)
    whole = {
        "id": "c",
        "object": "text_completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "text": "ebb", "finish_reason": "stop"}],
    }
    told = as_events(inbound, 200, [], json.dumps(whole).encode())
    events = [json.loads(event.removeprefix(b"data: ")) for event in told.split(b"\n\n")[:-2]]
    assert ("".join(event["choices"][0]["text"] for event in events), told.endswith(b"data: [DONE]\n\n")) == ("ebb", True)
