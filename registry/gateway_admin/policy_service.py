"""Budgets and guardrails, as MLflow's client asks for them. Raises ``registry.errors``."""

import math
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.gateway_admin import policy_messages as messages
from registry.gateway_admin import policy_store
from registry.gateway_admin.common_store import milliseconds
from registry.gateway_admin.policy_messages import (
    BudgetAction,
    BudgetDuration,
    BudgetDurationUnit,
    BudgetTargetScope,
    BudgetUnit,
    GuardrailAction,
    GuardrailStage,
)
from registry.gateway_admin.stamps import stamped
from registry.gateway_admin.types import Metadata, Scorers
from registry.search import next_token, offset_of

__all__ = ("Placed", "PolicyService")

Placed = Mapping[str, Sequence[messages.GatewayGuardrail]]
"""The guardrails of each endpoint that has some, in their order. One whose scorer is gone has none."""

DEFAULT_PAGE: Final = 1000
LARGEST_PAGE: Final = 50_000
TARGETED: Final = (BudgetTargetScope.ENDPOINT, BudgetTargetScope.USER)
LARGEST_AMOUNT: Final = 1e15


class PolicyService:
    """``changed`` as in ``ModelService``."""

    def __init__(self, metadata: Metadata, scorers: Scorers, changed: Callable[[], Awaitable[None]]) -> None:
        self._metadata = metadata
        self._scorers = scorers
        self._changed = changed

    async def create_budget(self, request: messages.CreateGatewayBudgetPolicy) -> messages.CreateGatewayBudgetPolicy.Response:
        """Make a budget. It counts as soon as this returns."""
        target = request.target_value or None
        _check_budget(request.budget_unit, request.budget_amount, request.duration, request.target_scope, request.budget_action)
        _check_target(request.target_scope, target)
        row = {
            "budget_policy_id": f"bp-{uuid.uuid4().hex}",
            "budget_unit": request.budget_unit.value,
            "budget_amount": request.budget_amount,
            "duration_unit": request.duration.unit.value,
            "duration_value": request.duration.value,
            "target_scope": request.target_scope.value,
            "target_value": target,
            "budget_action": request.budget_action.value,
            **stamped(request.created_by),
        }
        made = await self._metadata.run(lambda connection: policy_store.insert_budget(connection, row))
        await self._changed()
        return messages.CreateGatewayBudgetPolicy.Response(budget_policy=made)

    async def get_budget(self, request: messages.GetGatewayBudgetPolicy) -> messages.GetGatewayBudgetPolicy.Response:
        """One budget."""
        found = await self._metadata.read(lambda connection: policy_store.read_budget(connection, request.budget_policy_id))
        return messages.GetGatewayBudgetPolicy.Response(budget_policy=found)

    async def update_budget(self, request: messages.UpdateGatewayBudgetPolicy) -> messages.UpdateGatewayBudgetPolicy.Response:
        """Change what is given. A target belongs to its scope, and changes with it."""
        before = await self._metadata.read(lambda connection: policy_store.read_budget(connection, request.budget_policy_id))
        scope = request.target_scope or before.target_scope
        kept = before.target_value if scope is before.target_scope else None
        target = request.target_value or kept
        unit, action = request.budget_unit or before.budget_unit, request.budget_action or before.budget_action
        amount = before.budget_amount if request.budget_amount is None else request.budget_amount
        duration = request.duration or before.duration
        _check_budget(unit, amount, duration, scope, action)
        _check_target(scope, target)
        row = {
            "budget_unit": unit.value,
            "budget_amount": amount,
            "duration_unit": duration.unit.value,
            "duration_value": duration.value,
            "target_scope": scope.value,
            "target_value": target,
            "budget_action": action.value,
            "updated_at": datetime.now(UTC),
            "updated_by": request.updated_by or before.last_updated_by or None,
        }
        changed = await self._metadata.run(lambda connection: policy_store.update_budget(connection, request.budget_policy_id, row))
        await self._changed()
        return messages.UpdateGatewayBudgetPolicy.Response(budget_policy=changed)

    async def delete_budget(self, request: messages.DeleteGatewayBudgetPolicy) -> None:
        """Remove a budget."""
        await self._metadata.run(lambda connection: policy_store.delete_budget(connection, request.budget_policy_id))
        await self._changed()

    async def list_budgets(self, request: messages.ListGatewayBudgetPolicies) -> messages.ListGatewayBudgetPolicies.Response:
        """A page of budgets."""
        limit, offset = _page(request.max_results), offset_of(request.page_token)
        found = await self._metadata.read(lambda connection: policy_store.read_budgets(connection, offset=offset, limit=limit + 1))
        token = next_token(offset + limit) if len(found) > limit else None
        return messages.ListGatewayBudgetPolicies.Response(budget_policies=found[:limit], next_page_token=token)

    async def create_guardrail(self, request: messages.CreateGatewayGuardrail) -> messages.CreateGatewayGuardrail.Response:
        """Make a guardrail of a registered scorer."""
        _check_specified(request.stage, GuardrailStage.GUARDRAIL_STAGE_UNSPECIFIED, "stage")
        _check_specified(request.action, GuardrailAction.GUARDRAIL_ACTION_UNSPECIFIED, "action")
        scorer = await self._scorers.find(request.scorer_id, request.scorer_version)
        row = {
            "guardrail_id": f"gr-{uuid.uuid4().hex}",
            "name": request.name,
            "scorer_id": scorer.scorer_id,
            "scorer_version": scorer.scorer_version,
            "stage": request.stage.value,
            "action": request.action.value,
            "action_endpoint_id": request.action_endpoint_id or None,
            **stamped(None),
        }
        made = await self._metadata.run(lambda connection: policy_store.insert_guardrail(connection, row))
        return messages.CreateGatewayGuardrail.Response(guardrail=await self._guardrail(made))

    async def get_guardrail(self, request: messages.GetGatewayGuardrail) -> messages.GetGatewayGuardrail.Response:
        """One guardrail."""
        found = await self._metadata.read(lambda connection: policy_store.read_guardrail(connection, request.guardrail_id))
        return messages.GetGatewayGuardrail.Response(guardrail=await self._guardrail(found))

    async def delete_guardrail(self, request: messages.DeleteGatewayGuardrail) -> None:
        """Remove a guardrail from all endpoints."""
        await self._metadata.run(lambda connection: policy_store.delete_guardrail(connection, request.guardrail_id))
        await self._changed()

    async def list_guardrails(self, request: messages.ListGatewayGuardrails) -> messages.ListGatewayGuardrails.Response:
        """A page of guardrails."""
        limit, offset = _page(request.max_results), offset_of(request.page_token)
        found = await self._metadata.read(lambda connection: policy_store.read_guardrails(connection, offset=offset, limit=limit + 1))
        token = next_token(offset + limit) if len(found) > limit else None
        shown = [await self._guardrail(row) for row in found[:limit]]
        return messages.ListGatewayGuardrails.Response(guardrails=shown, next_page_token=token)

    async def place_guardrail(self, request: messages.AddGuardrailToEndpoint) -> messages.AddGuardrailToEndpoint.Response:
        """Put a guardrail before an endpoint."""
        row = {
            "endpoint_id": request.endpoint_id,
            "guardrail_id": request.guardrail_id,
            "execution_order": request.execution_order,
            "created_at": datetime.now(UTC),
        }
        placed = await self._metadata.run(lambda connection: policy_store.place_guardrail(connection, row))
        await self._changed()
        return messages.AddGuardrailToEndpoint.Response(config=await self._config(*placed))

    async def reorder_guardrail(self, request: messages.UpdateEndpointGuardrailConfig) -> messages.UpdateEndpointGuardrailConfig.Response:
        """Move a guardrail to another place in the order of its endpoint."""
        placed = await self._metadata.run(
            lambda connection: policy_store.reorder_guardrail(
                connection, request.endpoint_id, request.guardrail_id, request.execution_order
            )
        )
        await self._changed()
        return messages.UpdateEndpointGuardrailConfig.Response(config=await self._config(*placed))

    async def remove_guardrail(self, request: messages.RemoveGuardrailFromEndpoint) -> None:
        """Take a guardrail away from an endpoint."""
        await self._metadata.run(lambda connection: policy_store.remove_guardrail(connection, request.endpoint_id, request.guardrail_id))
        await self._changed()

    async def list_placed(self, request: messages.ListEndpointGuardrailConfigs) -> messages.ListEndpointGuardrailConfigs.Response:
        """The guardrails of an endpoint, in their order."""
        found = await self._metadata.read(lambda connection: policy_store.read_placed(connection, request.endpoint_id))
        return messages.ListEndpointGuardrailConfigs.Response(configs=[await self._config(*each) for each in found])

    async def placed(self) -> Placed:
        """The guardrails of all endpoints."""
        found: dict[str, list[messages.GatewayGuardrail]] = {}
        for endpoint_id, row in await self._metadata.read(policy_store.read_all_placed):
            found.setdefault(endpoint_id, []).append(await self._as_far_as_known(row))
        return found

    async def _as_far_as_known(self, row: Row[Any]) -> messages.GatewayGuardrail:
        try:
            return await self._guardrail(row)
        except ResourceDoesNotExist:
            return _guardrail(row, None)

    async def _guardrail(self, row: Row[Any]) -> messages.GatewayGuardrail:
        return _guardrail(row, await self._scorers.find(row.scorer_id, row.scorer_version))

    async def _config(self, placed: Row[Any], guardrail: Row[Any]) -> messages.GatewayGuardrailConfig:
        return messages.GatewayGuardrailConfig(
            endpoint_id=placed.endpoint_id,
            guardrail_id=placed.guardrail_id,
            execution_order=placed.execution_order,
            created_by=placed.created_by,
            created_at=milliseconds(placed.created_at),
            guardrail=await self._guardrail(guardrail),
        )


