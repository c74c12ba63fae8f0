"""Whatever bytes come: the same whichever way they are cut, never a failure of ours, and never a request that another server would not see.

h11 is the other server: a second opinion on RFC 9112, written by others and by other means.
"""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.http.listener import Listener
from server.http.protocol import MOST_AHEAD, HttpProtocol
from server.http.shared import Shared

GET = b"GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: t\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
Request = tuple[bytes, bytes, bytes]
"""Method, target, body."""


def post(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([b"POST /p HTTP/1.1", b"Host: h", *lines, b"", body])


class Wire(asyncio.Transport):
    """A transport without a network."""

    def __init__(self) -> None:
        super().__init__()
        self.said = b""
        self.over = self.aborted = False

    def write(self, data: bytes) -> None:
        assert not self.aborted
        self.said += data

    def close(self) -> None:
        self.over = True

    def abort(self) -> None:
        self.over = self.aborted = True

    def is_closing(self) -> bool:
        return self.over

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.over = True

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 1)


@dataclass
class Seen:
    requests: list[Request] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    over: bool = False
    aborted: bool = False


def deliver(protocol: HttpProtocol, data: bytes) -> None:
    while data:
        buffer = protocol.get_buffer(-1)
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        protocol.buffer_updated(size)
        data = data[size:]


