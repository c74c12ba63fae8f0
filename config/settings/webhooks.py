"""Deliveries to webhooks."""

from typing import Annotated

import msgspec
from msgspec import Meta

from config.settings.terms import Seconds

__all__ = ("WebhookSettings",)


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How events are delivered to webhooks."""

    timeout: Seconds = 30.0
    """Longest wait for a receiver's answer, in seconds, from the look-up of its name to the end of its headers."""

    max_attempts: Annotated[int, Meta(ge=1, le=100)] = 10
    """Attempts until a delivery is given up as a dead letter. With the default pauses ten of them take six to nine minutes."""

    first_pause: Seconds = 1.0
    """Pause before the second attempt, in seconds; each further one is twice as long, and a random part of it is waited."""

    longest_pause: Seconds = 300.0
    """Longest pause between attempts, in seconds. A receiver's ``Retry-After`` may ask for up to an hour."""

    concurrency: Annotated[int, Meta(ge=1, le=256)] = 10
    """Most deliveries under way at once."""

    keep_days: Annotated[int, Meta(ge=1, le=3650)] = 30
    """Days until a finished delivery leaves the log."""
