"""Attempts as spans: where a request was asked more than once, each time is a child of the request's span.

Spans are made when the request ends, with the times that were noted: a request that was answered at the first attempt, which is nearly
every one, pays nothing for them (docs/decisions/0006-attempts-are-spans.md).
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from gateway.types import Operation, Target, Usage

__all__ = ("Attempt", "record_attempts", "thrown_away")


class Attempt(msgspec.Struct, kw_only=True):
    """One request to one target, for its span.

    Times are nanoseconds since the epoch; ``ended_ns`` is 0 while it is under way. ``cancelled``: another attempt answered first, or the
    client left; what it used is unknown, and paid for. ``used`` is what an answer used that a guardrail withheld before another target was
    asked.
    """

    target: Target
    started_ns: int
    ended_ns: int = 0
    waited: float = 0.0
    failure: str = ""
    hedge: bool = False
    cancelled: bool = False
    used: Usage | None = None


def thrown_away(attempts: Sequence[Attempt], asked: Callable[[], int]) -> list[tuple[Target, Usage]]:
    """What was used by attempts whose answers nobody got. Of a cancelled one only the sent tokens are known; ``asked`` estimates them."""
    found = [(each.target, Usage(input_tokens=asked(), estimated=True) if each.cancelled else each.used) for each in attempts]
    return [(target, usage) for target, usage in found if usage is not None]


def record_attempts(tracer: Tracer, request: Span, operation: Operation, attempts: Sequence[Attempt], asked: Callable[[], int]) -> None:
    """A span for each attempt, beneath ``request``."""
    context = set_span_in_context(request)
    for number, attempt in enumerate(attempts, 1):
        attributes = _attributes(number, attempt)
        if attempt.cancelled:
            attributes |= {"tidegate.attempt.cancelled": True, **_spent(attempt, operation, Usage(input_tokens=asked(), estimated=True))}
        elif attempt.used is not None:
            attributes |= _spent(attempt, operation, attempt.used)
        span = tracer.start_span(
            f"attempt {attempt.target.name}", context=context, kind=SpanKind.CLIENT, attributes=attributes, start_time=attempt.started_ns
        )
        if attempt.failure:
            span.set_status(Status(StatusCode.ERROR, f"{attempt.target.name}: {attempt.failure}"))
        span.end(attempt.ended_ns or None)


def _attributes(number: int, attempt: Attempt) -> dict[str, Any]:
    attributes: dict[str, Any] = {"tidegate.attempt": number, "tidegate.target": attempt.target.name}
    if attempt.failure:
        attributes["error.type"] = attempt.failure
    if attempt.waited:
        attributes["tidegate.attempt.waited"] = attempt.waited
    if attempt.hedge:
        attributes["tidegate.attempt.hedge"] = True
    return attributes


def _spent(attempt: Attempt, operation: Operation, usage: Usage) -> dict[str, Any]:
    """The least that an attempt whose answer was thrown away has cost: the tokens that were sent."""
    told = {
        "gen_ai.operation.name": operation.value,
        "gen_ai.provider.name": attempt.target.provider,
        "gen_ai.request.model": attempt.target.model,
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
        "gen_ai.usage.cache_write.input_tokens": usage.cache_write_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
        "tidegate.usage.estimated": usage.estimated or None,
    }
    return {name: value for name, value in told.items() if value is not None}
