"""The seam for whatever may refuse a request, answer it from elsewhere, or count it: limits, caches, guardrails.

A policy sees each request twice: once when its route is known and before anything is sent, and once at its end. A gateway without policies
pays nothing for the seam.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from gateway.keys.types import Caller
from gateway.limits.types import Granted
from gateway.types import Headers, Inbound, Observation, Plan, Provider, Reply, Target, Usage
from gateway.wire.openai import RequestHead

__all__ = ("Call", "Outcome", "Policy")


class Call(msgspec.Struct, kw_only=True):
    """A request on its way, as far as it is known. ``headers`` go out with the reply, ``attributes`` onto the span.

    ``target`` is the last one that was asked, ``None`` while nothing was sent; ``granted`` is what limits have reserved for it.
    """

    inbound: Inbound
    head: RequestHead
    plan: Plan
    providers: Mapping[str, Provider]
    caller: Caller = Caller()
    target: Target | None = None
    granted: Granted | None = None
    headers: Headers = []
    attributes: dict[str, Any] = {}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a request ended. ``error`` is the code on the span, ``None`` when all went well; ``usage`` is ``None`` when nobody counted."""

    status: int
    usage: Usage | None = None
    observation: Observation | None = None
    error: str | None = None


class Policy(Protocol):
    """One rule about requests."""

    async def admit(self, call: Call) -> Reply | None:
        """Let the request pass with ``None``, or answer in its stead. Raises ``GatewayError`` to refuse it."""
        ...

    def settle(self, call: Call, outcome: Outcome) -> None:
        """Take note of the end of a request that this policy admitted: called once for each, also when the client left. Must not raise."""
        ...