async def served(pieces: list[bytes], turns: int = 40) -> Seen:
    seen, wire = Seen(), Wire()

    async def app(scope, receive, send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        seen.requests.append((scope["method"].encode(), scope["raw_path"] + query, body))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok", "more_body": False})

    protocol = HttpProtocol(app, Shared())
    protocol.connection_made(wire)
    for piece in pieces:
        if not wire.aborted:
            deliver(protocol, piece)
        await asyncio.sleep(0)
    for _ in range(turns):
        await asyncio.sleep(0)
    seen.statuses = [int(found) for found in re.findall(rb"HTTP/1\.1 (\d+)", wire.said)]
    seen.over, seen.aborted = wire.over, wire.aborted
    return seen


def cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = sorted({0, *(place % len(data) for place in places), len(data)})
    return [data[start:stop] for start, stop in zip(bounds, bounds[1:], strict=False)]


def second_opinion(data: bytes) -> list[Request] | None:
    """The requests that h11 sees in ``data``, all of them whole; ``None`` where it refuses some of it."""
    connection, found, current = h11.Connection(h11.SERVER), [], (b"", b"")
    body = b""
    try:
        connection.receive_data(data)
        while (event := connection.next_event()) is not h11.NEED_DATA:
            match event:
                case h11.Request():
                    current, body = (event.method, event.target), b""
                case h11.Data():
                    body += bytes(event.data)
                case h11.EndOfMessage():
                    found.append((*current, body))
                    connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                    connection.send(h11.EndOfMessage())
                    if connection.our_state is h11.MUST_CLOSE:
                        return found
                    connection.start_next_cycle()
                case _:
                    return found
    except (h11.RemoteProtocolError, h11.LocalProtocolError):
        return None
    return found


REFUSED = {
    "both lengths": (400, post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
    "a coding before chunked": (501, post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n")),
    "two codings": (501, post(b"Transfer-Encoding: cow", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
    "chunked twice": (400, post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n")),
    "a coding in quotes": (501, post(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n")),
    "a coding on the next line": (400, post(b"Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n")),
    "a space before the colon": (400, post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n")),
    "two lengths": (400, post(b"Content-Length: 5", b"Content-Length: 6", body=b"hello")),
    "a length with a sign": (400, post(b"Content-Length: +5", body=b"hello")),
    "a length in hexadecimal": (400, post(b"Content-Length: 0x5", body=b"hello")),
    "a length beyond all measure": (400, post(b"Content-Length: 99999999999999999999999", body=b"hello")),
    "a folded header": (400, post(b"X: a\r\n b")),
    "line feeds alone": (400, b"GET / HTTP/1.1\nHost: h\n\n"),
    "a carriage return in a value": (400, post(b"X: a\rb")),
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two hosts": (400, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    "HTTP/0.9": (505, b"GET /\r\n\r\n"),
    "HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "a chunk that is longer than it says": (400, post(b"Transfer-Encoding: chunked", body=b"5\r\nhelloXX0\r\n\r\n")),
    "a chunk with 0x": (400, post(b"Transfer-Encoding: chunked", body=b"0x5\r\nhello\r\n0\r\n\r\n")),
    "a chunk of endless size": (400, post(b"Transfer-Encoding: chunked", body=b"f" * 17 + b"\r\nhello")),
    "a line feed in a chunk's extension": (400, post(b"Transfer-Encoding: chunked", body=b"5;a\nb\r\nhello\r\n0\r\n\r\n")),
    "a length among the trailers": (400, post(b"Transfer-Encoding: chunked", body=b"0\r\nContent-Length: 3\r\n\r\n")),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_what_two_servers_might_read_in_two_ways_is_refused_in_words_and_ends_the_connection(name: str, size: int):
    status, data = REFUSED[name]
    seen = await served([data[at : at + size] for at in range(0, len(data), size)])
    assert (seen.requests, seen.statuses, seen.over, seen.aborted) == ([], [status], True, False)


@pytest.mark.parametrize("name", REFUSED)
async def test_requests_before_one_that_is_refused_are_answered_first(name: str):
    status, data = REFUSED[name]
    seen = await served([GET + CHUNKED + data])
    assert (seen.requests, seen.statuses) == ([(b"GET", b"/a%20b?x=1", b""), (b"POST", b"/p", b"hello")], [200, 200, status])
    assert (seen.over, seen.aborted) == (True, False)


async def test_a_client_that_says_it_is_the_last_request_and_sends_another_gets_the_answer_to_the_first():
    seen = await served([LAST + GET])
    assert (seen.requests, seen.statuses, seen.aborted) == ([(b"GET", b"/last", b"")], [200], False)


async def test_requests_that_are_sent_ahead_without_measure_are_not_all_kept():
    seen = await served([GET * (MOST_AHEAD + 100)], turns=5 * MOST_AHEAD)
    assert (len(seen.requests), Counter(seen.statuses), seen.over) == (MOST_AHEAD + 1, {200: MOST_AHEAD + 1, 429: 1}, True)


@settings(max_examples=150)
@given(st.lists(st.sampled_from([GET, POST, CHUNKED, *(data for _, data in REFUSED.values())]), min_size=1, max_size=4), st.data())
def test_requests_are_the_same_however_the_network_cuts_them(requests: list[bytes], data: st.DataObject):
    said = b"".join(requests)
    places = data.draw(st.lists(st.integers(0, len(said)), max_size=12))
    whole, pieces = asyncio.run(served([said])), asyncio.run(served(cut(said, places)))
    assert (whole.requests, whole.statuses, whole.over) == (pieces.requests, pieces.statuses, pieces.over)
    assert not (whole.aborted or pieces.aborted)


@settings(max_examples=300)
@given(st.lists(st.sampled_from([GET, POST, CHUNKED]), min_size=1, max_size=2), st.data())
def test_bytes_that_were_tampered_with_are_never_a_failure_of_ours_and_never_another_request_than_others_see(
    requests: list[bytes], data: st.DataObject
):
    said = bytearray(b"".join(requests))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(said) - 1))
        new = data.draw(st.sampled_from([b"", b"\r", b"\n", b"\r\n", b" ", b":", b"\0", b"0", b"\xff", b"-", b",", b"chunked"]))
        said[at : at + data.draw(st.integers(0, 2))] = new
    seen = asyncio.run(served(cut(bytes(said), [5, 40, 77])))
    assert not seen.aborted
    assert set(seen.statuses) <= {200, 400, 405, 431, 501, 505}
    assert seen.over or not set(seen.statuses) - {200}
    others = second_opinion(bytes(said))
    if others is not None and not seen.over:
        assert [request for request in seen.requests if request in others] == seen.requests


async def test_a_body_that_stops_coming_is_a_408_and_a_client_that_never_reads_is_let_go():
    hung_up = asyncio.Event()

    async def pouring(scope, receive, send) -> None:
        while (message := await receive())["type"] == "http.request" and message["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(200):
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
        hung_up.set()

    listener = await Listener.open(pouring, "127.0.0.1", 0, Shared(body_seconds=0.3, stuck_seconds=0.3))
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(post(b"Content-Length: 10", body=b"half"))
        slow, never = await asyncio.open_connection("127.0.0.1", listener.port, limit=1000)
        never.write(GET)
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
            await hung_up.wait()
        writer.close()
        never.close()
        assert not slow.at_eof()
    finally:
        await listener.close(0.1)
