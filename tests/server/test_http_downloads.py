"""Files that go from the disk into their client's connection past the event loop: on the loop that the server runs on, spoken to in bytes."""

import asyncio
import errno
import os
import random
import socket
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.artifacts.transfer import SEND_FILE
from server.http import sending
from server.http.sending import AT_ONCE
from storage.threads import in_thread
from tests.server.speaking import exchange, listening
from tests.server.test_http_uploads import run

SIZE = 3 * AT_ONCE + 12_345
BODY = random.Random(5).randbytes(SIZE)
OPEN = Path("/proc/self/fd")
CLOSE = b"Connection: close\r\n"


def get(path: str, more: bytes = b"") -> bytes:
    return b"GET /%b HTTP/1.1\r\nHost: h\r\n%b\r\n" % (path.encode(), more)


def serving(folder: Path, *, said: int | None = None) -> Callable:
    """Sends a file of a folder, or the part of it that the query says; ``/words`` is so many bytes. ``said``: the length that it tells."""

    async def app(scope, receive, send) -> None:
        if scope["path"] == "/words":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"w" * int(scope["query_string"]), "more_body": False})
            return
        path = folder / scope["path"][1:]
        start, _, stop = scope["query_string"].decode().partition("-")
        first, last = int(start or 0), int(stop or said or path.stat().st_size)
        headers = [(b"content-length", b"%d" % (last - first))]
        with path.open("rb", buffering=0) as file:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": SEND_FILE, "file": file, "offset": first, "count": last - first, "more_body": False})

    return app


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "f").write_bytes(BODY)
    return tmp_path


@pytest.mark.parametrize(("start", "stop"), [(0, SIZE), (0, 1), (SIZE - 1, SIZE), (1, AT_ONCE + 1), (AT_ONCE - 1, 2 * AT_ONCE + 7)])
def test_a_file_or_a_part_of_it_is_sent_byte_by_byte(folder, start, stop):
    async def test() -> None:
        async with listening(serving(folder)) as listener:
            assert body_of(await exchange(listener, get(f"f?{start}-{stop}", CLOSE))) == BODY[start:stop]

    run(test)


def test_answers_before_and_behind_a_file_on_its_connection_keep_their_order(folder):
    """How much of an answer waits in the server when the file is asked for is up to the system: all amounts, with clients that read late."""

    async def ask(port: int, size: int) -> None:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=client, limit=1000)
        writer.write(get(f"words?{size}") + get("f") + get("f?5-10") + get("words?7", CLOSE))
        await asyncio.sleep(0.5)
        found = [part.partition(b"\r\n\r\n")[2] for part in (await reader.read()).split(b"HTTP/1.1 200 OK\r\n")[1:]]
        assert found == [b"w" * size, BODY, BODY[5:10], b"w" * 7]
        writer.close()

    async def test() -> None:
        async with listening(serving(folder)) as listener, asyncio.timeout(20):
            await asyncio.gather(*(ask(listener.port, number * 48_000) for number in range(64)))

    run(test)


