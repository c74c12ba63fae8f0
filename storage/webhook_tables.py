"""The tables of webhooks: who wants to hear of what, what is still to be told, and what became of it."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Table, Text, text

from storage.metadata_tables import EMPTY, metadata
from storage.metadata_types import Moment

__all__ = ("webhook_attempts", "webhook_deliveries", "webhook_subscriptions", "webhooks")

# `secret` is sealed (`storage.sealing`). A deleted webhook stays, for the log of its deliveries.
webhooks: Final = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=EMPTY),
    Column("url", Text, nullable=False),
    Column("secret", Text),
    Column("status", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("deleted_at", Moment),
    CheckConstraint("status IN ('ACTIVE', 'DISABLED')", name="status"),
)

# `event` is `entity.action`.
webhook_subscriptions: Final = Table(
    "webhook_subscriptions",
    metadata,
    Column("webhook_id", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    ForeignKeyConstraint(["webhook_id"], ["webhooks.webhook_id"], ondelete="CASCADE"),
    Index(None, "event"),
)

# The outbox and the log in one: a line is written in the transaction of the change that it tells of, and stays when it was delivered.
# `position` orders what is told of one `entity_key`; `event_id` is the same for every delivery of one event, again ones included.
webhook_deliveries: Final = Table(
    "webhook_deliveries",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("delivery_id", Text, nullable=False),
    Column("webhook_id", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("entity_key", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error", Text, nullable=False, server_default=EMPTY),
    Column("not_before", Moment, nullable=False),
    Column("claimed_by", Text, nullable=False, server_default=EMPTY),
    Column("lease_expires_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("settled_at", Moment),
    CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name="state"),
    ForeignKeyConstraint(["webhook_id"], ["webhooks.webhook_id"], ondelete="CASCADE"),
    Index(None, "delivery_id", unique=True),
    Index(None, "webhook_id", "position"),
    # What is due is looked for all the time, among very few lines of very many.
    Index(
        "ix_webhook_deliveries_waiting",
        "webhook_id",
        "entity_key",
        "position",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(None, "settled_at"),
)

webhook_attempts: Final = Table(
    "webhook_attempts",
    metadata,
    Column("delivery_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_at", Moment, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("status", Integer),
    Column("error", Text, nullable=False, server_default=EMPTY),
    Column("answer", Text, nullable=False, server_default=EMPTY),
    ForeignKeyConstraint(["delivery_id"], ["webhook_deliveries.delivery_id"], ondelete="CASCADE"),
)
