"""Times and durations as protobuf spells them in JSON: https://protobuf.dev/programming-guides/proto3/#json ."""

from decimal import Decimal, InvalidOperation

from registry.errors import InvalidParameterValue
from tracing.times import milliseconds_text, nanoseconds

__all__ = ("check_ms", "duration_ms", "duration_text", "timestamp_ms", "timestamp_text")

MILLION = 1_000_000
LATEST = 2**63 // MILLION
"""Milliseconds since the epoch that spans can hold, as nanoseconds of 63 bits."""


def timestamp_ms(text: str, path: str) -> int:
    """RFC 3339 to milliseconds since the epoch. Raises ``InvalidParameterValue``."""
    try:
        found = nanoseconds(text) // MILLION
    except (ValueError, OverflowError):
        raise InvalidParameterValue(
            f"Invalid value {text!r} for parameter '{path}' supplied: write a time as 2026-11-23T12:00:00Z."
        ) from None
    check_ms(found, path)
    return found


def check_ms(milliseconds: int, path: str) -> None:
    """Raise ``InvalidParameterValue`` for a time that no span can have."""
    if not 0 <= milliseconds < LATEST:
        raise InvalidParameterValue(
            f"Invalid value {milliseconds} for parameter '{path}' supplied: times are milliseconds since 1970, up to 2262."
        )


def timestamp_text(milliseconds: int) -> str:
    """The same, the other way."""
    return milliseconds_text(min(milliseconds, LATEST - 1) * MILLION)


def duration_ms(text: str, path: str) -> int:
    """``1.5s`` to milliseconds. Raises ``InvalidParameterValue``."""
    try:
        seconds = Decimal(text.removesuffix("s"))
        if text.endswith("s") and seconds.is_finite():
            return int(seconds * 1000)
    except InvalidOperation:
        pass
    raise InvalidParameterValue(f"Invalid value {text!r} for parameter '{path}' supplied: write a duration in seconds, as 1.5s.")


def duration_text(milliseconds: int) -> str:
    """The same, the other way."""
    return f"{Decimal(milliseconds) / 1000}s"
