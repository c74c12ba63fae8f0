"""What was set up through MLflow's API, in the form of our settings. Pure: rows and opened secrets in, ``Administered`` out.

Each model definition with a secret becomes a provider of its own (``openai:NAME``), each endpoint a route, each budget that refuses a limit. What has no
effect is named with its reason, since its owner believes that it has one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, get_args
from urllib.parse import urlsplit

import msgspec

from config.providers import VENDORS
from config.schema import LimitSettings, ProviderKind, ProviderSettings, RouteSettings, TargetSettings
from config.settings.guardrails import GuardrailSettings
from registry.gateway_admin.accounts import account, lacking
from registry.gateway_admin.guarding import guardrail_of, name_of
from registry.gateway_admin.messages import GatewayEndpoint, GatewayEndpointModelMapping, GatewayModelDefinition, LinkageType
from registry.gateway_admin.policy_messages import (
    BudgetAction,
    BudgetDurationUnit,
    BudgetTargetScope,
    GatewayBudgetPolicy,
    GatewayGuardrail,
)
from registry.gateway_admin.types import Administered, Tracked

__all__ = ("Opened", "administered")

ALIASES: Final = {
    "amazon-bedrock": "bedrock",
    "fireworks_ai": "fireworks",
    "google": "gemini",
    "together_ai": "together",
    "togetherai": "together",
    "vertex_ai": "vertex",
}
"""MLflow's (and LiteLLM's) name of a vendor, where ours is another."""

WINDOWS: Final = {
    BudgetDurationUnit.MINUTES: "minute",
    BudgetDurationUnit.HOURS: "hour",
    BudgetDurationUnit.DAYS: "day",
    BudgetDurationUnit.WEEKS: "week",
    BudgetDurationUnit.MONTHS: "month",
}
NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
KINDS: Final = frozenset(get_args(ProviderKind))


class Opened(msgspec.Struct, frozen=True):
    """A secret with its values, and how it logs in. ``problem`` says why it could not be opened."""

    values: Mapping[str, str] = {}
    auth_config: Mapping[str, str] = {}
    problem: str = ""


def administered(
    endpoints: Sequence[GatewayEndpoint],
    definitions: Sequence[GatewayModelDefinition],
    secrets: Mapping[str, Opened],
    budgets: Sequence[GatewayBudgetPolicy],
    placed: Mapping[str, Sequence[GatewayGuardrail]] = {},
) -> Administered:
    """Everything that takes effect, and for everything else the reason why it does not."""
    providers: dict[str, ProviderSettings] = {}
    idle: dict[str, str] = {}
    for definition in definitions:
        found = _provider(definition, secrets)
        if isinstance(found, str):
            idle[f"model definition {definition.name}"] = found
        else:
            providers[_account(definition)] = found
    guards = {each.guardrail_id: guardrail_of(each) for listed in placed.values() for each in listed}
    routes: list[RouteSettings] = []
    for endpoint in endpoints:
        mine = placed.get(endpoint.endpoint_id, ())
        if unclear := _unclear(mine, guards):
            idle[f"endpoint {endpoint.name}"] = unclear  # it answers nobody: what it is to be guarded by is never left out
        elif (route := _route(endpoint, providers, _limits_of(endpoint, budgets))) is None:
            idle[f"endpoint {endpoint.name}"] = "none of its models can be called"
        else:
            routes.append(msgspec.structs.replace(route, guardrails=tuple(map(name_of, mine))))
    idle |= {f"budget {each.budget_policy_id}": reason for each in budgets if (reason := _no_effect(each))}
    return Administered(
        providers=providers,
        routes=tuple(routes),
        limits=tuple(_general(budgets)),
        guardrails=tuple(each for each in guards.values() if isinstance(each, GuardrailSettings)),
        endpoints={each.name: each.endpoint_id for each in endpoints},
        tracked={
            each.name: Tracked(each.endpoint_id, each.experiment_id) for each in endpoints if each.usage_tracking and each.experiment_id
        },
        idle=idle,
    )


def _unclear(placed: Sequence[GatewayGuardrail], guards: Mapping[str, GuardrailSettings | str]) -> str:
    """Why an endpoint cannot be guarded as it should be; ``""`` when it can."""
    reasons = (
        f"its guardrail {each.name!r} cannot be evaluated: {why}" for each in placed if isinstance(why := guards[each.guardrail_id], str)
    )
    return next(reasons, "")


def _provider(definition: GatewayModelDefinition, secrets: Mapping[str, Opened]) -> ProviderSettings | str:
    """The account of a model, or why there is none."""
    secret = secrets.get(definition.secret_id or "")
    if secret is None:
        return "its secret was deleted"
    if secret.problem:
        return secret.problem
    kind = ALIASES.get(definition.provider, definition.provider)
    base = secret.auth_config.get("api_base") or None
    if kind not in KINDS and base is None:
        return f"the provider {definition.provider!r} is not known here, and its secret has no 'api_base'"
    spoken = kind if kind in KINDS else "openai"
    settings = account(spoken, definition.secret_name or "", secret.values, secret.auth_config, _base_url(kind, base))
    return lacking(settings) or msgspec.structs.replace(settings, public_only=base is not None)


def _account(definition: GatewayModelDefinition) -> str:
    """The name of the account: one that no entry of a file can have, and that the gateway therefore reaches through routes alone."""
    plain = NAME.fullmatch(definition.name) is not None
    return f"{definition.provider.replace('/', '-')}:{definition.name if plain else definition.model_definition_id}"


def _base_url(kind: str, given: str | None) -> str | None:
    vendor = next((each for each in VENDORS if each.name == kind), None)
    if given is None:
        return None if vendor is None else vendor.base_url
    if vendor is not None and vendor.path and not urlsplit(given).path.strip("/"):
        return given.rstrip("/") + vendor.path
    return given


def _route(endpoint: GatewayEndpoint, providers: Mapping[str, ProviderSettings], limits: tuple[LimitSettings, ...]) -> RouteSettings | None:
    callable_ = [
        mapping
        for mapping in endpoint.model_mappings
        if mapping.model_definition is not None and _account(mapping.model_definition) in providers
    ]
    primary = [mapping for mapping in callable_ if mapping.linkage_type is LinkageType.PRIMARY and mapping.weight > 0]
    fallbacks = sorted(
        (mapping for mapping in callable_ if mapping.linkage_type is LinkageType.FALLBACK),
        key=lambda mapping: (mapping.fallback_order is None, mapping.fallback_order or 0),
    )
    if not primary:
        primary, fallbacks = fallbacks[:1], fallbacks[1:]
    if not primary:
        return None
    most = endpoint.fallback_config.max_attempts if endpoint.fallback_config else None
    return RouteSettings(
        name=endpoint.name,
        targets=tuple(TargetSettings(model=_target(mapping), weight=mapping.weight or 1.0) for mapping in primary),
        fallbacks=tuple(_target(mapping) for mapping in fallbacks[:most]),
        limits=limits,
    )


def _target(mapping: GatewayEndpointModelMapping) -> str:
    assert mapping.model_definition is not None  # noqa: S101 - one without was left out as not callable
    return f"{_account(mapping.model_definition)}/{mapping.model_definition.model_name}"


def _limits_of(endpoint: GatewayEndpoint, budgets: Sequence[GatewayBudgetPolicy]) -> tuple[LimitSettings, ...]:
    mine = (each for each in budgets if each.target_scope is BudgetTargetScope.ENDPOINT and each.target_value == endpoint.endpoint_id)
    return tuple(_limit(each) for each in mine if not _no_effect(each))


def _general(budgets: Sequence[GatewayBudgetPolicy]) -> Iterator[LimitSettings]:
    """The budgets of everybody, among them that of the one workspace there is."""
    for each in budgets:
        if each.target_scope is not BudgetTargetScope.ENDPOINT and not _no_effect(each):
            yield _limit(each)


def _limit(budget: GatewayBudgetPolicy) -> LimitSettings:
    user = budget.target_value if budget.target_scope is BudgetTargetScope.USER else None
    return LimitSettings(
        name=budget.budget_policy_id,
        per="user" if user else "all",
        only=(user,) if user else (),
        window=WINDOWS[budget.duration.unit],  # type: ignore[arg-type]  # all of them are windows of limits
        cost=budget.budget_amount,
    )


def _no_effect(budget: GatewayBudgetPolicy) -> str:
    if budget.budget_action is not BudgetAction.REJECT:
        return "it alerts, and refuses nothing"
    if budget.duration.value != 1:
        return f"a window of {budget.duration.value} {budget.duration.unit.value.lower()} is not counted; one of 1 is"
    return ""
