"""Times as text: RFC 3339 in UTC, with the nine digits that a span has."""

from datetime import UTC, datetime

__all__ = ("milliseconds_text", "nanoseconds", "rfc3339")

_SECOND = 1_000_000_000


def rfc3339(time_ns: int) -> str:
    """Nanoseconds since the epoch as ``2026-11-24T10:00:00.000000000Z``."""
    seconds, rest = divmod(time_ns, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def milliseconds_text(time_ns: int) -> str:
    """As ``rfc3339``, with three digits, as assessments have it."""
    return rfc3339(time_ns)[:-7] + "Z"


def nanoseconds(text: str) -> int:
    """Read RFC 3339; a time without an offset is UTC. Raises ``ValueError``."""
    whole, point, rest = text.strip().partition(".")
    if not point:
        return _epoch(whole) * _SECOND
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    if not digits:
        raise ValueError(f"no digits after the point in {text!r}")
    return _epoch(whole + rest[len(digits) :]) * _SECOND + int(digits[:9].ljust(9, "0"))


def _epoch(text: str) -> int:
    time = datetime.fromisoformat(text)
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
