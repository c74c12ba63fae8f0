"""What a client is told of its limits: headers of every answer, and the error of a request that does not fit."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from gateway.errors import BudgetSpent, LimitReached
from gateway.limits.types import METRICS, NANOS, Ceiling, Charge, Granted, Metric, Refused
from gateway.types import Headers

__all__ = ("UNKNOWN", "headers", "headers_of_refusal", "refusal")

_SOON: Final = 1
"""Seconds after which another try may find that what others had reserved was not used."""

UNKNOWN: Final[Headers] = [(b"retry-after", str(_SOON).encode())]
"""When to try again while nobody can say what is left."""

_NAMES: Final[Mapping[Metric, tuple[bytes, bytes, bytes]]] = {
    metric: (f"x-ratelimit-limit-{metric}".encode(), f"x-ratelimit-remaining-{metric}".encode(), f"x-ratelimit-reset-{metric}".encode())
    for metric in METRICS
}

_UNITS: Final[Mapping[Metric, str]] = {"requests": "requests", "tokens": "tokens", "cost": "dollars"}


def headers(granted: Granted, now: float) -> Headers:
    """The window of each metric that has the least left, in the words of OpenAI's headers."""
    if len(granted.charges) == 1:
        return _window(granted.charges[0], granted.left[0], now)
    tightest: dict[Metric, tuple[float, Charge, int]] = {}
    for charge, left in zip(granted.charges, granted.left, strict=True):
        share = left / charge.ceiling.limit if charge.ceiling.limit else 0.0
        known = tightest.get(charge.ceiling.metric)
        if known is None or share < known[0]:
            tightest[charge.ceiling.metric] = share, charge, left
    return [header for _, charge, left in tightest.values() for header in _window(charge, left, now)]


def headers_of_refusal(refused: Refused, now: float) -> Headers:
    """The window that is full, and when to try again."""
    charge = refused.charge
    told = _window(charge, max(0, charge.ceiling.limit - refused.used), now)
    if charge.demand.least > charge.ceiling.limit:
        return [*told, (b"x-should-retry", b"false")]
    return [*told, (b"retry-after", str(_seconds(refused, now)).encode())]


def refusal(refused: Refused, now: float) -> LimitReached:
    """The error. It says which limit, whose, and what to do."""
    ceiling, subject = refused.charge.ceiling, refused.charge.counter[2]
    whose = _whose(ceiling, subject)
    what = f"The limit {ceiling.name!r} of {_figure(ceiling.metric, ceiling.limit)} a {ceiling.window}{whose}"
    kind = BudgetSpent if ceiling.metric == "cost" else LimitReached
    least = refused.charge.demand.least
    if least > ceiling.limit:
        asked = _figure(ceiling.metric, least)
        return kind(f"{what} is less than this request may use, which is {asked}. Lower max_tokens, or send less.")
    if _blocked_by_others(refused):
        return kind(f"{what} is reserved by requests under way. Try again in a moment.")
    return kind(f"{what} is reached. It lifts in {_seconds(refused, now)} s.")


def _whose(ceiling: Ceiling, subject: str) -> str:
    owner = f" of the key {ceiling.key_name!r}" if ceiling.key_name else f" of the route {ceiling.route!r}" if ceiling.route else ""
    return f"{owner} for the {ceiling.per} {subject!r}" if subject else owner


def _window(charge: Charge, left: int, now: float) -> Headers:
    metric = charge.ceiling.metric
    limit, remaining, reset = _NAMES[metric]
    return [
        (limit, _limit(metric, charge.ceiling.limit)),
        (remaining, _number(metric, left)),
        (reset, b"%ds" % max(0, math.ceil(charge.ends - now))),
    ]


def _seconds(refused: Refused, now: float) -> int:
    return _SOON if _blocked_by_others(refused) else max(1, math.ceil(refused.charge.ends - now))


def _blocked_by_others(refused: Refused) -> bool:
    """Whether the request would fit if no other request were under way."""
    return refused.reserved > 0 and refused.used + refused.charge.demand.least <= refused.charge.ceiling.limit


def _figure(metric: Metric, amount: int) -> str:
    return f"${amount / NANOS:.6g}" if metric == "cost" else f"{amount:,} {_UNITS[metric]}"


@lru_cache
def _limit(metric: Metric, limit: int) -> bytes:
    return _number(metric, limit)


def _number(metric: Metric, amount: int) -> bytes:
    return b"%.9f" % (amount / NANOS) if metric == "cost" else b"%d" % amount
