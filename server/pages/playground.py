"""The playground's way to the gateway."""

import time
from collections.abc import Sequence
from typing import Final

from gateway.service import Gateway
from gateway.types import Origin
from registry.access.types import CALLER
from server.ui.playground import Played

__all__ = ("PagePlayground",)

USER_HEADER: Final = b"x-tidegate-user-id"


class PagePlayground:
    """Implements ``server.ui.playground.Playground``, with the limits, guardrails, permissions and traces of any request."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def models(self) -> Sequence[str]:
        """Names that are known to be answered, routes first."""
        return self._gateway.models()

    async def send(self, body: bytes) -> Played:
        """Send a chat completion; its span names who is signed in."""
        caller, began = CALLER.get(), time.perf_counter()
        headers = [(USER_HEADER, caller.user.username.encode())] if caller and caller.user.username.isascii() else []
        answer = await self._gateway.complete(body, Origin(), headers=headers)
        return Played(
            status=answer.status,
            body=answer.body,
            trace_id=answer.trace_id,
            target=answer.target,
            took_ms=(time.perf_counter() - began) * 1000,
            input_tokens=answer.usage.input_tokens if answer.usage else None,
            output_tokens=answer.usage.output_tokens if answer.usage else None,
        )
