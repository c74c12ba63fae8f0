"""Through a proxy: ``CONNECT`` (RFC 9110 section 9.3.6), then the upstream's own TLS inside, or plain HTTP."""

import asyncio
import base64
import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec
from typing_extensions import override

from config.secrets import Secret
from gateway.http.connection import Connection
from gateway.http.errors import Unreachable
from gateway.http.origin import Origin

__all__ = ("Proxy", "proxy_of", "through")

_LARGEST_HEAD: Final = 16 * 1024


class Proxy(msgspec.Struct, frozen=True):
    """Where the proxy listens, over plain TCP, and what it wants to be told."""

    host: str
    port: int
    credentials: Secret | None = None


def proxy_of(url: Secret) -> Proxy:
    """From ``http://user:password@host:port``."""
    parts = urlsplit(url.reveal())
    credentials = None
    if parts.username is not None:
        known = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credentials = Secret(base64.b64encode(known.encode()).decode(), url.reference)
    return Proxy(parts.hostname or "", parts.port or 80, credentials)


async def through(proxy: Proxy, origin: Origin, context: ssl.SSLContext | None, protocol: Callable[[], Connection]) -> Connection:
    """A connection to ``origin`` by way of ``proxy``. Raises ``OSError`` and ``Unreachable``."""
    transport, handshake = await asyncio.get_running_loop().create_connection(_Handshake, proxy.host, proxy.port)
    try:
        transport.write(_asking(proxy, origin))
        _check(await handshake.head, proxy)
        connection = protocol()
        if context is None:
            transport.set_protocol(connection)
            connection.connection_made(transport)
        else:
            connection.connection_made(await _secured(transport, connection, context, origin))
    except BaseException:
        transport.abort()
        raise
    return connection


class _Handshake(asyncio.Protocol):
    """Waits for the head of the proxy's answer; nothing follows it before we have spoken."""

    def __init__(self) -> None:
        self.head: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._said = b""

    @override
    def data_received(self, data: bytes) -> None:
        self._said += data
        if not self.head.done() and (b"\r\n\r\n" in self._said or len(self._said) > _LARGEST_HEAD):
            self.head.set_result(self._said)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.head.done():
            self.head.set_result(self._said)


async def _secured(transport: asyncio.Transport, connection: Connection, context: ssl.SSLContext, origin: Origin) -> asyncio.BaseTransport:
    secured = await asyncio.get_running_loop().start_tls(transport, connection, context, server_hostname=origin.host)
    if secured is None:
        raise Unreachable(f"{origin.host} ended the TLS handshake")
    return secured


def _asking(proxy: Proxy, origin: Origin) -> bytes:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    target = f"{host}:{origin.port}"
    proof = "" if proxy.credentials is None else f"proxy-authorization: Basic {proxy.credentials.reveal()}\r\n"
    return f"CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n{proof}\r\n".encode("latin-1")


def _check(head: bytes, proxy: Proxy) -> None:
    status = head.split(b" ", 2)[1:2]
    if not head.startswith(b"HTTP/1.") or status != [b"200"]:
        said = b"".join(status).decode("latin-1") or "nothing"
        raise Unreachable(f"the proxy {proxy.host} answered {said[:40]} to CONNECT")
