"""The time that is written down: to the millisecond, which is what MLflow's clients see, so that order and display agree."""

from datetime import UTC, datetime

__all__ = ("millis", "now")


def now() -> datetime:
    """This moment, in UTC."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def millis(at: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(at.timestamp() * 1000)
