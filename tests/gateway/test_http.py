"""HTTP to upstreams, against servers that say exactly what they are told, in pieces of any size."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config.schema import TimeoutSettings
from gateway.errors import InvalidRequest, UpstreamBroken, UpstreamTimeout, UpstreamUnreachable
from gateway.http import pool
from gateway.upstream import HttpAccount

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\ntrailer: t\r\n\r\n"
COUNTED = HEAD + b"content-length: 11\r\n\r\nhello world"
UNCOUNTED = HEAD + b"connection: close\r\n\r\nhello world"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + COUNTED


class Server:
    """Answers each request with ``answer``, in ``pieces``, and knows what it was sent."""

    def __init__(self, answer: bytes = COUNTED, *, size: int = 0, close: bool = False) -> None:
        self.answer, self.size, self.close = answer, size, close
        self.requests: list[bytes] = []
        self.connections = self.written = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.single = False

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                self.requests.append(head + await reader.readexactly(length))
                await self._say(writer)
                if self.close:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        step = self.size or len(self.answer)
        for start in range(0, len(self.answer), step):
            await self.hold.wait()
            writer.write(self.answer[start : start + step])
            await writer.drain()
            self.written += step
            if self.single:
                self.hold.clear()
            await asyncio.sleep(0)


@asynccontextmanager
async def serving(handler: Callable, **options) -> AsyncIterator[str]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0, **options)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def account(address: str, scheme: str = "http", **timeouts: float) -> HttpAccount:
    return HttpAccount("up", f"{scheme}://{address}/base", TimeoutSettings(**timeouts))


async def ask(to: HttpAccount, **headers: str) -> bytes:
    answer = await to.post("/path", list(headers.items()), b"{}")
    try:
        return await answer.read()
    finally:
        await answer.close()


@pytest.mark.parametrize("answer", [CHUNKED, COUNTED, UNCOUNTED, INTERIM], ids=["chunked", "counted", "uncounted", "interim"])
@pytest.mark.parametrize("size", [0, 1, 2, 7])
async def test_an_answer_is_the_same_however_the_network_cuts_it(answer, size):
    server = Server(answer, size=size, close=answer is UNCOUNTED)
    async with serving(server) as address:
        to = account(address)
        first = await to.post("/path", [("x-a", "b")], b"{}")
        assert (first.status, first.headers) == (200, [(b"content-type", b"application/json")])
        pieces = [chunk async for chunk in _chunks(first)]
        await first.close()
        assert b"".join(pieces) == b"hello world"
        assert await ask(to) == b"hello world"
        assert server.connections == (2 if answer is UNCOUNTED else 1)
        assert server.requests[0] == b"POST /base/path HTTP/1.1\r\nhost: " + address.encode() + b"\r\nx-a: b\r\ncontent-length: 2\r\n\r\n{}"
        await to.close()


async def _chunks(answer) -> AsyncIterator[bytes]:
    while (chunk := await answer.next_chunk()) is not None:
        yield chunk


@pytest.mark.parametrize(
    "answer",
    [
        CHUNKED[:-9],
        COUNTED[:-1],
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    ],
    ids=["cut chunks", "cut length", "nothing", "no HTTP", "endless head", "two lengths", "bad chunk"],
)
async def test_an_answer_that_is_cut_or_is_no_http_is_broken_and_never_half_an_answer(answer):
    async with serving(Server(answer, close=True)) as address:
        to = account(address)
        with pytest.raises(UpstreamBroken):
            await ask(to)
        await to.close()


async def test_what_an_upstream_says_unasked_is_no_answer_to_the_next_request():
    forged = COUNTED + HEAD.replace(b"200", b"500") + b"content-length: 6\r\n\r\nforged"
    server = Server(forged)
    async with serving(server) as address:
        to = account(address)
        for _ in range(3):
            assert await ask(to) == b"hello world"
        assert server.connections == 3
        await to.close()


async def test_what_nobody_read_of_an_answer_never_reaches_the_next_request():
    server = Server()
    async with serving(server) as address:
        to = account(address)
        unread = await to.post("/path", [], b"{}")
        await asyncio.sleep(0.05)
        await unread.close()
        assert await ask(to) == b"hello world"
        cancelled = asyncio.ensure_future(ask(to))
        while len(server.requests) < 3:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        assert await ask(to) == b"hello world"
        await to.close()


async def test_a_connection_that_went_stale_costs_no_answer():
    server = Server(close=True)
    async with serving(server) as address:
        to = account(address)
        for number in range(1, 4):
            assert await ask(to) == b"hello world"
            assert len(server.requests) == number
        await to.close()


@pytest.mark.parametrize("value", ["a\r\nx-forged: 1", "a\nb", "a\rb", "a\0b", "\N{SNOWMAN}"])
async def test_a_header_cannot_hold_another_one(value):
    server = Server()
    async with serving(server) as address:
        to = account(address)
        with pytest.raises(InvalidRequest):
            await ask(to, x=value)
        assert server.requests == []


async def test_each_clock_ends_the_wait_and_names_its_setting():
    server = Server(size=len(HEAD) + 24)
    server.hold.clear()
    async with serving(server) as address:
        with pytest.raises(UpstreamTimeout, match=r"timeouts\.first_byte"):
            await ask(account(address, first_byte=0.1))
        with pytest.raises(UpstreamTimeout, match=r"timeouts\.total"):
            await ask(account(address, total=0.1))
    server = Server(size=len(HEAD) + 24)
    server.single = True
    async with serving(server) as address:
        answer = await account(address, between_chunks=0.1).post("/", [], b"")
        with pytest.raises(UpstreamTimeout, match=r"timeouts\.between_chunks"):
            await answer.read()


async def test_a_slow_reader_holds_the_upstream_back_and_misses_nothing():
    size = 64 * 1024 * 1024
    server = Server(HEAD + b"content-length: %d\r\n\r\n" % size + b"x" * size, size=65536)
    async with serving(server) as address:
        answer = await account(address, between_chunks=0.3).post("/", [], b"")
        await answer.next_chunk()
        await asyncio.sleep(0.6)
        assert server.written < size // 2
        assert len(await answer.read()) > size // 2
        await answer.close()


async def test_requests_at_the_same_time_have_connections_of_their_own_which_are_used_again():
    server = Server()
    async with serving(server) as address:
        to = account(address)
        for _ in range(3):
            async with asyncio.TaskGroup() as tasks:
                asked = [tasks.create_task(ask(to)) for _ in range(8)]
            assert {task.result() for task in asked} == {b"hello world"}
        assert server.connections == 8
        await to.close()


async def test_tls_is_checked(monkeypatch):
    context, authority = _certificate()
    async with serving(Server(), ssl=context) as address:
        with pytest.raises(UpstreamUnreachable):
            await ask(account(address, "https"))
        trusting = ssl.create_default_context(cadata=authority)
        monkeypatch.setattr(pool, "_trust", lambda: trusting)
        assert await ask(account(address, "https")) == b"hello world"


async def test_a_proxy_of_the_environment_leads_to_the_upstream_and_is_told_its_password(monkeypatch):
    context, authority = _certificate()
    trusting = ssl.create_default_context(cadata=authority)
    monkeypatch.setattr(pool, "_trust", lambda: trusting)
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head)
        if b"proxy-authorization: Basic dTpwQHNz" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            writer.close()
            return
        there = await asyncio.open_connection(*head.split()[1].decode().split(":"))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_pump(reader, there[1]))
            tasks.create_task(_pump(there[0], writer))

    async with serving(Server()) as plain, serving(Server(), ssl=context) as secure, serving(proxy) as between:
        for scheme in ("http", "https"):
            monkeypatch.setenv(f"{scheme}_proxy", f"http://u:p%40ss@{between}")
        assert await ask(account(plain)) == b"hello world"
        assert await ask(account(secure, "https")) == b"hello world"
        assert [head.split()[:2] for head in asked] == [[b"CONNECT", plain.encode()], [b"CONNECT", secure.encode()]]
        monkeypatch.setenv("http_proxy", f"http://u:wrong@{between}")
        with pytest.raises(UpstreamUnreachable) as refused:
            await ask(account(plain))
        assert "407" in str(refused.value.__cause__)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert await ask(account(plain)) == b"hello world"
        assert len(asked) == 3


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
    sink.close()


def _certificate() -> tuple[ssl.SSLContext, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = built.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with tempfile.NamedTemporaryFile() as file:
        file.write(public + private)
        file.flush()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file.name)
    return context, public.decode()
