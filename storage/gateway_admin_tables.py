"""The tables of MLflow's gateway administration: secrets, models, endpoints, budgets, guardrails."""

from typing import Final

from sqlalchemy import Boolean, Column, Float, ForeignKeyConstraint, Index, Integer, Table, Text

from storage.metadata_tables import metadata
from storage.metadata_types import Document, Moment

__all__ = (
    "gateway_budget_policies",
    "gateway_endpoint_bindings",
    "gateway_endpoint_guardrails",
    "gateway_endpoint_models",
    "gateway_endpoint_tags",
    "gateway_endpoints",
    "gateway_guardrails",
    "gateway_model_definitions",
    "gateway_secrets",
)

# `sealed` is the JSON object of the secret's values (`storage.sealing`); `masked` shows enough of each to know it again.
gateway_secrets: Final = Table(
    "gateway_secrets",
    metadata,
    Column("secret_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("provider", Text),
    Column("sealed", Text, nullable=False),
    Column("masked", Document, nullable=False),
    Column("auth_config", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
    Index(None, "name", unique=True),
)

gateway_model_definitions: Final = Table(
    "gateway_model_definitions",
    metadata,
    Column("model_definition_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_id", Text),
    Column("provider", Text, nullable=False),
    Column("model_name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
    ForeignKeyConstraint(["secret_id"], ["gateway_secrets.secret_id"], ondelete="SET NULL"),
    Index(None, "name", unique=True),
)

gateway_endpoints: Final = Table(
    "gateway_endpoints",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("routing_strategy", Text),
    Column("fallback", Document),
    Column("experiment_id", Text),
    Column("usage_tracking", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
    Index(None, "name", unique=True),
)

gateway_endpoint_models: Final = Table(
    "gateway_endpoint_models",
    metadata,
    Column("mapping_id", Text, primary_key=True),
    Column("endpoint_id", Text, nullable=False),
    Column("model_definition_id", Text, nullable=False),
    Column("linkage_type", Text, nullable=False),
    Column("weight", Float, nullable=False),
    Column("fallback_order", Integer),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Text),
    ForeignKeyConstraint(["endpoint_id"], ["gateway_endpoints.endpoint_id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["model_definition_id"], ["gateway_model_definitions.model_definition_id"]),
    Index("ix_gateway_endpoint_models_linkage", "endpoint_id", "model_definition_id", "linkage_type", unique=True),
)

gateway_endpoint_tags: Final = Table(
    "gateway_endpoint_tags",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(["endpoint_id"], ["gateway_endpoints.endpoint_id"], ondelete="CASCADE"),
)

gateway_endpoint_bindings: Final = Table(
    "gateway_endpoint_bindings",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("resource_type", Text, primary_key=True),
    Column("resource_id", Text, primary_key=True),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
    ForeignKeyConstraint(["endpoint_id"], ["gateway_endpoints.endpoint_id"], ondelete="CASCADE"),
)

gateway_budget_policies: Final = Table(
    "gateway_budget_policies",
    metadata,
    Column("budget_policy_id", Text, primary_key=True),
    Column("budget_unit", Text, nullable=False),
    Column("budget_amount", Float, nullable=False),
    Column("duration_unit", Text, nullable=False),
    Column("duration_value", Integer, nullable=False),
    Column("target_scope", Text, nullable=False),
    Column("target_value", Text),
    Column("budget_action", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
)

gateway_guardrails: Final = Table(
    "gateway_guardrails",
    metadata,
    Column("guardrail_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scorer_id", Text, nullable=False),
    Column("scorer_version", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("action_endpoint_id", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
)

gateway_endpoint_guardrails: Final = Table(
    "gateway_endpoint_guardrails",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("guardrail_id", Text, primary_key=True),
    Column("execution_order", Integer),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Text),
    ForeignKeyConstraint(["endpoint_id"], ["gateway_endpoints.endpoint_id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["guardrail_id"], ["gateway_guardrails.guardrail_id"], ondelete="CASCADE"),
)
