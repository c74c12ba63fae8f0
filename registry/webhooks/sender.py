"""One request to one receiver, and what it came to. Never raises for what a receiver does: it delays, breaks and lies."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from registry.outbound.errors import AddressRefused, NameUnresolved
from registry.outbound.guard import AddressGuard
from registry.webhooks.backoff import parse_retry_after
from registry.webhooks.types import Outcome

if TYPE_CHECKING:
    import httpx

__all__ = ("Sender",)

ANSWER_BYTES: Final = 4096
"""How much of an answer is read and kept. The connection is closed on the rest."""

ANSWER_SECONDS: Final = 2.0
"""How long its body may take."""


class Sender:
    """Posts bodies. Redirects are not followed: they would lead past the check of the address, and are an answer like any other.

    The client is loaded for the first delivery: it takes a quarter of a second, and most servers have no webhook.
    """

    def __init__(self, guard: AddressGuard, *, concurrency: int) -> None:
        self._guard = guard
        self._concurrency = concurrency

    @cached_property
    def _client(self) -> "httpx.AsyncClient":
        import httpx

        from registry.outbound.transport import GuardedTransport

        return httpx.AsyncClient(
            transport=GuardedTransport(self._guard, concurrency=self._concurrency),
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113 - one clock runs over all of it
        )

    async def post(self, url: str, headers: Mapping[str, str], body: str, seconds: float) -> Outcome:
        """Send, and wait at most ``seconds`` for the head of an answer: name, connection and all."""
        import httpx

        begun = _Begun(datetime.now(UTC), time.monotonic())
        try:
            async with asyncio.timeout(seconds):
                response = await self._client.send(
                    self._client.build_request("POST", url, headers=headers, content=body.encode()), stream=True
                )
        except TimeoutError:
            return begun.failed(f"no answer within {seconds:g} seconds")
        except AddressRefused as refused:
            return begun.failed(str(refused), final=True)
        except NameUnresolved as unresolved:
            return begun.failed(str(unresolved))
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            return begun.failed(f"no answer: {type(broken).__name__} {broken}".rstrip())
        return await begun.answered(response)

    async def close(self) -> None:
        """Close the connections."""
        if "_client" in self.__dict__:
            await self._client.aclose()


class _Begun(msgspec.Struct, frozen=True):
    """A request under way, and the two ways it ends."""

    at: datetime
    monotonic: float

    def failed(self, error: str, *, final: bool = False) -> Outcome:
        return Outcome(started_at=self.at, milliseconds=self._milliseconds(), error=error, final=final)

    async def answered(self, response: "httpx.Response") -> Outcome:
        milliseconds = self._milliseconds()
        return Outcome(
            started_at=self.at,
            milliseconds=milliseconds,
            status=response.status_code,
            answer=await _beginning(response),
            retry_after=parse_retry_after(response.headers.get("retry-after"), datetime.now(UTC)),
        )

    def _milliseconds(self) -> int:
        return round((time.monotonic() - self.monotonic) * 1000)


async def _beginning(response: "httpx.Response") -> str:
    """The first bytes of a body as they came. What breaks after the head, or never comes, does not change what the head said."""
    import httpx

    kept = bytearray()
    with suppress(httpx.HTTPError, TimeoutError):
        async with aclosing(response), asyncio.timeout(ANSWER_SECONDS):
            async for chunk in response.aiter_raw():
                kept += chunk
                if len(kept) >= ANSWER_BYTES:
                    break
    # Neither database stores the character NUL in a text.
    return bytes(kept[:ANSWER_BYTES]).decode("utf-8", "replace").replace("\0", "�")
