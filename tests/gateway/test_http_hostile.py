"""Whatever an upstream sends: the same whichever way it is cut, one answer or one error, and nothing of one answer in another."""

import asyncio
from collections.abc import Callable

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.schema import TimeoutSettings
from gateway.http import connection, pool
from gateway.http.connection import Connection
from gateway.http.errors import Broken, HttpError
from gateway.upstream import HttpAccount

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
COUNTED = HEAD + b"Content-Length: 11\r\n\r\nhello world"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + COUNTED
UNTIL_CLOSED = HEAD + b"Connection: close\r\n\r\nhello world"
EMPTY = b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"
OLD = b"HTTP/1.0 200 OK\r\n\r\nhello world"
ANSWERS = [COUNTED, CHUNKED, INTERIM, UNTIL_CLOSED, EMPTY, OLD]
Outcome = tuple[int, bytes, bool] | str
"""Status, body and whether the connection may be used again; or what went wrong."""


class Wire(asyncio.Transport):
    """A transport without a network. What the upstream says comes when the request was written."""

    def __init__(self) -> None:
        super().__init__()
        self.over = False

    def write(self, data: bytes) -> None: ...

    def abort(self) -> None:
        self.over = True

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


async def asked(pieces: list[bytes], method: bytes = b"POST") -> Outcome:
    """What becomes of a request that is answered with ``pieces``, after which the upstream closes."""
    to, wire = Connection(TimeoutSettings(), lambda _: None), Wire()
    to.connection_made(wire)
    asking = asyncio.ensure_future(_read(to, method))
    for piece in pieces:
        await asyncio.sleep(0)
        if not wire.over:
            to.data_received(piece)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    reusable = to.reusable
    to.connection_lost(None)
    try:
        async with asyncio.timeout(5):
            status, body = await asking
    except HttpError as error:
        return type(error).__name__
    return status, body, reusable


async def _read(to: Connection, method: bytes) -> tuple[int, bytes]:
    await to.send(method + b" / HTTP/1.1\r\nhost: h\r\n\r\n")
    return to.status, await to.read()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = sorted({0, *(place % len(data) for place in places), len(data)})
    return [data[start:stop] for start, stop in zip(bounds, bounds[1:], strict=False)]


def second_opinion(data: bytes) -> tuple[int, bytes] | None:
    """The answer that h11 sees in ``data`` when the connection then ends; ``None`` where it sees none that is whole."""
    client, status, body = h11.Connection(h11.CLIENT), 0, b""
    client.send(h11.Request(method="POST", target="/", headers=[("host", "h"), ("content-length", "0")]))
    client.send(h11.EndOfMessage())
    try:
        client.receive_data(data)
        client.receive_data(b"")
        while True:
            match client.next_event():
                case h11.Response(status_code=status):
                    pass
                case h11.Data(data=piece):
                    body += bytes(piece)
                case h11.EndOfMessage():
                    return status, body
                case h11.InformationalResponse():
                    pass
                case _:
                    return None
    except h11.RemoteProtocolError:
        return None


@pytest.mark.parametrize("answer", ANSWERS)
async def test_what_is_whole_is_read_and_kept_only_where_another_may_follow(answer: bytes):
    body = b"" if answer is EMPTY else b"hello world"
    status = 204 if answer is EMPTY else 200
    assert await asked([answer]) == (status, body, answer in (COUNTED, CHUNKED, INTERIM, EMPTY))


async def test_an_answer_that_is_whole_is_given_whatever_follows_it_and_its_connection_is_not_kept():
    """Bytes after a 204 that says it is chunked came with its head or after it, as the network would have it."""
    chunked = b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert await asked([chunked + b"0\r\n\r\n"]) == (204, b"", False)


async def test_an_answer_to_head_has_no_body_whatever_it_says():
    assert await asked([HEAD + b"Content-Length: 11\r\n\r\n"], b"HEAD") == (200, b"", False)


@settings(max_examples=120)
@given(st.sampled_from([*ANSWERS, COUNTED + COUNTED, CHUNKED[:-9], b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n"]), st.data())
def test_an_answer_is_the_same_however_the_network_cuts_it(answer: bytes, data: st.DataObject):
    places = data.draw(st.lists(st.integers(0, len(answer)), max_size=12))
    whole, pieces = asyncio.run(asked([answer])), asyncio.run(asked(cut(answer, places)))
    if answer == COUNTED + COUNTED:  # what is said unasked may come before the connection rests, or after
        assert (whole[:2], pieces[:2]) == ((200, b"hello world"), (200, b"hello world"))
    else:
        assert whole == pieces


@settings(max_examples=250)
@given(st.sampled_from(ANSWERS), st.data())
def test_bytes_that_were_tampered_with_are_an_error_or_the_answer_that_others_see(answer: bytes, data: st.DataObject):
    said = bytearray(answer)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(said) - 1))
        new = data.draw(st.sampled_from([b"", b"\r", b"\n", b"\r\n", b" ", b":", b"\0", b"0", b"\xff", b"-", b",", b"chunked"]))
        said[at : at + data.draw(st.integers(0, 2))] = new
    outcome = asyncio.run(asked(cut(bytes(said), [9, 40, 77])))
    others = second_opinion(bytes(said))
    if not isinstance(outcome, str) and others is not None:
        assert outcome[:2] == others


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: +5\r\n\r\nhello",
        HEAD + b"X: a\0b\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        (b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 1000 + b"\r\n\r\n") * 100 + COUNTED,
    ],
)
async def test_what_no_answer_may_say_is_broken(answer: bytes):
    assert await asked([answer]) == "Broken"


class Upstream:
    """Closes each connection when the second request comes on it, ``after`` that many seconds."""

    def __init__(self, after: float) -> None:
        self.after, self.requests = after, 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(2):
            try:
                await reader.readuntil(b"\r\n\r\n{}")
            except asyncio.IncompleteReadError:
                break
            self.requests += 1
            if number == 1:
                await asyncio.sleep(self.after)
                break
            writer.write(COUNTED)
        writer.close()


async def _account(handler: Callable) -> tuple[asyncio.Server, HttpAccount]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    return server, HttpAccount("up", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", TimeoutSettings())


async def _ask(to: HttpAccount) -> bytes:
    answer = await to.post("/", [], b"{}")
    try:
        return await answer.read()
    finally:
        await answer.close()


async def test_a_request_is_sent_again_only_while_the_upstream_cannot_have_begun_to_work_on_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "_RACE_SECONDS", 0.15)
    for after, sent in ((0.0, 3), (0.3, 2)):
        upstream = Upstream(after)
        server, to = await _account(upstream)
        async with server:
            assert await _ask(to) == b"hello world"
            if after:
                with pytest.raises(Exception, match="broke off") as caught:
                    await _ask(to)
                assert isinstance(caught.value.__cause__, Broken)
            else:
                assert await _ask(to) == b"hello world"
            assert upstream.requests == sent
            await to.close()


async def test_connections_that_rest_for_long_are_ended_without_being_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pool, "_IDLE_SECONDS", 0.1)
    monkeypatch.setattr(pool, "_SWEEP_SECONDS", 0.05)
    over = asyncio.Event()

    async def patient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(COUNTED)
        await reader.read()
        over.set()
        writer.close()

    server, to = await _account(patient)
    async with server, asyncio.timeout(5):
        assert await _ask(to) == b"hello world"
        await over.wait()
