"""Streams that are watched as they pass, and streams that were held until they were whole."""

from collections.abc import Callable

from typing_extensions import override

from gateway.errors import GatewayError
from gateway.guardrails.window import Window
from gateway.types import Headers, Upstream
from tracing.detection.types import TextTooHard

__all__ = ("HeldStream", "WatchedStream", "rest_of")


class WatchedStream(Upstream):
    """Gives what ``window`` lets go on. ``look`` is called after each look, and raises to end the stream; ``unclear`` says that none is possible."""

    def __init__(
        self, inner: Upstream, first: bytes, window: Window, look: Callable[[], None], unclear: Callable[[TextTooHard], GatewayError]
    ) -> None:
        self.status: int = inner.status
        self.headers: Headers = inner.headers
        self._inner = inner
        self._ahead: bytes | None = first
        self._window = window
        self._look = look
        self._unclear = unclear
        self._over = False

    @override
    async def read(self) -> bytes:
        chunks = []
        while (chunk := await self.next_chunk()) is not None:
            chunks.append(chunk)
        return b"".join(chunks)

    @override
    async def next_chunk(self) -> bytes | None:
        while not self._over:
            chunk, self._ahead = self._ahead, None
            if chunk is None:
                chunk = await self._inner.next_chunk()
            passed = self._passed(chunk)
            if passed:
                return passed
        return None

    @override
    async def close(self) -> None:
        await self._inner.close()

    def _passed(self, chunk: bytes | None) -> bytes:
        self._over = chunk is None
        try:
            passed = self._window.end() if chunk is None else self._window.feed(chunk)
        except TextTooHard as error:
            raise self._unclear(error) from None
        self._look()
        return passed


class HeldStream(Upstream):
    """A stream that was read to its end already."""

    def __init__(self, inner: Upstream) -> None:
        self.status: int = inner.status
        self.headers: Headers = inner.headers
        self._inner = inner

    @override
    async def read(self) -> bytes:
        return b""

    @override
    async def next_chunk(self) -> bytes | None:
        return None

    @override
    async def close(self) -> None:
        await self._inner.close()


async def rest_of(upstream: Upstream, first: bytes) -> bytes:
    """All of a stream. Raises ``UpstreamFailure``."""
    chunks = [first]
    while (chunk := await upstream.next_chunk()) is not None:
        chunks.append(chunk)
    return b"".join(chunks)