def test_sixteen_clients_and_one_after_the_other_on_each_connection_all_get_their_own_file(tmp_path):
    contents = {f"{client}-{turn}": BODY[client + turn :] + bytes([client, turn]) for client in range(16) for turn in range(3)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    async def download(port: int, client: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for turn in range(3):
            writer.write(get(f"{client}-{turn}"))
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(len(contents[f"{client}-{turn}"])) == contents[f"{client}-{turn}"]
        writer.close()

    async def test() -> None:
        async with listening(serving(tmp_path)) as listener, asyncio.timeout(20):
            await asyncio.gather(*(download(listener.port, client) for client in range(16)))

    run(test)


def large(folder: Path) -> None:
    """A file of 64 MB, more than any connection takes without its client."""
    with (folder / "large").open("wb") as file:
        file.truncate(64 * AT_ONCE)


@pytest.mark.parametrize("abortive", [False, True])
def test_a_client_that_leaves_within_a_file_leaves_nothing_open(folder, abortive):
    async def test() -> None:
        large(folder)
        async with listening(serving(folder)) as listener:
            await exchange(listener, get("f", CLOSE))  # the thread, with its own sockets, has begun
            before = len(list(OPEN.iterdir()))
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.write(get("large"))
            await reader.readexactly(1000)
            if abortive:
                writer.transport.abort()
            writer.close()
            async with asyncio.timeout(10):
                while len(list(OPEN.iterdir())) > before:
                    await asyncio.sleep(0.01)

    run(test)


def test_a_client_may_be_slow_but_one_that_reads_nothing_is_let_go(folder):
    async def test() -> None:
        large(folder)
        async with listening(serving(folder), stuck_seconds=1.0) as listener, asyncio.timeout(20):
            slow, slow_writer = await asyncio.open_connection("127.0.0.1", listener.port, limit=1000)
            never, never_writer = await asyncio.open_connection("127.0.0.1", listener.port, limit=1000)
            slow_writer.write(get("large", CLOSE))
            never_writer.write(get("large", CLOSE))
            await slow.readuntil(b"\r\n\r\n")
            for _ in range(16):
                assert len(await slow.readexactly(4 * AT_ONCE)) == 4 * AT_ONCE
                await asyncio.sleep(0.15)
            assert len(await never.read()) < 64 * AT_ONCE
            slow_writer.close()

    run(test)


def test_a_file_that_has_become_shorter_breaks_its_connection_and_no_other(folder, caplog):
    async def test() -> None:
        async with listening(serving(folder, said=SIZE + 10)) as listener:
            assert body_of(await exchange(listener, get("f"))) == BODY, "the end of the connection is the sign that this is not all"
            assert body_of(await exchange(listener, get(f"f?0-{SIZE}", CLOSE))) == BODY

    run(test)
    assert "10 bytes early" in caplog.text


def test_a_file_that_the_system_does_not_have_at_hand_is_read_first(folder, monkeypatch):
    """A flag that no system knows: all file systems answer as those do that do not say what they have at hand."""
    monkeypatch.setattr(sending, "_CACHED_ALONE", 1 << 30)

    async def test() -> None:
        async with listening(serving(folder)) as listener:
            assert body_of(await exchange(listener, get("f", CLOSE))) == BODY
            assert body_of(await exchange(listener, get(f"f?7-{SIZE}", CLOSE))) == BODY[7:]

    run(test)


def test_a_disk_that_fails_breaks_the_connection_of_its_file_and_no_other(folder, monkeypatch, caplog):
    def failing(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    async def test() -> None:
        async with listening(serving(folder)) as listener:
            with monkeypatch.context() as broken:
                broken.setattr(sending, "_CACHED_ALONE", 1 << 30)
                broken.setattr(os, "pread", failing)
                assert await exchange(listener, get("f")) == b""
            assert body_of(await exchange(listener, get("f", CLOSE))) == BODY

    run(test)
    assert "Input/output error" in caplog.text


def test_a_file_system_that_hands_its_pages_to_nobody_is_read_and_sent(folder, monkeypatch):
    def refused(*_: object) -> int:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "sendfile", refused)

    async def test() -> None:
        async with listening(serving(folder)) as listener:
            assert body_of(await exchange(listener, get("f", CLOSE))) == BODY

    run(test)


def test_a_stop_that_waits_no_longer_ends_what_is_being_sent(folder):
    async def test() -> None:
        large(folder)
        async with listening(serving(folder)) as listener:
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port, limit=1000)
            writer.write(get("large"))
            await reader.readexactly(1000)
        async with asyncio.timeout(5):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(64 * AT_ONCE)
        writer.close()

    run(test)


def test_what_downloads_take_of_memory_does_not_grow_with_them(folder):
    large(folder)

    def fetch(port: int) -> int:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(get("large", CLOSE))
            room, come = bytearray(65536), 0
            while got := client.recv_into(room):
                come += got
            return come

    async def test() -> None:
        async with listening(serving(folder)) as listener:
            tracemalloc.start()
            with ThreadPoolExecutor(6) as clients:
                sizes = await asyncio.gather(*(in_thread(fetch, listener.port, threads=clients) for _ in range(6)))
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert all(got > 64 * AT_ONCE for got in sizes)
            assert peak < AT_ONCE

    run(test)
