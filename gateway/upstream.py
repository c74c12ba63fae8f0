"""The one seam to the HTTP client: a request out, status and bytes back, every failure in our own words.

pyreqwest was chosen by measurement (docs/decisions/0003-upstream-client.md). It follows no redirect, decompresses nothing and keeps no cookie
here: what the upstream sent is what the client gets.

Four clocks run: ``connect`` and ``total`` in the HTTP client, ``first_byte`` and ``between_chunks`` here, since the client's own read timeout
cannot tell the two apart.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import ConnectError, ConnectTimeoutError, PyreqwestError, RequestTimeoutError
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response, ResponseBodyReader
from typing_extensions import override

from config.schema import TimeoutSettings
from gateway.deadlines import Deadlines
from gateway.errors import UpstreamBroken, UpstreamFailure, UpstreamTimeout, UpstreamUnreachable
from gateway.lanes import Lane, Lanes
from gateway.types import Headers, Upstream

__all__ = ("HttpAccount", "HttpUpstream")

T = TypeVar("T")

_KEPT = frozenset(
    {
        "content-type",
        "content-encoding",
        "retry-after",
        "retry-after-ms",
        "x-should-retry",
        "x-request-id",
        "request-id",
        "x-amzn-requestid",
        "x-amzn-errortype",
    }
)
_KEPT_PREFIXES = ("x-ratelimit-", "openai-", "anthropic-ratelimit-")


class HttpAccount:
    """Connections to one upstream. ``name`` is the provider's name in the settings, for messages."""

    def __init__(self, name: str, base_url: str, timeouts: TimeoutSettings) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self.address = urlsplit(base_url).hostname or ""
        self._timeouts = timeouts
        self._deadlines = Deadlines()
        self._lanes = Lanes(lambda mark: _client(timeouts, mark))

    async def post(self, path: str, headers: list[tuple[str, str]], body: bytes, method: str = "POST") -> Upstream:
        """Send ``body`` and wait for the answer's head. Raises ``UpstreamFailure``."""
        lane = await self._lanes.take()
        # Without the limit the client fills a buffer of its own before it hands the first chunk over, and a stream would stand still.
        request = (
            lane.client.request(method, self.base_url + path)
            .headers(headers)
            .body_bytes(body)
            .streamed_read_buffer_limit(0)
            .build_streamed()
        )
        clock = self._timeouts.first_byte
        try:
            response = await self._within(request.__aenter__(), clock, f"no first byte within {clock:g} s (timeouts.first_byte)")
        except (UpstreamTimeout, asyncio.CancelledError):
            self._lanes.cut(lane)
            raise
        except UpstreamFailure:
            self._lanes.give(lane)
            raise
        return HttpUpstream(self, lane, request, response)

    async def release(self, lane: Lane, request: StreamRequest) -> None:
        """The request on this lane is through, or is let go: its connection is free for the next, or closed."""
        # An answer that is cut short may fail once more while it is let go; it was reported when it was cut.
        with suppress(PyreqwestError):
            await request.__aexit__(None, None, None)
        self._lanes.give(lane)

    async def read_chunk(self, reader: ResponseBodyReader) -> bytes | None:
        """The next bytes of a body. Raises ``UpstreamFailure``."""
        clock = self._timeouts.between_chunks
        chunk = await self._within(reader.read_chunk(), clock, f"silent for {clock:g} s within an answer (timeouts.between_chunks)")
        return None if chunk is None else chunk.to_bytes()

    async def close(self) -> None:
        """Close the connections."""
        await self._lanes.close()

    async def _within(self, work: Awaitable[T], seconds: float, complaint: str) -> T:
        """Await, with one clock, and put the HTTP client's errors into our words."""
        try:
            return await self._deadlines.wait(work, seconds)
        except PyreqwestError as error:
            raise self._translated(error) from error
        except TimeoutError as error:
            raise UpstreamTimeout(f"The provider {self.name!r} was {complaint}.") from error

    def _translated(self, error: PyreqwestError) -> UpstreamFailure:
        """The error in our tree. Its own text may hold the URL and is left to the chained exception."""
        if isinstance(error, ConnectTimeoutError):
            return UpstreamTimeout(f"The provider {self.name!r} took no connection within {self._timeouts.connect:g} s (timeouts.connect).")
        if isinstance(error, RequestTimeoutError):
            return UpstreamTimeout(f"The provider {self.name!r} was not through after {self._timeouts.total:g} s (timeouts.total).")
        if isinstance(error, ConnectError):
            return UpstreamUnreachable(f"The provider {self.name!r} cannot be reached at {self.address}.")
        return UpstreamBroken(f"The provider {self.name!r} broke off its answer.")


class HttpUpstream(Upstream):
    """An answer over HTTP."""

    def __init__(self, account: HttpAccount, lane: Lane, request: StreamRequest, response: Response) -> None:
        self.status = response.status
        self.headers: Headers = _kept(response)
        self._account = account
        self._lane = lane
        self._request = request
        self._reader = response.body_reader

    @override
    async def read(self) -> bytes:
        first = await self.next_chunk()
        if first is None:
            return b""
        chunks = [first]
        while (chunk := await self.next_chunk()) is not None:
            chunks.append(chunk)
        return first if len(chunks) == 1 else b"".join(chunks)

    @override
    async def next_chunk(self) -> bytes | None:
        return await self._account.read_chunk(self._reader)

    @override
    async def close(self) -> None:
        await self._account.release(self._lane, self._request)


def _client(timeouts: TimeoutSettings, mark: timedelta | None) -> Client:
    return (
        ClientBuilder()
        .tcp_user_timeout(mark)
        .connect_timeout(timedelta(seconds=timeouts.connect))
        .timeout(timedelta(seconds=timeouts.total))
        .pool_max_idle_per_host(1)
        .follow_redirects(False)
        .referer(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .http1_lower_case_headers()
        .build()
    )


def _kept(response: Response) -> Headers:
    """What of the answer's headers a client may see: nothing hop-by-hop, nothing that sets a cookie or describes the upstream's host."""
    return [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in response.headers.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    ]
