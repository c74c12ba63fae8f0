"""Budgets and guardrails in the metadata database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from registry.errors import ResourceAlreadyExists
from registry.gateway_admin.common_store import find, milliseconds
from registry.gateway_admin.endpoint_store import require_endpoint
from registry.gateway_admin.policy_messages import (
    BudgetAction,
    BudgetDuration,
    BudgetDurationUnit,
    BudgetTargetScope,
    BudgetUnit,
    GatewayBudgetPolicy,
)
from storage.gateway_admin_tables import gateway_budget_policies, gateway_endpoint_guardrails, gateway_guardrails

__all__ = (
    "delete_budget",
    "delete_guardrail",
    "insert_budget",
    "insert_guardrail",
    "place_guardrail",
    "read_all_placed",
    "read_budget",
    "read_budgets",
    "read_guardrail",
    "read_guardrails",
    "read_placed",
    "remove_guardrail",
    "reorder_guardrail",
    "update_budget",
)

_budgets, _guardrails, _placed = gateway_budget_policies.c, gateway_guardrails.c, gateway_endpoint_guardrails.c


def insert_budget(connection: Connection, values: Mapping[str, Any]) -> GatewayBudgetPolicy:
    """Store a budget. Raises ``ResourceDoesNotExist`` for the endpoint that it is of."""
    _require_target(connection, values)
    connection.execute(insert(gateway_budget_policies).values(**values))
    return read_budget(connection, values["budget_policy_id"])


def update_budget(connection: Connection, budget_id: str, values: Mapping[str, Any]) -> GatewayBudgetPolicy:
    """Set columns. Raises as ``insert_budget`` does."""
    _require_target(connection, values)
    connection.execute(update(gateway_budget_policies).where(_budgets.budget_policy_id == budget_id).values(**values))
    return read_budget(connection, budget_id)


def delete_budget(connection: Connection, budget_id: str) -> None:
    """Remove a budget. Raises ``ResourceDoesNotExist``."""
    read_budget(connection, budget_id)
    connection.execute(delete(gateway_budget_policies).where(_budgets.budget_policy_id == budget_id))


def read_budget(connection: Connection, budget_id: str) -> GatewayBudgetPolicy:
    """One budget. Raises ``ResourceDoesNotExist``."""
    return _budget(find(connection, gateway_budget_policies, "BudgetPolicy", budget_policy_id=budget_id))


def read_budgets(connection: Connection, *, offset: int = 0, limit: int | None = None) -> list[GatewayBudgetPolicy]:
    """Budgets by id."""
    query = select(gateway_budget_policies).order_by(_budgets.budget_policy_id).offset(offset).limit(limit)
    return [_budget(row) for row in connection.execute(query)]


def insert_guardrail(connection: Connection, values: Mapping[str, Any]) -> Row[Any]:
    """Store a guardrail."""
    connection.execute(insert(gateway_guardrails).values(**values))
    return read_guardrail(connection, values["guardrail_id"])


def delete_guardrail(connection: Connection, guardrail_id: str) -> None:
    """Remove a guardrail from everywhere. Raises ``ResourceDoesNotExist``."""
    read_guardrail(connection, guardrail_id)
    connection.execute(delete(gateway_guardrails).where(_guardrails.guardrail_id == guardrail_id))


def read_guardrail(connection: Connection, guardrail_id: str) -> Row[Any]:
    """One guardrail. Raises ``ResourceDoesNotExist``."""
    return find(connection, gateway_guardrails, "Guardrail", guardrail_id=guardrail_id)


def read_guardrails(connection: Connection, *, offset: int, limit: int) -> list[Row[Any]]:
    """Guardrails by id."""
    query = select(gateway_guardrails).order_by(_guardrails.guardrail_id).offset(offset).limit(limit)
    return list(connection.execute(query).all())


def place_guardrail(connection: Connection, values: Mapping[str, Any]) -> tuple[Row[Any], Row[Any]]:
    """Put a guardrail before an endpoint. Raises ``ResourceDoesNotExist`` and ``ResourceAlreadyExists``."""
    endpoint_id, guardrail_id = values["endpoint_id"], values["guardrail_id"]
    require_endpoint(connection, endpoint_id, "Endpoint")
    guardrail = read_guardrail(connection, guardrail_id)
    try:
        connection.execute(insert(gateway_endpoint_guardrails).values(**values))
    except IntegrityError as error:
        raise ResourceAlreadyExists(f"Guardrail '{guardrail_id}' is already added to endpoint '{endpoint_id}'") from error
    return _find_placed(connection, endpoint_id, guardrail_id), guardrail


def reorder_guardrail(connection: Connection, endpoint_id: str, guardrail_id: str, order: int | None) -> tuple[Row[Any], Row[Any]]:
    """Another place in the order. Raises ``ResourceDoesNotExist``."""
    _find_placed(connection, endpoint_id, guardrail_id)
    here = (_placed.endpoint_id == endpoint_id, _placed.guardrail_id == guardrail_id)
    connection.execute(update(gateway_endpoint_guardrails).where(*here).values(execution_order=order))
    return _find_placed(connection, endpoint_id, guardrail_id), read_guardrail(connection, guardrail_id)


def remove_guardrail(connection: Connection, endpoint_id: str, guardrail_id: str) -> None:
    """Take a guardrail away from an endpoint. Raises ``ResourceDoesNotExist``."""
    _find_placed(connection, endpoint_id, guardrail_id)
    here = (_placed.endpoint_id == endpoint_id, _placed.guardrail_id == guardrail_id)
    connection.execute(delete(gateway_endpoint_guardrails).where(*here))


def read_placed(connection: Connection, endpoint_id: str) -> list[tuple[Row[Any], Row[Any]]]:
    """The guardrails of an endpoint in their order, those without a place last. Raises ``ResourceDoesNotExist``."""
    require_endpoint(connection, endpoint_id, "Endpoint")
    order = (_placed.execution_order.is_(None), _placed.execution_order, _placed.guardrail_id)
    rows = connection.execute(select(gateway_endpoint_guardrails).where(_placed.endpoint_id == endpoint_id).order_by(*order)).all()
    return [(row, read_guardrail(connection, row.guardrail_id)) for row in rows]


def read_all_placed(connection: Connection) -> list[tuple[str, Row[Any]]]:
    """Each guardrail with the endpoint that it stands before, in the order of each endpoint."""
    order = (_placed.endpoint_id, _placed.execution_order.is_(None), _placed.execution_order, _placed.guardrail_id)
    rows = connection.execute(select(gateway_endpoint_guardrails).order_by(*order)).all()
    return [(row.endpoint_id, read_guardrail(connection, row.guardrail_id)) for row in rows]


def _find_placed(connection: Connection, endpoint_id: str, guardrail_id: str) -> Row[Any]:
    return find(connection, gateway_endpoint_guardrails, "GuardrailConfig", endpoint_id=endpoint_id, guardrail_id=guardrail_id)


def _require_target(connection: Connection, values: Mapping[str, Any]) -> None:
    """Refuse an endpoint that does not exist: it would never be counted, and nobody would notice."""
    if values.get("target_scope") == BudgetTargetScope.ENDPOINT.value and values.get("target_value"):
        require_endpoint(connection, values["target_value"])


def _budget(row: Row[Any]) -> GatewayBudgetPolicy:
    return GatewayBudgetPolicy(
        budget_policy_id=row.budget_policy_id,
        budget_unit=BudgetUnit[row.budget_unit],
        budget_amount=row.budget_amount,
        duration=BudgetDuration(unit=BudgetDurationUnit[row.duration_unit], value=row.duration_value),
        target_scope=BudgetTargetScope[row.target_scope],
        budget_action=BudgetAction[row.budget_action],
        target_value=row.target_value,
        created_by=row.created_by or "",
        created_at=milliseconds(row.created_at),
        last_updated_by=row.updated_by or "",
        last_updated_at=milliseconds(row.updated_at),
    )
