"""A stream has one end, whatever ends it."""

import asyncio

import pytest

from gateway.errors import GatewayError, UpstreamBroken
from gateway.passing import STOPPED, passed
from gateway.types import Observation


class Told:
    """Implements ``Ending``; also the passage, its reader and the upstream, each as simple as can be."""

    def __init__(self, chunks: list, *, fails_at: bytes = b"never", event: bytes = b"error") -> None:
        self.chunks, self.fails_at, self.event = list(chunks), fails_at, event
        self.status = 200
        self.ended = self.complete = False
        self.log: list[str] = []

    def read_stream(self) -> "Told":
        return self

    def fail(self, error: GatewayError) -> bytes:
        return self.event and error.code.encode()

    def feed(self, chunk: bytes) -> bytes:
        if chunk == self.fails_at:
            raise ValueError("a mistake in a reader")
        self.ended = self.complete = chunk == b"end"
        return chunk

    def end(self) -> bytes:
        return b""

    def observation(self) -> Observation:
        return Observation()

    async def next_chunk(self) -> bytes | None:
        await asyncio.sleep(0)
        chunk = self.chunks.pop(0) if self.chunks else None
        if isinstance(chunk, Exception):
            raise chunk
        return chunk

    async def close(self) -> None:
        self.log.append("closed")

    def finished(self, status: int, observation: Observation | None, error: GatewayError | None = None) -> None:
        self.log.append(error.code if error else "finished")

    def left(self, observation: Observation | None, *, stopped: bool = False) -> None:
        self.log.append("stopped" if stopped else "left")

    async def leave(self) -> None:
        self.log.append("over")


async def read(told: Told) -> bytes:
    return b" ".join([chunk async for chunk in passed(told, told, b"first", "up/one", told)])


@pytest.mark.parametrize(
    ("chunks", "got", "ends"),
    [
        ([b"end"], b"first end", "finished"),
        ([b"end", b"more"], b"first end more", "finished"),
        ([b"end", UpstreamBroken("late")], b"first end", "finished"),
        ([], b"first upstream_broken", "upstream_broken"),
        ([UpstreamBroken("cut")], b"first upstream_broken", "upstream_broken"),
        ([b"bad"], b"first internal_error", "internal_error"),
    ],
)
async def test_a_stream_is_told_of_once_and_then_let_go(chunks: list, got: bytes, ends: str, caplog: pytest.LogCaptureFixture):
    told = Told(chunks, fails_at=b"bad")
    assert await read(told) == got
    assert told.log == [ends, "closed", "over"]
    assert ("a mistake in a reader" in caplog.text) == (ends == "internal_error")


@pytest.mark.parametrize("chunks", [[UpstreamBroken("cut")], [b"bad"]])
async def test_where_no_event_can_tell_of_it_the_bytes_break_off(chunks: list):
    told = Told(chunks, fails_at=b"bad", event=b"")
    with pytest.raises(GatewayError):
        await read(told)
    assert told.log[1:] == ["closed", "over"]


async def test_a_reader_that_leaves_is_told_of_once_wherever_it_was():
    for taken in (1, 2):
        told = Told([b"second", b"third"])
        stream = passed(told, told, b"first", "up/one", told)
        for _ in range(taken):
            await anext(stream)
        await stream.aclose()
        assert told.log == ["left", "closed", "over"]
    told = Told([b"second"])
    reading = asyncio.ensure_future(read(told))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    assert told.log == ["left", "closed", "over"]


async def test_a_server_that_stops_is_no_client_that_left_and_the_client_is_told():
    told = Told([b"second"])
    reading = asyncio.ensure_future(read(told))
    await asyncio.sleep(0)
    reading.cancel(STOPPED)
    assert await reading == b"first server_stopped"
    assert told.log == ["stopped", "closed", "over"]
