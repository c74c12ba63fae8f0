"""The outbox in the metadata database: what is to be delivered, who holds it, what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, exists, insert, or_, select, text, update

from registry.webhooks.backoff import Verdict
from registry.webhooks.types import Attempt, Claim, Delivery, Outcome
from storage.prepared import Prepared
from storage.webhook_tables import webhook_attempts, webhook_deliveries, webhook_subscriptions, webhooks

__all__ = (
    "abandon",
    "claim",
    "insert_delivery",
    "is_due",
    "order_of",
    "prune",
    "read_attempts",
    "read_body",
    "read_deliveries",
    "read_delivery",
    "release",
    "settle",
    "subscribers",
)

_lines = webhook_deliveries.c


_SUBSCRIBERS: Final = Prepared(
    select(webhooks.c.webhook_id)
    .join(webhook_subscriptions, webhook_subscriptions.c.webhook_id == webhooks.c.webhook_id)
    .where(webhook_subscriptions.c.event == bindparam("event"), webhooks.c.status == "ACTIVE", webhooks.c.deleted_at.is_(None))
    .order_by(webhooks.c.created_at, webhooks.c.webhook_id)
)


def subscribers(connection: Connection, event: str) -> list[str]:
    """Active webhooks that hear of an event."""
    return [webhook_id for (webhook_id,) in _SUBSCRIBERS.rows(connection, {"event": event})]


def order_of(connection: Connection, entity_key: str) -> None:
    """Hold off other writers of events of one entity, so that positions are given in the order of the commits.

    PostgreSQL's sequences run ahead of its commits; SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 5))"), {"key": entity_key})


def insert_delivery(connection: Connection, delivery: Delivery, body: str) -> None:
    """Put a delivery into the outbox."""
    connection.execute(
        insert(webhook_deliveries).values(
            delivery_id=delivery.delivery_id,
            webhook_id=delivery.webhook_id,
            event_id=delivery.event_id,
            event=delivery.event,
            entity_key=delivery.entity_key,
            body=body,
            state=delivery.state,
            not_before=delivery.not_before,
            created_at=delivery.created_at,
        )
    )


