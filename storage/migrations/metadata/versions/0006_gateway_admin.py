"""MLflow's gateway administration."""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Document, Moment

revision = "0006_gateway_admin"
down_revision = "0001_prompts_and_judgements"


def upgrade() -> None:
    """Create the tables of secrets, models, endpoints, budgets and guardrails."""
    _models()
    _endpoints()
    _policies()


def _models() -> None:
    op.create_table(
        "gateway_secrets",
        sa.Column("secret_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("provider", sa.Text),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("masked", Document, nullable=False),
        sa.Column("auth_config", Document, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_by", sa.Text),
        sa.PrimaryKeyConstraint("secret_id", name="pk_gateway_secrets"),
    )
    op.create_index("ix_gateway_secrets_name", "gateway_secrets", ["name"], unique=True)
    op.create_table(
        "gateway_model_definitions",
        sa.Column("model_definition_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_id", sa.Text),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("model_name", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_by", sa.Text),
        sa.PrimaryKeyConstraint("model_definition_id", name="pk_gateway_model_definitions"),
        sa.ForeignKeyConstraint(
            ["secret_id"], ["gateway_secrets.secret_id"], name="fk_gateway_model_definitions_gateway_secrets", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_gateway_model_definitions_name", "gateway_model_definitions", ["name"], unique=True)


def _endpoints() -> None:
    op.create_table(
        "gateway_endpoints",
        sa.Column("endpoint_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("routing_strategy", sa.Text),
        sa.Column("fallback", Document),
        sa.Column("experiment_id", sa.Text),
        sa.Column("usage_tracking", sa.Boolean, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_by", sa.Text),
        sa.PrimaryKeyConstraint("endpoint_id", name="pk_gateway_endpoints"),
    )
    op.create_index("ix_gateway_endpoints_name", "gateway_endpoints", ["name"], unique=True)
    op.create_table(
        "gateway_endpoint_models",
        sa.Column("mapping_id", sa.Text, nullable=False),
        sa.Column("endpoint_id", sa.Text, nullable=False),
        sa.Column("model_definition_id", sa.Text, nullable=False),
        sa.Column("linkage_type", sa.Text, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.Column("fallback_order", sa.Integer),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.PrimaryKeyConstraint("mapping_id", name="pk_gateway_endpoint_models"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["gateway_endpoints.endpoint_id"], name="fk_gateway_endpoint_models_gateway_endpoints", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["model_definition_id"],
            ["gateway_model_definitions.model_definition_id"],
            name="fk_gateway_endpoint_models_gateway_model_definitions",
        ),
    )
    op.create_index(
        "ix_gateway_endpoint_models_linkage", "gateway_endpoint_models", ["endpoint_id", "model_definition_id", "linkage_type"], unique=True
    )
    op.create_table(
        "gateway_endpoint_tags",
        sa.Column("endpoint_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id", "key", name="pk_gateway_endpoint_tags"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["gateway_endpoints.endpoint_id"], name="fk_gateway_endpoint_tags_gateway_endpoints", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "gateway_endpoint_bindings",
        sa.Column("endpoint_id", sa.Text, nullable=False),
        sa.Column("resource_type", sa.Text, nullable=False),
        sa.Column("resource_id", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_by", sa.Text),
        sa.PrimaryKeyConstraint("endpoint_id", "resource_type", "resource_id", name="pk_gateway_endpoint_bindings"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["gateway_endpoints.endpoint_id"], name="fk_gateway_endpoint_bindings_gateway_endpoints", ondelete="CASCADE"
        ),
    )


def _policies() -> None:
    op.create_table(
        "gateway_budget_policies",
        sa.Column("budget_policy_id", sa.Text, nullable=False),
        sa.Column("budget_unit", sa.Text, nullable=False),
        sa.Column("budget_amount", sa.Float, nullable=False),
        sa.Column("duration_unit", sa.Text, nullable=False),
        sa.Column("duration_value", sa.Integer, nullable=False),
        sa.Column("target_scope", sa.Text, nullable=False),
        sa.Column("target_value", sa.Text),
        sa.Column("budget_action", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_by", sa.Text),
        sa.PrimaryKeyConstraint("budget_policy_id", name="pk_gateway_budget_policies"),
    )
    op.create_table(
        "gateway_guardrails",
        sa.Column("guardrail_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scorer_id", sa.Text, nullable=False),
        sa.Column("scorer_version", sa.Integer, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("action_endpoint_id", sa.Text),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_by", sa.Text),
        sa.PrimaryKeyConstraint("guardrail_id", name="pk_gateway_guardrails"),
    )
    op.create_table(
        "gateway_endpoint_guardrails",
        sa.Column("endpoint_id", sa.Text, nullable=False),
        sa.Column("guardrail_id", sa.Text, nullable=False),
        sa.Column("execution_order", sa.Integer),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.PrimaryKeyConstraint("endpoint_id", "guardrail_id", name="pk_gateway_endpoint_guardrails"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["gateway_endpoints.endpoint_id"], name="fk_gateway_endpoint_guardrails_gateway_endpoints", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guardrail_id"],
            ["gateway_guardrails.guardrail_id"],
            name="fk_gateway_endpoint_guardrails_gateway_guardrails",
            ondelete="CASCADE",
        ),
    )
