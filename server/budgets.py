"""Budgets between packages: events to webhooks, and what the traces know of spending."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection

from gateway.limits import store
from gateway.limits.events import BudgetEvent
from gateway.limits.types import Amounts, Per, Traffic
from registry.events import Event, EventSink
from storage.metadata import Metadata
from tracing.spending_store import SpendingStore

__all__ = ("BudgetWebhooks", "SpendingHistory")


class BudgetWebhooks:
    """Implements ``gateway.limits.events.BudgetEvents``: an event is committed with its outbox, or an error is raised."""

    def __init__(self, metadata: Metadata, sink: EventSink) -> None:
        self._metadata = metadata
        self._sink = sink

    async def tell(self, event: BudgetEvent) -> None:
        """Publish the event, if it was not before: that is noted in the same transaction."""
        payload = {
            "budget": event.ceiling.name,
            "spent": round(event.spent, 9),
            "limit": event.limit,
            "unit": "USD",
            "per": event.ceiling.per,
            "subject": event.subject or event.ceiling.route or event.ceiling.key_name,
            "window": event.ceiling.window,
            "window_start": event.window_start * 1000,
        }
        told = Event(entity="budget", action=event.action, key=f"budget/{event.ceiling.id}", payload=payload)
        counter = (event.ceiling.id, event.window_start, event.subject)

        def publish(connection: Connection) -> None:
            if store.note_told(connection, counter, event.action, event.window_end, datetime.now(UTC)):
                self._sink.publish(connection, told)

        await self._metadata.run(publish)


class SpendingHistory:
    """Implements ``gateway.limits.service.UsageHistory``."""

    def __init__(self, store: SpendingStore) -> None:
        self._store = store

    async def used(self, per: Per, traffic: Traffic, route: str, key_id: str, since: int) -> Mapping[str, Amounts]:
        """See ``UsageHistory.used``."""
        found = await self._store.spent(per, judges=traffic == "judges", route=route, key_id=key_id, since=since)
        return {row.subject: {"requests": row.requests, "tokens": row.tokens, "cost": row.nanodollars} for row in found}
