"""Large bodies that go from their socket into a file past the event loop: on the loop that the server runs on, spoken to in bytes."""

import asyncio
import fcntl
import os
import random
import resource
import socket
import tracemalloc
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import uvloop

from registry.artifacts.body import LARGE, POUR, ClientLeft, received
from server.http.pouring import THREADS
from server.http.shared import HEAD_AT_ONCE
from storage.blob_files import write_file
from storage.threads import in_thread
from storage.unfinished import UnfinishedFile
from tests.server.speaking import bodies, exchange, listening

SIZE = 3 * LARGE + 12_345
BODY = random.Random(4).randbytes(SIZE)
OLD = b"what was there"
AFTER = b"GET /after HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


def storing(folder: Path) -> Callable:
    """Stores what is PUT, and answers with its path."""

    async def app(scope, receive, send) -> None:
        status = 200
        if scope["method"] == "PUT":
            try:
                await write_file(folder / scope["path"][1:], received(scope, receive))
            except ClientLeft:
                return
            except OSError:
                status = 507
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode(), "more_body": False})

    return app


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def sockets() -> list[Path]:
    return [each for each in Path("/proc/self/fd").iterdir() if os.path.realpath(each).rpartition("/")[2].startswith("socket:")]


def put(path: str, size: int = SIZE, more: bytes = b"") -> bytes:
    return b"PUT /%b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n%b\r\n" % (path.encode(), size, more)


def run(test: Callable[[], Coroutine[None, None, None]]) -> None:
    uvloop.run(test())


@pytest.mark.parametrize("cuts", [[], [60], [90, 91, LARGE], [len(put("new")), SIZE], [SIZE + 65], [SIZE + 80, SIZE + 100]])
def test_a_large_body_is_stored_byte_by_byte_and_what_comes_behind_it_is_answered_however_the_network_cuts_them(tmp_path, cuts):
    sent = put("new") + BODY + AFTER
    places = [0, *cuts, len(sent)]

    async def test() -> None:
        async with listening(storing(tmp_path)) as listener:
            answer = await exchange(listener, *(sent[start:stop] for start, stop in zip(places, places[1:], strict=False)), pause=0.01)
            assert bodies(answer) == [b"/new", b"/after"]

    run(test)
    assert (tmp_path / "new").read_bytes() == BODY
    assert names(tmp_path) == ["new"]


def test_sixteen_clients_and_one_after_the_other_on_each_connection_all_find_their_own_file(tmp_path):
    contents = {f"{client}-{turn}": BODY[client + turn :] + bytes([client, turn]) for client in range(16) for turn in range(2)}

    async def upload(port: int, client: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for turn in range(2):
            content = contents[f"{client}-{turn}"]
            writer.writelines([put(f"{client}-{turn}", len(content)), content])
            await reader.readuntil(f"/{client}-{turn}".encode())
        writer.close()

    async def test() -> None:
        async with listening(storing(tmp_path)) as listener, asyncio.timeout(20):
            await asyncio.gather(*(upload(listener.port, client) for client in range(16)))

    run(test)
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == contents


@pytest.mark.parametrize("abortive", [False, True])
def test_a_client_that_leaves_within_its_body_leaves_the_old_file_and_nothing_open(tmp_path, abortive):
    (tmp_path / "f").write_bytes(OLD)

    async def test() -> None:
        async with listening(storing(tmp_path)) as listener:
            before = len(sockets())
            _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.writelines([put("f"), BODY[: 2 * LARGE]])
            while len(names(tmp_path)) == 1:
                await asyncio.sleep(0.01)
            if abortive:
                writer.transport.abort()
            writer.close()
            async with asyncio.timeout(10):
                while len(sockets()) > before or len(names(tmp_path)) > 1:
                    await asyncio.sleep(0.01)

    run(test)
    assert (tmp_path / "f").read_bytes() == OLD


def test_a_body_may_be_slow_but_one_that_stops_is_a_408_and_leaves_nothing(tmp_path):
    halves = [BODY[start : start + SIZE // 10] for start in range(0, SIZE, SIZE // 10)]

    async def test() -> None:
        async with listening(storing(tmp_path), body_seconds=1.0) as listener:
            slow, stopped = await asyncio.gather(
                exchange(listener, put("slow"), *halves, pause=0.15, until=b"/slow"), exchange(listener, put("stopped") + BODY[:LARGE])
            )
            assert slow.startswith(b"HTTP/1.1 200 ")
            assert stopped.startswith(b"HTTP/1.1 408 ")

    run(test)
    assert names(tmp_path) == ["slow"]
    assert (tmp_path / "slow").read_bytes() == BODY


def test_a_client_that_asks_first_is_told_to_go_on_and_one_that_says_goodbye_gets_its_answer(tmp_path):
    async def test() -> None:
        async with listening(storing(tmp_path)) as listener, asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.write(put("f", more=b"Expect: 100-continue\r\nConnection: close\r\n"))
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(BODY)
            assert (await reader.read()).endswith(b"/f")
            writer.close()

    run(test)
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_client_that_asks_first_does_not_send_what_has_no_place(tmp_path):
    (tmp_path / "f").write_bytes(OLD)

    async def test() -> None:
        async with listening(storing(tmp_path)) as listener, asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.write(put("f/below", more=b"Expect: 100-continue\r\n"))
            assert (await reader.readline()).startswith(b"HTTP/1.1 507 ")
            writer.close()

    run(test)
    assert (tmp_path / "f").read_bytes() == OLD


def test_little_of_a_large_body_is_read_before_it_is_wanted_and_all_of_it_then():
    seen: list[bytes] = []

    async def app(scope, receive, send) -> None:
        await asyncio.sleep(0.2)  # in which all of it could come
        more = True
        while more:
            message = await receive()
            seen.append(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode(), "more_body": False})

    async def test() -> None:
        async with listening(app) as listener:
            assert bodies(await exchange(listener, put("large") + BODY + AFTER)) == [b"/large", b"/after"]

    run(test)
    assert b"".join(seen) == BODY
    assert len(seen[0]) <= HEAD_AT_ONCE


def test_a_body_in_chunks_is_stored_as_it_is(tmp_path):
    chunks = [BODY[start : start + 100_000] for start in range(0, SIZE, 100_000)]
    coded = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"

    async def test() -> None:
        async with listening(storing(tmp_path)) as listener:
            head = b"PUT /new HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            assert bodies(await exchange(listener, head + coded + AFTER)) == [b"/new", b"/after"]

    run(test)
    assert (tmp_path / "new").read_bytes() == BODY


class TakesNoPipe(UnfinishedFile):
    """A file at whose end is written, into which the system splices nothing (splice(2), EINVAL)."""

    written = 0

    def begin(self) -> int:
        descriptor = super().begin()
        fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
        return descriptor

    def write(self, pieces) -> None:
        super().write(pieces)
        self.written += sum(map(len, pieces))


def test_a_file_that_takes_nothing_from_pipes_holds_the_body_all_the_same(tmp_path):
    file = TakesNoPipe(tmp_path / "f")

    async def app(scope, receive, send) -> None:
        assert await scope["extensions"][POUR](file, SIZE)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"stored", "more_body": False})

    async def test() -> None:
        async with listening(app) as listener:
            assert (await exchange(listener, put("f", more=b"Connection: close\r\n") + BODY)).endswith(b"stored")

    run(test)
    assert ((tmp_path / "f").read_bytes() == BODY, file.written) == (True, SIZE)


