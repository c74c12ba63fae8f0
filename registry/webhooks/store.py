"""Webhooks in the metadata database: each function is one step of a transaction and is given everything it writes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, insert, select, update

from registry.webhooks.types import Status, Webhook
from storage.webhook_tables import webhook_subscriptions, webhooks

__all__ = (
    "insert_webhook",
    "mark_deleted",
    "read_sealed_secret",
    "read_webhook",
    "read_webhooks",
    "replace_subscriptions",
    "update_webhook",
)


def insert_webhook(connection: Connection, webhook: Webhook, sealed_secret: str | None) -> None:
    """Store a webhook and what it hears of."""
    connection.execute(
        insert(webhooks).values(
            webhook_id=webhook.webhook_id,
            name=webhook.name,
            description=webhook.description,
            url=webhook.url,
            secret=sealed_secret,
            status=webhook.status.value,
            created_at=webhook.created_at,
            updated_at=webhook.updated_at,
        )
    )
    _subscribe(connection, webhook.webhook_id, webhook.events)


def update_webhook(connection: Connection, webhook_id: str, values: Mapping[str, Any]) -> bool:
    """Set columns; ``False`` when there is no such webhook."""
    return connection.execute(update(webhooks).where(*_alive(webhook_id)).values(**values)).rowcount > 0


def replace_subscriptions(connection: Connection, webhook_id: str, events: Sequence[str]) -> None:
    """From now on the webhook hears of these events and no others."""
    connection.execute(delete(webhook_subscriptions).where(webhook_subscriptions.c.webhook_id == webhook_id))
    _subscribe(connection, webhook_id, events)


def mark_deleted(connection: Connection, webhook_id: str, at: datetime) -> bool:
    """The webhook is not found any more, and its secret is gone; ``False`` when there is none."""
    return update_webhook(connection, webhook_id, {"deleted_at": at, "updated_at": at, "secret": None})


def read_webhook(connection: Connection, webhook_id: str) -> Webhook | None:
    """One webhook that was not deleted."""
    found = _read(connection, select(webhooks).where(*_alive(webhook_id)))
    return found[0] if found else None


def read_webhooks(connection: Connection, *, offset: int, limit: int, events: Sequence[str] | None = None) -> list[Webhook]:
    """Webhooks, newest first; with ``events``, those that hear of at least one of these."""
    query = select(webhooks).where(webhooks.c.deleted_at.is_(None))
    if events is not None:
        hears = webhook_subscriptions.c.webhook_id == webhooks.c.webhook_id
        query = query.where(exists().where(hears, webhook_subscriptions.c.event.in_(events)))
    newest = (webhooks.c.created_at.desc(), webhooks.c.webhook_id)
    return _read(connection, query.order_by(*newest).offset(offset).limit(limit))


def read_sealed_secret(connection: Connection, webhook_id: str) -> str | None:
    """The sealed secret of a webhook, ``None`` when it has none."""
    sealed: str | None = connection.scalar(select(webhooks.c.secret).where(*_alive(webhook_id)))
    return sealed


def _alive(webhook_id: str) -> tuple[Any, ...]:
    return webhooks.c.webhook_id == webhook_id, webhooks.c.deleted_at.is_(None)


def _subscribe(connection: Connection, webhook_id: str, events: Sequence[str]) -> None:
    connection.execute(insert(webhook_subscriptions), [{"webhook_id": webhook_id, "event": event} for event in dict.fromkeys(events)])


def _read(connection: Connection, query: Select[Any]) -> list[Webhook]:
    rows = connection.execute(query).all()
    events: dict[str, list[str]] = {}
    subscriptions = select(webhook_subscriptions).where(webhook_subscriptions.c.webhook_id.in_([row.webhook_id for row in rows]))
    for row in connection.execute(subscriptions.order_by(webhook_subscriptions.c.event)):
        events.setdefault(row.webhook_id, []).append(row.event)
    return [_webhook(row, events.get(row.webhook_id, [])) for row in rows]


def _webhook(row: Row[Any], events: list[str]) -> Webhook:
    return Webhook(
        webhook_id=row.webhook_id,
        name=row.name,
        description=row.description,
        url=row.url,
        events=events,
        status=Status(row.status),
        signed=row.secret is not None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
