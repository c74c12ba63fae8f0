"""The one seam to upstreams: a request out, status and bytes back, every failure in our own words.

No redirect is followed, nothing is decompressed and no cookie kept: what the upstream sent is what the client gets. Four clocks run,
``connect``, ``first_byte``, ``between_chunks`` and ``total``; whoever stops waiting, for whatever reason, hangs up at once.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Final

from typing_extensions import override

from config.proxies import proxy_for
from config.schema import TimeoutSettings
from gateway.errors import InvalidRequest, UpstreamBroken, UpstreamFailure, UpstreamTimeout, UpstreamUnreachable
from gateway.http.connection import Connection
from gateway.http.errors import Broken, HttpError, Overdue, Unreachable
from gateway.http.origin import Origin
from gateway.http.pool import Pool
from gateway.http.tunnel import proxy_of
from gateway.masking import Masking, Passing
from gateway.types import Headers, Upstream
from gateway.upload import Sending
from gateway.wire.headers import content_type

__all__ = ("HttpAccount", "HttpUpstream")

_KEPT: Final = frozenset(
    {
        b"content-type",
        b"content-encoding",
        b"retry-after",
        b"retry-after-ms",
        b"x-should-retry",
        b"x-request-id",
        b"request-id",
        b"x-amzn-requestid",
        b"x-amzn-errortype",
    }
)
_KEPT_PREFIXES: Final = (b"x-ratelimit-", b"openai-", b"anthropic-ratelimit-", b"x-goog-upload-")
_COMPLAINTS: Final = {
    "connect": "took no connection within {seconds:g} s (timeouts.connect)",
    "first_byte": "sent no first byte within {seconds:g} s (timeouts.first_byte)",
    "between_chunks": "was silent for {seconds:g} s within an answer (timeouts.between_chunks)",
    "total": "was not through after {seconds:g} s (timeouts.total)",
}


class HttpAccount:
    """Connections to one upstream.

    ``name`` is the provider's name in the settings, for messages; ``headers`` are sent with each request; ``public_only`` is the setting of
    that name; ``masking`` hides the account's secrets in what comes back.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        timeouts: TimeoutSettings,
        headers: Iterable[tuple[str, str]] = (),
        *,
        public_only: bool = False,
        masking: Masking | None = None,
    ) -> None:
        self.name = name
        self._headers = tuple(headers)
        self.masking = masking or Masking()
        self.base_url = base_url.rstrip("/")
        self._origin = Origin.of(base_url)
        self.address = self._origin.host
        proxy = proxy_for(base_url)
        self._pool = Pool(self._origin, timeouts, None if proxy is None else proxy_of(proxy), public_only=public_only)

    async def post(self, path: str, headers: Iterable[tuple[str, str]], body: bytes | Sending, method: str = "POST") -> Upstream:
        """Send ``body`` and wait for the answer's head. Raises ``UpstreamFailure``, and ``InvalidRequest`` for headers that are none.

        An upload raises its own errors, too.
        """
        if isinstance(body, Sending):
            return await self._upload(path, headers, body, method)
        request = self._head(method, path, headers, len(body)) + body
        connection = self._pool.warm()
        if connection is None:
            return await self._anew(request)
        try:
            await connection.send(request)
        except Broken as error:
            untouched = connection.untouched()
            self._pool.give(connection)
            if not untouched:
                raise self.translated(error) from error
            return await self._anew(request)  # the upstream had closed the connection before it saw the request
        except HttpError as error:
            self._pool.give(connection)
            raise self.translated(error) from error
        except BaseException:
            self._pool.give(connection)
            raise
        return HttpUpstream(self, connection)

    async def _upload(self, path: str, headers: Iterable[tuple[str, str]], body: Sending, method: str) -> Upstream:
        """Send a body while it arrives, over a new connection.

        If an old connection turned out to be closed, such a body could not be sent again.
        """
        length = body.length
        head = self._head(method, path, headers, length)
        return await self._anew(head, body.pieces() if length is not None else _chunked(body.pieces()))

    async def _anew(self, request: bytes, rest: AsyncIterator[bytes] | None = None) -> Upstream:
        """Over a new connection."""
        try:
            connection = await self._pool.connect()
            try:
                await connection.send(request, rest)
            except BaseException:
                self._pool.give(connection)
                raise
        except HttpError as error:
            raise self.translated(error) from error
        return HttpUpstream(self, connection)

    def release(self, connection: Connection) -> None:
        """Take a connection back: it is kept for the next request, or closed."""
        self._pool.give(connection)

    async def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def translated(self, error: HttpError) -> UpstreamFailure:
        """The error of a connection in our own tree. Its text may name hosts, so it stays in the chained exception."""
        match error:
            case Overdue():
                return UpstreamTimeout(f"The provider {self.name!r} {_COMPLAINTS[error.clock].format(seconds=error.seconds)}.")
            case Unreachable():
                return UpstreamUnreachable(f"The provider {self.name!r} cannot be reached at {self.address}.")
        return UpstreamBroken(f"The provider {self.name!r} broke off its answer.")

    def _head(self, method: str, path: str, headers: Iterable[tuple[str, str]], length: int | None) -> bytes:
        if " " in path or not path.isprintable() or not path.isascii():
            raise InvalidRequest("A path that is passed on to the provider holds a space, a line break or letters beyond ASCII.")
        size = ("transfer-encoding", "chunked") if length is None else ("content-length", str(length))
        line = f"{method} {self._origin.base_path}{path} HTTP/1.1\r\n".encode("latin-1")
        return b"".join((line, self._same, _lines([*headers, size]), b"\r\n"))

    @cached_property
    def _same(self) -> bytes:
        """The lines that all heads have. Raises as ``_lines``."""
        return _lines([("host", self._origin.authority), *self._headers])


