"""Forwards what a worker does not answer itself to the core, streaming both ways."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, cast

from litestar.types import HTTPScope, Receive, Send
from typing_extensions import override

from config.schema import TimeoutSettings
from gateway.http.connection import Connection
from gateway.http.errors import HttpError
from gateway.http.origin import Origin
from gateway.http.pool import Pool
from gateway.surfaces.watch import ON_LEAVE
from server.dialects import Refusal
from server.guard import answer
from server.workers.place import CLIENT

__all__ = ("Forwarder",)

logger = logging.getLogger(__name__)

_UNTIL_IT_ENDS: Final = float("inf")
_CLOCKS: Final = TimeoutSettings(connect=5.0, first_byte=_UNTIL_IT_ENDS, between_chunks=_UNTIL_IT_ENDS, total=_UNTIL_IT_ENDS)
"""The core keeps its own clocks, and the client of a page that stays open is silent for long."""

_HOP: Final = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"expect", b"proxy-connection", CLIENT})
"""Headers of one connection (RFC 9110 section 7.6.1), and the one that we set."""

_AWAY: Final = Refusal(
    status=503,
    code="core_away",
    message="The part of the server that answers this is away.",
    hint="It is started again by itself: try again in a moment.",
    headers=(("retry-after", "1"),),
)


class CorePool(Pool):
    """Connections to the core's socket."""

    def __init__(self, path: str) -> None:
        super().__init__(Origin(secure=False, host="core", port=80, base_path=""), _CLOCKS, None)
        self._path = path

    @override
    async def _opened(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_unix_connection(lambda: Connection(_CLOCKS, self._forget), self._path)
        return connection


class Forwarder:
    """An ASGI application that forwards every request to the core."""

    def __init__(self, path: str) -> None:
        self._pool = CorePool(path)

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Send the request on as it comes, and the core's answer back."""
        try:
            connection = await self._answered(scope, receive)
        except HttpError as error:
            logger.warning("a request for the core is not answered: %s", error)
            await answer(scope, _AWAY, send)
            return
        if connection is None:
            return
        try:
            await _pass_on(connection, send)
        finally:
            _watch(scope, None)
            self._pool.give(connection)

    def close(self) -> None:
        """End the idle connections."""
        self._pool.close()

    async def _answered(self, scope: HTTPScope, receive: Receive) -> Connection | None:
        """The connection on which the head of the answer has come; ``None`` when the client has left. Raises ``HttpError``."""
        head, body = _head(scope), _body(scope, receive)
        connection = self._pool.warm()
        warm = connection is not None
        while True:
            if connection is None:
                connection = await self._pool.connect()
            _watch(scope, connection.abort)
            try:
                await connection.send(head, body)
            except ClientLeft:
                self._pool.give(connection)
                return None
            except HttpError:
                again = warm and body is None and connection.untouched()  # the core had ended it while it was idle
                self._pool.give(connection)
                if not again:
                    raise
                connection, warm = None, False
            except BaseException:
                self._pool.give(connection)
                raise
            else:
                return connection


class ClientLeft(Exception):
    """The client left before its request was whole."""


async def _pass_on(connection: Connection, send: Send) -> None:
    headers = [header for header in connection.headers if header[0] not in _HOP]
    await send({"type": "http.response.start", "status": connection.status, "headers": headers})
    while (chunk := await connection.next_chunk()) is not None:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _watch(scope: HTTPScope, callback: Callable[[], None] | None) -> None:
    """Have the core's connection ended when the client leaves."""
    told = cast("Any", (scope.get("extensions") or {}).get(ON_LEAVE))
    if told is not None:
        told(callback)


def _has_body(scope: HTTPScope) -> bool:
    return any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in scope["headers"])


def _head(scope: HTTPScope) -> bytes:
    """The request's head as it came, without the headers that belong to one connection."""
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    (host, port), (ours, our_port) = scope["client"] or ("", 0), scope["server"] or ("", 0)
    told = f"{scope['scheme']} {host} {port} {ours} {our_port}".encode("latin-1")
    headers = [header for header in scope["headers"] if header[0] not in _HOP]
    if any(name == b"transfer-encoding" for name, _ in scope["headers"]):
        headers.append((b"transfer-encoding", b"chunked"))
    lines = [b"%b: %b\r\n" % header for header in (*headers, (CLIENT, told))]
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (scope["method"].encode("ascii"), target, b"".join(lines))


def _body(scope: HTTPScope, receive: Receive) -> AsyncIterator[bytes] | None:
    if not _has_body(scope):
        return None
    chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
    return _pieces(receive, chunked=chunked)


async def _pieces(receive: Receive, *, chunked: bool) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientLeft
        piece, more = message["body"], message["more_body"]
        if piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
    if chunked:
        yield b"0\r\n\r\n"
