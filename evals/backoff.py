"""How long to wait before an attempt is repeated. Pure."""

__all__ = ("BASE", "CAP", "delay")

BASE = 1.0
"""Seconds that the first wait is below."""

CAP = 60.0
"""Seconds that no wait of ours exceeds."""


def delay(attempt: int, *, retry_after: float | None, jitter: float) -> float:
    """Seconds to wait after ``attempt`` (1 is the first) failed, with ``jitter`` drawn from 0 to 1.

    The whole interval is jittered, because judges that fail together would otherwise return together. A ``retry_after`` of the upstream
    is a floor: asking earlier is refused anyway, and asking at that very moment is what everybody else does.
    """
    ceiling = min(CAP, BASE * (1 << min(attempt - 1, 16)))
    return (retry_after or 0.0) + ceiling * jitter
