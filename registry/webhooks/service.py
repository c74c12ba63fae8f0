"""Webhooks: registering them, trying them, looking at what was delivered and delivering it again. Raises ``registry.errors``."""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection

from config.schema import WebhookSettings
from config.secrets import Secret
from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.events import Event
from registry.outbound.guard import AddressGuard
from registry.webhooks import outbox_store, store
from registry.webhooks.catalogue import EVENTS
from registry.webhooks.deliverer import Deliverer, Metadata, belongs_to
from registry.webhooks.envelope import body_of
from registry.webhooks.names import check_description, check_events, check_name, check_url
from registry.webhooks.outbox import Outbox, new_delivery
from registry.webhooks.sender import Sender
from registry.webhooks.types import (
    Changes,
    Claim,
    Delivery,
    DeliveryDetail,
    DeliveryPage,
    NewWebhook,
    Outcome,
    TestResult,
    Webhook,
)
from storage.sealing import Seal

__all__ = ("WebhookService",)

DELETED: Final = "the webhook was deleted"
MOST_CONNECTIONS: Final = 512
"""``webhooks.concurrency``, which may change, is what counts; this is beyond it."""


class WebhookService:
    """Everything that is done with webhooks, besides telling them (``outbox``) and delivering (``Deliverer``)."""

    def __init__(self, metadata: Metadata, guard: AddressGuard, seal: Seal, deliverer: Deliverer) -> None:
        self._metadata = metadata
        self._guard = guard
        self._seal = seal
        self._deliverer = deliverer
        self.outbox = Outbox(deliverer.wake)

    @classmethod
    def build(
        cls, metadata: Metadata, guard: AddressGuard, seal: Seal, settings: Callable[[], WebhookSettings], *, holder: str
    ) -> "WebhookService":
        """The service with its worker; ``holder`` as ``Deliverer`` has it."""
        return cls(metadata, guard, seal, Deliverer(metadata, Sender(guard, concurrency=MOST_CONNECTIONS), seal, settings, holder))

    async def run(self) -> None:
        """Deliver until cancelled."""
        await self._deliverer.run()

    async def close(self) -> None:
        """Close the connections to receivers."""
        await self._deliverer.close()

    async def create(self, new: NewWebhook) -> Webhook:
        """Register a webhook."""
        check_name(new.name)
        check_description(new.description)
        await check_url(new.url, self._guard)
        check_events(new.events)
        now = datetime.now(UTC)
        webhook = Webhook(
            webhook_id=str(uuid.uuid4()),
            name=new.name,
            description=new.description,
            url=new.url,
            events=sorted(set(new.events)),
            status=new.status,
            signed=bool(new.secret),
            created_at=now,
            updated_at=now,
        )
        sealed = self._sealed(new.secret, webhook.webhook_id)
        await self._metadata.run(lambda connection: store.insert_webhook(connection, webhook, sealed))
        return webhook

    async def get(self, webhook_id: str) -> Webhook:
        """One webhook."""
        return await self._metadata.read(lambda connection: _find(connection, webhook_id))

    async def list(self, *, offset: int, limit: int, events: Sequence[str] | None = None) -> "list[Webhook]":
        """Webhooks, newest first; with ``events``, those that hear of at least one of these."""
        return await self._metadata.read(lambda connection: store.read_webhooks(connection, offset=offset, limit=limit, events=events))

    async def update(self, webhook_id: str, changes: Changes) -> Webhook:
        """Change what is given. What waits goes to the new address, signed with the new secret."""
        await self._check(webhook_id, changes)
        values = self._columns(webhook_id, changes)

        def write(connection: Connection) -> Webhook:
            if not store.update_webhook(connection, webhook_id, values):
                raise _not_found(webhook_id)
            if changes.events is not None:
                store.replace_subscriptions(connection, webhook_id, changes.events)
            return _find(connection, webhook_id)

        changed = await self._metadata.run(write)
        self._deliverer.wake()
        return changed

    async def delete(self, webhook_id: str) -> None:
        """Remove a webhook and its secret. What waited for it is given up; its log stays until it is old."""
        now = datetime.now(UTC)

        def write(connection: Connection) -> None:
            if not store.mark_deleted(connection, webhook_id, now):
                raise _not_found(webhook_id)
            outbox_store.abandon(connection, webhook_id, DELETED, now)

        await self._metadata.run(write)

    async def test(self, webhook_id: str, event: str | None = None) -> TestResult:
        """Send an example of an event, at once and once, and say what was answered. It is not part of the log."""
        webhook = await self.get(webhook_id)
        event = event or webhook.events[0]
        check_events([event])
        sealed = await self._metadata.read(lambda connection: store.read_sealed_secret(connection, webhook_id))
        claim = Claim(
            delivery_id=str(uuid.uuid4()),
            webhook_id=webhook_id,
            event_id=str(uuid.uuid4()),
            body=body_of(event, EVENTS[event], datetime.now(UTC)),
            attempt=1,
            url=webhook.url,
            sealed_secret=sealed,
            holder="",
        )
        return _tested(await self._deliverer.attempt(claim))

    async def announce(self, event: Event) -> None:
        """Tell of what has no transaction of its own: a budget that ran out, a gate that failed."""
        await self._metadata.run(lambda connection: self.outbox.publish(connection, event))

    async def deliveries(self, *, webhook_id: str | None, states: Sequence[str], cursor: str, limit: int) -> DeliveryPage:
        """The log, newest first."""
        before = _position(cursor)
        found = await self._metadata.read(
            lambda connection: outbox_store.read_deliveries(
                connection, webhook_id=webhook_id, states=states, before=before, limit=limit + 1
            )
        )
        more = str(found[limit - 1][0]) if len(found) > limit else None
        return DeliveryPage(deliveries=[delivery for _, delivery in found[:limit]], next_cursor=more)

    async def delivery(self, delivery_id: str) -> DeliveryDetail:
        """One delivery with its body and its attempts."""

        def read(connection: Connection) -> DeliveryDetail:
            delivery = _find_delivery(connection, delivery_id)
            body = outbox_store.read_body(connection, delivery_id)
            return DeliveryDetail(delivery=delivery, body=body, attempts=outbox_store.read_attempts(connection, delivery_id))

        return await self._metadata.read(read)

    async def redeliver(self, delivery_id: str) -> Delivery:
        """Deliver once more: the same body and idempotency key under a new delivery id, behind what already waits."""
        now = datetime.now(UTC)

        def write(connection: Connection) -> Delivery:
            old = _find_delivery(connection, delivery_id)
            _find(connection, old.webhook_id)
            if old.state == "waiting":
                raise InvalidParameterValue(f"Delivery {delivery_id!r} is still waiting: its next attempt comes by itself.")
            outbox_store.order_of(connection, old.entity_key)
            again = new_delivery(old.webhook_id, old.event, old.entity_key, old.event_id, now)
            outbox_store.insert_delivery(connection, again, outbox_store.read_body(connection, delivery_id))
            return again

        again = await self._metadata.run(write)
        self._deliverer.wake()
        return again

    async def _check(self, webhook_id: str, changes: Changes) -> None:
        await self.get(webhook_id)
        if changes.name is not None:
            check_name(changes.name)
        if changes.url is not None:
            await check_url(changes.url, self._guard)
        if changes.events is not None:
            check_events(changes.events)
        if changes.description is not None:
            check_description(changes.description)

    def _columns(self, webhook_id: str, changes: Changes) -> dict[str, Any]:
        given = {"name": changes.name, "url": changes.url, "description": changes.description, "status": changes.status}
        values: dict[str, Any] = {name: str(value) for name, value in given.items() if value is not None}
        if changes.secret is not None:
            values["secret"] = self._sealed(changes.secret, webhook_id)
        return {**values, "updated_at": datetime.now(UTC)}

    def _sealed(self, secret: str | None, webhook_id: str) -> str | None:
        return self._seal.seal(Secret(secret), belongs_to(webhook_id)) if secret else None


def _find(connection: Connection, webhook_id: str) -> Webhook:
    found = store.read_webhook(connection, webhook_id)
    if found is None:
        raise _not_found(webhook_id)
    return found


def _find_delivery(connection: Connection, delivery_id: str) -> Delivery:
    found = outbox_store.read_delivery(connection, delivery_id)
    if found is None:
        raise ResourceDoesNotExist(f"Delivery with ID {delivery_id} not found; the log keeps settled ones for webhooks.keep_days.")
    return found


def _not_found(webhook_id: str) -> ResourceDoesNotExist:
    return ResourceDoesNotExist(f"Webhook with ID {webhook_id} not found.")


def _position(cursor: str) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidParameterValue("The cursor is not one that this server gave; leave it out to begin with the newest.")
    return int(cursor)


def _tested(outcome: Outcome) -> TestResult:
    if outcome.status is None:
        return TestResult(success=False, error_message=f"Failed to test webhook: {outcome.error}")
    return TestResult(success=outcome.status < 400, response_status=outcome.status, response_body=outcome.answer)