_DUE: Final = Prepared(
    select(_lines.position).where(_lines.state == "waiting", _lines.not_before <= bindparam("now", type_=_lines.not_before.type)).limit(1)
)


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether anything may be there to claim. It is asked all the time, and only reads."""
    return _DUE.first(connection, {"now": now}) is not None


def claim(connection: Connection, *, holder: str, limit: int, now: datetime, lease_until: datetime) -> list[Claim]:
    """Take hold of what is due: of each entity the earliest alone, so that what follows waits until that is settled."""
    earlier = webhook_deliveries.alias("earlier")
    first = ~exists().where(
        earlier.c.state == "waiting",
        earlier.c.webhook_id == _lines.webhook_id,
        earlier.c.entity_key == _lines.entity_key,
        earlier.c.position < _lines.position,
    )
    free = or_(_lines.lease_expires_at.is_(None), _lines.lease_expires_at <= now)
    query = (
        select(webhook_deliveries, webhooks.c.url, webhooks.c.secret)
        .join(webhooks, webhooks.c.webhook_id == _lines.webhook_id)
        .where(_lines.state == "waiting", webhooks.c.status == "ACTIVE", _lines.not_before <= now, free, first)
        .order_by(_lines.position)
        .limit(limit)
        .with_for_update(of=webhook_deliveries, skip_locked=True)
    )
    rows = connection.execute(query).all()
    if rows:
        held = _lines.position.in_([row.position for row in rows])
        connection.execute(update(webhook_deliveries).where(held).values(claimed_by=holder, lease_expires_at=lease_until))
    return [_claim(row, holder) for row in rows]


def settle(connection: Connection, claim: Claim, outcome: Outcome, verdict: Verdict, now: datetime) -> bool:
    """Write down an attempt and what follows. ``False``, and nothing written, when the claim ran out and another took it."""
    held = and_(_lines.delivery_id == claim.delivery_id, _lines.claimed_by == claim.holder, _lines.attempts == claim.attempt - 1)
    changed = connection.execute(
        update(webhook_deliveries)
        .where(held, _lines.state == "waiting")
        .values(
            state=verdict.state,
            attempts=claim.attempt,
            error=verdict.error,
            not_before=verdict.not_before,
            claimed_by="",
            lease_expires_at=None,
            settled_at=None if verdict.state == "waiting" else now,
        )
    )
    if changed.rowcount == 0:
        return False
    connection.execute(
        insert(webhook_attempts).values(
            delivery_id=claim.delivery_id,
            number=claim.attempt,
            started_at=outcome.started_at,
            milliseconds=outcome.milliseconds,
            status=outcome.status,
            error=outcome.error,
            answer=outcome.answer,
        )
    )
    return True


def release(connection: Connection, holder: str) -> None:
    """Give back what a holder that is gone still held."""
    connection.execute(update(webhook_deliveries).where(_lines.claimed_by == holder).values(claimed_by="", lease_expires_at=None))


def abandon(connection: Connection, webhook_id: str, reason: str, now: datetime) -> None:
    """Give up every delivery that waits for a webhook."""
    waiting = update(webhook_deliveries).where(_lines.webhook_id == webhook_id, _lines.state == "waiting")
    connection.execute(waiting.values(state="dead", error=reason, settled_at=now, claimed_by="", lease_expires_at=None))


def prune(connection: Connection, before: datetime) -> int:
    """Remove what was settled before a time, with its attempts; how many deliveries."""
    return connection.execute(delete(webhook_deliveries).where(_lines.settled_at < before)).rowcount


def read_delivery(connection: Connection, delivery_id: str) -> Delivery | None:
    """One delivery, ``None`` when there is none of this id."""
    row = connection.execute(_deliveries().where(_lines.delivery_id == delivery_id)).one_or_none()
    return None if row is None else _delivery(row)


def read_deliveries(
    connection: Connection, *, webhook_id: str | None, states: Sequence[str], before: int | None, limit: int
) -> list[tuple[int, Delivery]]:
    """Deliveries with their positions, newest first; those before a position."""
    query = _deliveries().order_by(_lines.position.desc()).limit(limit)
    if webhook_id is not None:
        query = query.where(_lines.webhook_id == webhook_id)
    if states:
        query = query.where(_lines.state.in_(states))
    if before is not None:
        query = query.where(_lines.position < before)
    return [(row.position, _delivery(row)) for row in connection.execute(query)]


def read_body(connection: Connection, delivery_id: str) -> str:
    """The body of a delivery."""
    body: str = connection.execute(select(_lines.body).where(_lines.delivery_id == delivery_id)).scalar_one()
    return body


def read_attempts(connection: Connection, delivery_id: str) -> list[Attempt]:
    """What was tried for a delivery, in order."""
    columns = webhook_attempts.c
    query = select(webhook_attempts).where(columns.delivery_id == delivery_id).order_by(columns.number)
    return [
        Attempt(
            number=row.number,
            started_at=row.started_at,
            milliseconds=row.milliseconds,
            status=row.status,
            error=row.error,
            answer=row.answer,
        )
        for row in connection.execute(query)
    ]


def _deliveries() -> Select[Any]:
    return select(*(column for column in webhook_deliveries.c if column.name != "body"))


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        delivery_id=row.delivery_id,
        webhook_id=row.webhook_id,
        event_id=row.event_id,
        event=row.event,
        entity_key=row.entity_key,
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        not_before=row.not_before,
        created_at=row.created_at,
        settled_at=row.settled_at,
    )


def _claim(row: Row[Any], holder: str) -> Claim:
    return Claim(
        delivery_id=row.delivery_id,
        webhook_id=row.webhook_id,
        event_id=row.event_id,
        body=row.body,
        attempt=row.attempts + 1,
        url=row.url,
        sealed_secret=row.secret,
        holder=holder,
    )
