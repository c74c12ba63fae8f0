"""What follows from an attempt: done, again later, or given up. Pure, with the random number handed in."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, Literal

import msgspec

from config.schema import WebhookSettings
from registry.webhooks.types import Outcome

__all__ = ("Verdict", "decide", "parse_retry_after")

LONGEST_RETRY_AFTER: Final = 3600.0
"""What a receiver may ask for at most, in seconds: a delivery must not be put off for ever by a header."""

PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
"""Statuses below 500 that time can mend. Any other says that this very request is refused."""


class Verdict(msgspec.Struct, frozen=True):
    """The next state of a delivery; ``not_before`` counts only for ``waiting``."""

    state: Literal["waiting", "delivered", "dead"]
    not_before: datetime
    error: str = ""


def decide(outcome: Outcome, attempt: int, settings: WebhookSettings, now: datetime, draw: float) -> Verdict:
    """``attempt`` counts from 1; ``draw`` is uniform in [0, 1)."""
    if outcome.status is not None and 200 <= outcome.status < 300:
        return Verdict("delivered", now)
    error = outcome.error or f"the receiver answered {outcome.status}"
    if outcome.final or not _passing(outcome.status):
        return Verdict("dead", now, f"{error}; another attempt would be answered the same")
    if attempt >= settings.max_attempts:
        return Verdict("dead", now, f"{error}; given up after {attempt} attempts")
    return Verdict("waiting", now + timedelta(seconds=_pause(outcome, attempt, settings, draw)), error)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, as a number or a date (RFC 9110, 10.2.3); ``None`` when it cannot be read."""
    if not value:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds())


def _passing(status: int | None) -> bool:
    return status is None or status >= 500 or status in PASSING


def _pause(outcome: Outcome, attempt: int, settings: WebhookSettings, draw: float) -> float:
    """Between half and all of a pause that doubles: receivers that came back together are not hit together."""
    longest = min(settings.longest_pause, settings.first_pause * 2.0 ** min(attempt - 1, 60))
    asked = min(outcome.retry_after or 0.0, LONGEST_RETRY_AFTER)
    return max(longest * (0.5 + draw / 2), asked)
