"""Models that the gateway's own parts ask: the request is a span in the trace of the one that they look at."""

from collections.abc import Callable

import msgspec

from gateway.policies import Call
from gateway.service import Gateway
from gateway.types import Answer, Operation, Origin, Resource

__all__ = ("Asking",)


class Asking:
    """Asks through the ``gateway``, which is there with the first question: it is built of who asks."""

    def __init__(self, gateway: Callable[[], Gateway]) -> None:
        self._gateway = gateway

    async def embed(self, model: str, text: str, call: Call) -> Answer:
        """Ask for a vector on behalf of a cache."""
        request = msgspec.json.encode({"model": model, "input": text})
        origin = Origin(cache=call.plan.route)
        return await self._gateway().complete(request, origin, operation=Operation.EMBEDDINGS, headers=_within(call))

    async def judge(self, operation: Operation, request: bytes, call: Call, name: str) -> Answer:
        """Ask on behalf of the guardrail of that ``name``."""
        resource = Resource() if operation is Operation.MODERATION else None
        origin = Origin(guardrail=name)
        return await self._gateway().complete(request, origin, operation=operation, headers=_within(call), resource=resource)


def _within(call: Call) -> list[tuple[bytes, bytes]]:
    return [(b"traceparent", call.traceparent.encode())]
