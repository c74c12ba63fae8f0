"""What a route does when its targets are slow or fail."""

from typing import Annotated

import msgspec
from msgspec import Meta

from config.settings.terms import Seconds, Share

__all__ = ("BackoffSettings", "BreakerSettings", "HedgeSettings", "OutlierSettings")


class BackoffSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a retry waits, in seconds: a random time up to ``base``, twice that for the second, and so on up to ``limit``."""

    base: Seconds = 0.25
    """Longest wait before the first retry, when the vendor says nothing."""

    limit: Seconds = 8.0
    """Longest wait before any retry, when the vendor says nothing."""

    longest_wait: Seconds = 10.0
    """Longest ``retry-after`` that is waited for; when more is asked, the next fallback is tried, or the answer goes to the client."""


class HedgeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second request when the first is slow: whichever answers first wins, the other is cancelled. Both are paid for."""

    after: Seconds
    """Seconds without a first byte after which the second request is sent; near the 95th percentile of the target."""


class BreakerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a target that fails is left alone.

    Requests go to the other targets meanwhile, or to the fallbacks; where all are left alone, the one due first is asked.
    """

    failures: Annotated[int, Meta(ge=0)] = 5
    """Failures in a row (429, 5xx, timeouts, broken answers) that open the circuit; 0: never."""

    open: Seconds = 15.0
    """Seconds until one request probes the target; twice as long after each probe that fails."""

    longest: Seconds = 300.0
    """Most seconds that a target is left alone, also when its ``retry-after`` asks for more."""


class OutlierSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a target that does much worse than its peers is left alone."""

    requests: Annotated[int, Meta(ge=1)] = 20
    """Fewest requests to a target, within ``window``, before it is compared."""

    window: Seconds = 60.0
    """Seconds over which answers and failures are counted."""

    gap: Annotated[float, Meta(gt=0, le=1)] = 0.2
    """How far the share of answers must be below that of the peers: 0.2 is 75 percent against 95."""

    eject_for: Seconds = 30.0
    """Seconds that it is left alone."""

    at_most: Share = 0.5
    """Largest share of the route's targets that are left alone for this reason."""
