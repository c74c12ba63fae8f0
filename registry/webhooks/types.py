"""A webhook, what is delivered to it, and what became of that. Times are UTC; in JSON they are RFC 3339 text."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

__all__ = (
    "Attempt",
    "Changes",
    "Claim",
    "Delivery",
    "DeliveryDetail",
    "DeliveryPage",
    "NewWebhook",
    "Outcome",
    "Status",
    "TestResult",
    "Webhook",
    "WebhookPage",
)


class Status(StrEnum):
    """``DISABLED``: what happens meanwhile is not told, and what waits goes on waiting."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caller registers. ``events`` are ``entity.action``; ``secret`` signs the deliveries."""

    name: str
    url: str
    events: list[str]
    description: str = ""
    secret: str | None = None
    status: Status = Status.ACTIVE


class Changes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; ``None`` leaves a field as it is, an empty ``secret`` ends the signing."""

    name: str | None = None
    url: str | None = None
    events: list[str] | None = None
    description: str | None = None
    secret: str | None = None
    status: Status | None = None


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A registered webhook. The secret itself is never part of it; ``signed`` says whether there is one."""

    webhook_id: str
    name: str
    description: str
    url: str
    events: list[str]
    status: Status
    signed: bool
    created_at: datetime
    updated_at: datetime


class WebhookPage(msgspec.Struct, frozen=True, kw_only=True):
    """Webhooks, newest first."""

    webhooks: list[Webhook]
    next_cursor: str | None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one webhook. ``event_id`` is its idempotency key; ``error`` says why the last attempt failed."""

    delivery_id: str
    webhook_id: str
    event_id: str
    event: str
    entity_key: str
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    error: str
    not_before: datetime
    created_at: datetime
    settled_at: datetime | None


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries, newest first."""

    deliveries: list[Delivery]
    next_cursor: str | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request. ``status`` is ``None`` when no answer came; ``answer`` is the beginning of what the receiver said."""

    number: int
    started_at: datetime
    milliseconds: int
    status: int | None
    error: str
    answer: str


class DeliveryDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery with the body that is sent and every attempt so far."""

    delivery: Delivery
    body: str
    attempts: list[Attempt]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that one worker holds until its lease runs out. ``attempt`` is the number of the attempt to be made."""

    delivery_id: str
    webhook_id: str
    event_id: str
    body: str
    attempt: int
    url: str
    sealed_secret: str | None
    holder: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one request came to. ``status`` and ``error`` as in ``Attempt``; ``retry_after`` in seconds, as the receiver asked.

    ``final`` says that no further attempt can succeed, whatever the status.
    """

    started_at: datetime
    milliseconds: int
    status: int | None = None
    error: str = ""
    answer: str = ""
    retry_after: float | None = None
    final: bool = False


class TestResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver answered to a test: a status below 400 is a success."""

    __test__ = False

    success: bool
    response_status: int | None = None
    response_body: str | None = None
    error_message: str | None = None
