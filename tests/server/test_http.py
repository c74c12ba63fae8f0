"""The HTTP server, spoken to in bytes."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.http.listener import Listener
from tests.server.speaking import bodies, echo, exchange, listening

GET = b"GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nTrailer: x\r\n\r\n"


@settings(max_examples=60)
@given(st.sampled_from([GET, POST, CHUNKED]), st.lists(st.integers(1, 90), max_size=6))
def test_a_request_is_the_same_however_the_network_cuts_it(request_, cuts):
    places = sorted({0, *(cut % len(request_) for cut in cuts), len(request_)})
    pieces = [request_[start:stop] for start, stop in zip(places, places[1:], strict=False)]

    async def ask() -> bytes:
        async with listening() as listener:
            return await exchange(listener, *pieces, b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")

    answer = asyncio.run(ask())
    expected = b"GET /a b x=1 " if request_ is GET else b"POST /p  hello"
    assert bodies(answer) == [expected, b"GET /last  "]


async def test_requests_that_are_sent_ahead_are_answered_in_their_order():
    async with listening() as listener:
        ahead = b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % number for number in range(100))
        answer = await exchange(listener, ahead + b"GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert bodies(answer) == [*(b"GET /%d  " % number for number in range(100)), b"GET /end  "]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / HTTP/3.0\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"CONNECT example.com:443 HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        (b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\n\r\n", 431),
    ],
)
async def test_what_is_no_request_is_refused_in_words_and_the_connection_ends(request_, status):
    async with listening() as listener:
        answer = await exchange(listener, request_)
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert b"connection: close\r\n" in answer


async def test_other_protocols_are_not_spoken_and_cost_no_answer():
    upgrade = b"POST /p HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\nContent-Length: 2\r\n\r\nhi"
    async with listening() as listener:
        answer = await exchange(listener, upgrade, b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert bodies(answer) == [b"POST /p  hi", b"GET /last  "]


async def test_a_client_of_http_1_0_gets_its_answer_and_the_end():
    async with listening() as listener:
        answer = await exchange(listener, b"GET /old HTTP/1.0\r\n\r\n")
        assert answer.endswith(b"\r\n\r\nGET /old  ")
        kept = b"GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        assert b"connection: keep-alive\r\n" in await exchange(listener, kept, until=b"GET /old  ")


async def test_a_client_that_asks_first_is_told_to_go_on_when_its_body_is_wanted():
    async with listening() as listener:
        head = b"POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
        answer = await exchange(listener, head, b"hello", pause=0.1)
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"POST /p  hello")


async def test_a_head_request_gets_the_head_alone():
    async with listening() as listener:
        answer = await exchange(
            listener, b"HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        )
        first, _, second = answer.partition(b"HTTP/1.1 200 OK\r\n")[2].partition(b"HTTP/1.1 200 OK\r\n")
        assert b"content-length: 9\r\n" in first
        assert first.endswith(b"\r\n\r\n")
        assert second.endswith(b"GET /x  ")


async def test_a_stream_goes_out_piece_by_piece_and_one_that_breaks_off_has_no_end():
    go = asyncio.Event()

    async def stream(scope, receive, send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await go.wait()
        if scope["path"] == "/whole":
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with listening(stream) as listener:
        assert (await exchange(listener, b"GET /whole HTTP/1.1\r\nHost: h\r\n\r\n", until=b"one\r\n")).endswith(b"\r\n\r\n3\r\none\r\n")
        go.set()
        assert (await exchange(listener, b"GET /whole HTTP/1.1\r\nHost: h\r\n\r\n", until=b"0\r\n\r\n")).endswith(b"3\r\none\r\n0\r\n\r\n")
        assert (await exchange(listener, b"GET /broken HTTP/1.1\r\nHost: h\r\n\r\n")).endswith(b"3\r\none\r\n")


async def test_the_application_learns_that_its_client_left():
    left = asyncio.Event()

    async def waiting(scope, receive, send) -> None:
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"for nobody", "more_body": False})
        left.set()

    async with listening(waiting) as listener:
        _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(POST)
        await asyncio.sleep(0.05)
        writer.close()
        async with asyncio.timeout(5):
            await left.wait()


async def test_a_failure_before_the_answer_is_a_500_that_tells_nothing(caplog):
    async def failing(scope, receive, send) -> None:
        raise RuntimeError("a secret")

    async with listening(failing) as listener:
        answer = await exchange(listener, GET)
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert b"secret" not in answer
        assert "a request failed" in caplog.text


@pytest.mark.parametrize("header", [(b"x", b"a\r\nset-cookie: b"), (b"x\n", b"a"), (b"x", b"a\0")])
async def test_a_header_of_an_answer_cannot_hold_another_one(header, caplog):
    async def forging(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [header]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with listening(forging) as listener:
        answer = await exchange(listener, GET)
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert b"set-cookie" not in answer


async def test_an_answer_that_does_not_read_its_request_reaches_a_client_that_is_still_sending():
    async def refusing(scope, receive, send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too large", "more_body": False})

    async with listening(refusing, linger_seconds=1.0) as listener:
        head = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n"
        answer = await exchange(listener, head, *[b"x" * 65536] * 100)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert answer.endswith(b"too large")


async def test_neither_side_is_made_to_hold_what_the_other_does_not_take():
    taken = asyncio.Event()
    sent = 0

    async def slow(scope, receive, send) -> None:
        nonlocal sent
        await taken.wait()
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message["body"]), message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(size // 65536):
            await send({"type": "http.response.body", "body": b"y" * 65536, "more_body": True})
            sent += 65536
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    size = 64 * 1024 * 1024
    async with listening(slow) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port, limit=65536)
        writer.write(b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size)
        sending = asyncio.ensure_future(_pour(writer, size))
        await asyncio.sleep(0.3)
        assert not sending.done()
        taken.set()
        await sending
        await asyncio.sleep(0.3)
        assert sent < size // 2
        total = 0
        while chunk := await reader.read(1 << 20):
            total += len(chunk)
            if chunk.endswith(b"\r\n0\r\n\r\n"):
                break
        assert total > size
        writer.close()


async def _pour(writer: asyncio.StreamWriter, size: int) -> None:
    for _ in range(size // 65536):
        writer.write(b"x" * 65536)
        await writer.drain()


async def test_clients_that_are_too_slow_or_silent_are_hung_up_on():
    async with listening(head_seconds=0.2, idle_seconds=0.2) as listener:
        assert await exchange(listener, b"GET / HTTP/1.1\r\nHo") == b""
        assert await exchange(listener) == b""
        assert (await exchange(listener, GET)).endswith(b"GET /a b x=1 ")


async def test_a_stop_answers_what_is_being_answered_and_takes_nothing_more():
    begun, go = asyncio.Event(), asyncio.Event()

    async def waiting(scope, receive, send) -> None:
        begun.set()
        await go.wait()
        await echo(scope, receive, send)

    listener = await Listener.open(waiting, "127.0.0.1", 0)
    asked = asyncio.ensure_future(exchange(listener, GET))
    idle = asyncio.ensure_future(exchange(listener))
    await begun.wait()
    stopping = asyncio.ensure_future(listener.close(5))
    await asyncio.sleep(0.05)
    assert await idle == b""
    go.set()
    assert (await asked).endswith(b"GET /a b x=1 ")
    await stopping
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", listener.port)
