"""Fetches media for models that take none by address, from public addresses alone: who asks for it is a client, and we stand inside."""

import base64
from typing import Final

import httpx

from gateway.errors import InvalidRequest
from gateway.media import Fetched
from registry.outbound.errors import OutboundError
from registry.outbound.guard import AddressGuard
from registry.outbound.transport import GuardedTransport

__all__ = ("GuardedMedia",)

MOST_BYTES: Final = 20 * 1024 * 1024
SECONDS: Final = 20.0
AT_ONCE: Final = 16
KINDS: Final = ("image/", "application/pdf", "audio/", "video/", "text/")


class GuardedMedia:
    """Implements ``gateway.media.MediaSource``. No redirect is followed, since that would lead past the check of the address."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(guard, concurrency=AT_ONCE),
            trust_env=False,
            follow_redirects=False,
            timeout=SECONDS,
            headers={"user-agent": "tidegate", "accept": "image/*, application/pdf, */*;q=0.1", "accept-encoding": "identity"},
        )

    async def fetch(self, url: str) -> Fetched:
        """See ``MediaSource.fetch``. Errors name the address's host, and nothing of what was found there."""
        host = httpx.URL(url).host if _is_url(url) else url[:100]
        try:
            await self._guard.check_url(url)
            async with self._client.stream("GET", url) as answer:
                return await self._read(answer, host)
        except OutboundError as refused:
            raise InvalidRequest(f"The address of an image or a document is not fetched. {refused}", param="messages") from None
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            reason = type(broken).__name__
            raise InvalidRequest(f"What is at {host!r} cannot be fetched ({reason}); send it as data.", param="messages") from None

    async def _read(self, answer: httpx.Response, host: str) -> Fetched:
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.status_code != 200:
            raise InvalidRequest(f"{host!r} answered {answer.status_code} for an image or a document; send it as data.", param="messages")
        if not media_type.startswith(KINDS):
            raise InvalidRequest(f"{host!r} gave {media_type or 'something without a type'}, which is no medium.", param="messages")
        data = bytearray()
        async for chunk in answer.aiter_bytes():
            data += chunk
            if len(data) > MOST_BYTES:
                raise InvalidRequest(f"What {host!r} gives is larger than {MOST_BYTES} bytes.", param="messages")
        return Fetched(media_type, base64.b64encode(bytes(data)).decode())

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _is_url(url: str) -> bool:
    try:
        return bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        return False
