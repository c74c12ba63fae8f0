"""The outbox: an event becomes one delivery for each webhook that hears of it, in the transaction of the change itself.

So a change that was committed is told, also when the process is killed in the next moment, and one that was undone is not.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection
from typing_extensions import override

from registry.events import Event, EventSink
from registry.webhooks import outbox_store
from registry.webhooks.envelope import body_of
from registry.webhooks.types import Delivery

__all__ = ("Outbox", "new_delivery")


class Outbox(EventSink):
    """``news`` is called in the thread of the transaction, before it is committed."""

    def __init__(self, news: Callable[[], None]) -> None:
        self._news = news

    @override
    def publish(self, connection: Connection, event: Event) -> None:
        hearers = outbox_store.subscribers(connection, event.name)
        if not hearers:
            return
        outbox_store.order_of(connection, event.key)
        event_id, now = str(uuid.uuid4()), datetime.now(UTC)
        body = body_of(event.name, event.payload, now, event.workspace)
        for webhook_id in hearers:
            outbox_store.insert_delivery(connection, new_delivery(webhook_id, event.name, event.key, event_id, now), body)
        self._news()


def new_delivery(webhook_id: str, event: str, entity_key: str, event_id: str, now: datetime) -> Delivery:
    """A delivery that nobody has tried yet."""
    return Delivery(
        delivery_id=str(uuid.uuid4()),
        webhook_id=webhook_id,
        event_id=event_id,
        event=event,
        entity_key=entity_key,
        state="waiting",
        attempts=0,
        error="",
        not_before=now,
        created_at=now,
        settled_at=None,
    )
