"""An HTTP transport whose every connection is made by the guard's leave.

No proxy of the environment is used, since the connection would be the proxy's; no connection is kept, so that each is checked.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Any

import httpcore
import httpx
from typing_extensions import override

from registry.outbound.errors import OutboundError
from registry.outbound.guard import AddressGuard

__all__ = ("GuardedTransport",)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, and to none that a second look-up might give."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in await self._guard.resolve(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"no address of {host!r} answers")

    @override
    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class GuardedTransport(httpx.AsyncBaseTransport):
    """For ``httpx.AsyncClient(transport=...)``. ``OutboundError`` passes through it."""

    def __init__(self, guard: AddressGuard, *, concurrency: int) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=concurrency,
            max_keepalive_connections=0,
            retries=0,
            network_backend=GuardedBackend(guard),
        )

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        try:
            answer = await self._pool.handle_async_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except OutboundError:
            raise
        except Exception as error:
            raise _translated(error, request) from error
        assert isinstance(answer.stream, AsyncIterable)  # noqa: S101 - an asynchronous pool gives asynchronous bodies
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream, request), extensions=answer.extensions)

    @override
    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: AsyncIterable[bytes], request: httpx.Request) -> None:
        self._stream = stream
        self._request = request

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except httpcore.NetworkError as error:
            raise httpx.ReadError(str(error), request=self._request) from error
        except (httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise _translated(error, self._request) from error

    @override
    async def aclose(self) -> None:
        if hasattr(self._stream, "aclose"):
            await self._stream.aclose()


def _translated(error: Exception, request: httpx.Request) -> Exception:
    """A connection error as httpx calls it; both libraries use the same names."""
    kind = getattr(httpx, type(error).__name__, None)
    if isinstance(error, (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)) and kind is not None:
        translated: Exception = kind(str(error), request=request)
        return translated
    return error