class OnAFullDisk(UnfinishedFile):
    def begin(self) -> int:
        self._descriptor = self._descriptor or os.open("/dev/full", os.O_WRONLY)
        return self._descriptor


def test_a_disk_that_is_full_is_told_to_a_client_that_is_still_sending():
    async def app(scope, receive, send) -> None:
        file = OnAFullDisk(Path("not there"))
        try:
            await scope["extensions"][POUR](file, SIZE)
        except OSError as error:
            file.abandon()
            await send({"type": "http.response.start", "status": 507, "headers": []})
            await send({"type": "http.response.body", "body": str(error.strerror).encode(), "more_body": False})

    async def test() -> None:
        async with listening(app) as listener:
            answer = await exchange(listener, put("f") + BODY)
            assert answer.startswith(b"HTTP/1.1 507 ")
            assert answer.endswith(b"No space left on device")

    run(test)


def test_what_a_full_disk_left_in_a_pipe_is_in_nobody_elses_file(tmp_path):
    """A limit on the size of files stands for the disk; it ends within what a pipe holds."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def test() -> None:
        async with listening(storing(tmp_path)) as listener:
            resource.setrlimit(resource.RLIMIT_FSIZE, (LARGE + LARGE // 2, most))
            try:
                refused = await asyncio.gather(*(exchange(listener, put(f"a{number}") + BODY) for number in range(2 * THREADS)))
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            assert all(answer.startswith(b"HTTP/1.1 507 ") for answer in refused)
            for number in range(2 * THREADS):
                assert (await exchange(listener, put(f"b{number}", more=b"Connection: close\r\n") + BODY)).endswith(f"/b{number}".encode())

    run(test)
    assert {name: (tmp_path / name).read_bytes() == BODY for name in names(tmp_path)} == {
        f"b{number}": True for number in range(2 * THREADS)
    }


def test_a_stop_that_waits_no_longer_leaves_nothing_of_what_was_coming(tmp_path):
    async def test() -> None:
        async with listening(storing(tmp_path)) as listener:
            _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.writelines([put("f"), BODY[:LARGE]])
            while not names(tmp_path):
                await asyncio.sleep(0.01)
        writer.close()

    run(test)
    assert names(tmp_path) == []


def test_what_uploads_take_of_memory_does_not_grow_with_them(tmp_path):
    """Python's own memory, in which all of it is; the client sends from the page cache."""
    size = 32 * LARGE
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(size)

    def send(port: int, name: str) -> bytes:
        with socket.create_connection(("127.0.0.1", port)) as client, (tmp_path / "hole").open("rb") as file:
            client.sendall(put(name, size, b"Connection: close\r\n"))
            client.sendfile(file)
            return client.recv(65536)

    async def test() -> None:
        async with listening(storing(tmp_path)) as listener:
            tracemalloc.start()
            with ThreadPoolExecutor(6) as clients:  # the loop's own threads are those that the server needs
                answers = await asyncio.gather(*(in_thread(send, listener.port, f"{number}", threads=clients) for number in range(6)))
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)
            assert peak < 6 * 1_000_000

    run(test)
    assert {(tmp_path / f"{number}").stat().st_size for number in range(6)} == {size}
