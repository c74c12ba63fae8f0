"""The seam for whatever may refuse a request, answer it from elsewhere, or count it: limits, caches, guardrails.

A policy sees each request twice: once when its route is known and before anything is sent, and once at its end. A gateway without policies
pays nothing for the seam.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from gateway.keys.types import Caller
from gateway.limits.types import Granted
from gateway.types import Headers, Inbound, Observation, Opened, Plan, Provider, Reply, Target, Usage
from gateway.wire.openai import RequestHead

__all__ = ("Answered", "Call", "Outcome", "Policy", "Review", "Tap", "Verdict", "Withholding")

Review = Callable[["Call", Opened], Awaitable[Opened]]
"""Looks at an answer before it is recorded and before the client gets any of it, and may change it. Raises ``GatewayError`` to withhold it."""

Tap = Callable[["Call", Reply], Reply]
"""Looks at what the client gets, as it gets it. Like a review it is given the call and holds none: a circle would keep a body until the collector comes."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardrail found, for a span of its own. Times are nanoseconds since the epoch; ``attributes`` hold no content."""

    name: str
    started_ns: int
    ended_ns: int
    attributes: Mapping[str, Any]
    error: str = ""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that was there already, with what is told of it. ``stream`` holds all of a stream; ``target`` is who had answered."""

    headers: Headers
    target: Target
    observation: Observation
    status: int = 200
    body: bytes = b""
    stream: bytes | None = None


class Call(msgspec.Struct, kw_only=True):
    """A request as policies see it.

    ``headers`` go out with the reply, ``attributes`` onto the span. ``target`` is the last one that was asked, ``None`` while nothing was
    sent; ``granted`` is what limits have reserved for it. ``edits`` are those that a prompt makes in the body; a policy that changes the
    request puts the whole of it into ``rewritten``, edits applied. A policy that knows an answer puts it into ``answer``: policies after it
    may still refuse the request, and nothing is sent. ``pending`` is the cache's own. ``watching`` gives the verdicts on a stream, as far
    as it has come when the span ends; ``traceparent`` is that span.
    """

    inbound: Inbound
    head: RequestHead
    plan: Plan
    providers: Mapping[str, Provider]
    edits: Mapping[str, bytes | None] = {}
    rewritten: bytes | None = None
    answer: Answered | None = None
    pending: object = None
    caller: Caller = Caller()
    target: Target | None = None
    granted: Granted | None = None
    headers: Headers = []
    attributes: dict[str, Any] = {}
    reviews: list[Review] = []
    taps: list[Tap] = []
    verdicts: list[Verdict] = []
    watching: list[Callable[[], Verdict]] = []
    traceparent: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a request ended. ``error`` is the code on the span, ``None`` when all went well; ``usage`` is ``None`` when nobody counted.

    ``thrown_away`` is what attempts used whose answers nobody got: cancelled, since another answered first or the client left, or withheld by a
    guardrail. It is paid for, too.
    """

    status: int
    usage: Usage | None = None
    observation: Observation | None = None
    error: str | None = None
    thrown_away: Sequence[tuple[Target, Usage]] = ()


class Policy(Protocol):
    """One rule about requests."""

    def admit(self, call: Call) -> Awaitable[None] | None:
        """Let the request pass, perhaps with something noted on ``call``. Raises ``GatewayError`` to refuse it.

        One that has to wait gives what is to be awaited, which may raise as well; it may be an ``async def``.
        """
        ...

    def settle(self, call: Call, outcome: Outcome) -> None:
        """Take note of the end of a request that this policy admitted: called once for each, also when the client left. Must not raise."""
        ...


@runtime_checkable
class Withholding(Protocol):
    """A policy that also hides routes from some callers."""

    def shows(self, route: str) -> bool:
        """Whether the caller of this request may know of a route."""
        ...
