"""Webhooks, their outbox and the log of deliveries."""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Moment

revision = "0005_webhooks"
down_revision = "0001_prompts_and_judgements"


def upgrade() -> None:
    """Create the tables of webhooks."""
    _webhooks()
    _deliveries()


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("deleted_at", Moment),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_webhooks"),
        sa.CheckConstraint("status IN ('ACTIVE', 'DISABLED')", name=op.f("ck_webhooks_status")),
    )
    op.create_table(
        "webhook_subscriptions",
        sa.Column("webhook_id", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", "event", name="pk_webhook_subscriptions"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.webhook_id"], name="fk_webhook_subscriptions_webhooks", ondelete="CASCADE"),
    )
    op.create_index("ix_webhook_subscriptions_event", "webhook_subscriptions", ["event"])


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("delivery_id", sa.Text, nullable=False),
        sa.Column("webhook_id", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("entity_key", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("not_before", Moment, nullable=False),
        sa.Column("claimed_by", sa.Text, nullable=False, server_default=""),
        sa.Column("lease_expires_at", Moment),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("settled_at", Moment),
        sa.PrimaryKeyConstraint("position", name="pk_webhook_deliveries"),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name=op.f("ck_webhook_deliveries_state")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.webhook_id"], name="fk_webhook_deliveries_webhooks", ondelete="CASCADE"),
    )
    op.create_index("ix_webhook_deliveries_delivery_id", "webhook_deliveries", ["delivery_id"], unique=True)
    op.create_index("ix_webhook_deliveries_webhook_id_position", "webhook_deliveries", ["webhook_id", "position"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_webhook_deliveries_waiting",
        "webhook_deliveries",
        ["webhook_id", "entity_key", "position"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("ix_webhook_deliveries_settled_at", "webhook_deliveries", ["settled_at"])
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("answer", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_webhook_attempts"),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_deliveries.delivery_id"], name="fk_webhook_attempts_webhook_deliveries", ondelete="CASCADE"
        ),
    )