def _lines(headers: Sequence[tuple[str, str]]) -> bytes:
    """Headers as they are sent. Raises ``InvalidRequest`` for a value with a line break in it: it would be two headers, or a second request."""
    try:
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers]).encode("latin-1")
    except UnicodeEncodeError as error:
        raise InvalidRequest("A header that is passed on to the provider holds characters outside of Latin-1.") from error
    if len(lines) - len(lines.translate(None, b"\r\n\0")) != 2 * len(headers):
        raise InvalidRequest("A header that is passed on to the provider holds a line break.")
    return lines


class HttpUpstream(Upstream):
    """An answer over HTTP."""

    def __init__(self, account: HttpAccount, connection: Connection) -> None:
        self.status = connection.status
        self.headers: Headers = [header for header in connection.headers if _is_kept(header[0])]
        self._account = account
        self._connection: Connection | None = connection
        self._passing: Passing | None = None

    @override
    async def read(self) -> bytes:
        try:
            connection = self._open()
            body = connection.take() if connection.complete else await connection.read()
        except HttpError as error:
            raise self._account.translated(error) from error
        return self._account.masking.whole(body, self.status)

    @override
    async def next_chunk(self) -> bytes | None:
        passing = self._passing = self._passing or self._account.masking.stream(self.status, content_type(self.headers))
        while True:
            try:
                chunk = await self._open().next_chunk()
            except HttpError as error:
                raise self._account.translated(error) from error
            told = passing.take(chunk)
            if told != b"":
                return told

    @override
    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._account.release(connection)

    def _open(self) -> Connection:
        if self._connection is None:
            raise Broken("the answer was closed")
        return self._connection


@lru_cache(1024)
def _is_kept(name: bytes) -> bool:
    """Whether the client gets a header of this name. Remembered, as a vendor sends the same dozen with every answer."""
    return name in _KEPT or name.startswith(_KEPT_PREFIXES)


async def _chunked(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A body whose length nobody knows (RFC 9112 section 7.1)."""
    async for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