def _guardrail(row: Row[Any], scorer: messages.GuardrailScorer | None) -> messages.GatewayGuardrail:
    return messages.GatewayGuardrail(
        guardrail_id=row.guardrail_id,
        name=row.name,
        scorer=scorer,
        stage=GuardrailStage[row.stage],
        action=GuardrailAction[row.action],
        action_endpoint_id=row.action_endpoint_id,
        created_by=row.created_by,
        created_at=milliseconds(row.created_at),
        last_updated_by=row.updated_by,
        last_updated_at=milliseconds(row.updated_at),
    )


def _check_budget(unit: BudgetUnit, amount: float, duration: BudgetDuration, scope: BudgetTargetScope, action: BudgetAction) -> None:
    _check_specified(unit, BudgetUnit.BUDGET_UNIT_UNSPECIFIED, "budget_unit")
    _check_specified(duration.unit, BudgetDurationUnit.DURATION_UNIT_UNSPECIFIED, "duration.unit")
    if not 0 < duration.value < 2**31:
        raise InvalidParameterValue(f"duration.value must be a positive integer, got {duration.value}")
    _check_specified(scope, BudgetTargetScope.TARGET_SCOPE_UNSPECIFIED, "target_scope")
    _check_specified(action, BudgetAction.BUDGET_ACTION_UNSPECIFIED, "budget_action")
    if not (math.isfinite(amount) and 0 <= amount <= LARGEST_AMOUNT):
        raise InvalidParameterValue(f"budget_amount must be a number of dollars from 0 to {LARGEST_AMOUNT:.0e}, got {amount}")


def _check_target(scope: BudgetTargetScope, target: str | None) -> None:
    if scope in TARGETED and not target:
        raise InvalidParameterValue(f"target_value is required when target_scope is {scope.value}.")
    if scope not in TARGETED and target:
        raise InvalidParameterValue("target_value can only be set when target_scope is ENDPOINT or USER.")


def _check_specified(value: Any, unspecified: Any, name: str) -> None:
    if value is unspecified:
        raise InvalidParameterValue(f"Invalid {name}: {value.number}")


def _page(asked: int | None) -> int:
    limit = asked or DEFAULT_PAGE
    if limit < 1:
        raise InvalidParameterValue(f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer")
    if limit > LARGEST_PAGE:
        raise InvalidParameterValue(f"Invalid value {limit} for parameter 'max_results' supplied. It must be at most {LARGEST_PAGE}")
    return limit
