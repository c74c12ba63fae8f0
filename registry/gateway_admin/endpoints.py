"""The table of MLflow's gateway administration."""

from typing import Any

from registry.gateway_admin import catalogue, catalogue_messages, messages
from registry.gateway_admin import policy_messages as policies
from registry.gateway_admin.service import GatewayAdmin
from registry.wire import Endpoint

__all__ = ("endpoints",)

BASE = "/3.0/mlflow/gateway"
_CATALOGUE = (
    Endpoint("GET", f"{BASE}/supported-providers", catalogue_messages.ListSupportedProviders, catalogue.supported_providers),
    Endpoint("GET", f"{BASE}/supported-models", catalogue_messages.ListSupportedModels, catalogue.supported_models),
    Endpoint("GET", f"{BASE}/provider-config", catalogue_messages.GetProviderConfig, catalogue.provider_config),
)


def endpoints(admin: GatewayAdmin) -> list[Endpoint[Any]]:
    """Every endpoint of the gateway's administration, for MLflow's table."""
    return [*_CATALOGUE, *_models(admin), *_endpoints(admin), *_policies(admin)]


def _models(admin: GatewayAdmin) -> list[Endpoint[Any]]:
    service = admin.models
    return [
        Endpoint("POST", f"{BASE}/secrets/create", messages.CreateGatewaySecret, service.create_secret),
        Endpoint("GET", f"{BASE}/secrets/get", messages.GetGatewaySecretInfo, service.get_secret),
        Endpoint("POST", f"{BASE}/secrets/update", messages.UpdateGatewaySecret, service.update_secret),
        Endpoint("DELETE", f"{BASE}/secrets/delete", messages.DeleteGatewaySecret, service.delete_secret),
        Endpoint("GET", f"{BASE}/secrets/list", messages.ListGatewaySecretInfos, service.list_secrets),
        Endpoint("GET", f"{BASE}/secrets/config", messages.GetSecretsConfig, service.secrets_config),
        Endpoint("POST", f"{BASE}/model-definitions/create", messages.CreateGatewayModelDefinition, service.create_definition),
        Endpoint("GET", f"{BASE}/model-definitions/get", messages.GetGatewayModelDefinition, service.get_definition),
        Endpoint("GET", f"{BASE}/model-definitions/list", messages.ListGatewayModelDefinitions, service.list_definitions),
        Endpoint("POST", f"{BASE}/model-definitions/update", messages.UpdateGatewayModelDefinition, service.update_definition),
        Endpoint("DELETE", f"{BASE}/model-definitions/delete", messages.DeleteGatewayModelDefinition, service.delete_definition),
    ]


def _endpoints(admin: GatewayAdmin) -> list[Endpoint[Any]]:
    service = admin.endpoints
    return [
        Endpoint("POST", f"{BASE}/endpoints/create", messages.CreateGatewayEndpoint, service.create),
        Endpoint("GET", f"{BASE}/endpoints/get", messages.GetGatewayEndpoint, service.get),
        Endpoint("POST", f"{BASE}/endpoints/update", messages.UpdateGatewayEndpoint, service.update),
        Endpoint("DELETE", f"{BASE}/endpoints/delete", messages.DeleteGatewayEndpoint, service.delete),
        Endpoint("GET", f"{BASE}/endpoints/list", messages.ListGatewayEndpoints, service.list),
        Endpoint("POST", f"{BASE}/endpoints/models/attach", messages.AttachModelToGatewayEndpoint, service.attach),
        Endpoint("POST", f"{BASE}/endpoints/models/detach", messages.DetachModelFromGatewayEndpoint, service.detach),
        Endpoint("POST", f"{BASE}/endpoints/bindings/create", messages.CreateGatewayEndpointBinding, service.create_binding),
        Endpoint("DELETE", f"{BASE}/endpoints/bindings/delete", messages.DeleteGatewayEndpointBinding, service.delete_binding),
        Endpoint("GET", f"{BASE}/endpoints/bindings/list", messages.ListGatewayEndpointBindings, service.list_bindings),
        Endpoint("POST", f"{BASE}/endpoints/set-tag", messages.SetGatewayEndpointTag, service.set_tag),
        Endpoint("DELETE", f"{BASE}/endpoints/delete-tag", messages.DeleteGatewayEndpointTag, service.delete_tag),
    ]


def _policies(admin: GatewayAdmin) -> list[Endpoint[Any]]:
    service = admin.policies
    return [
        Endpoint("POST", f"{BASE}/budgets/create", policies.CreateGatewayBudgetPolicy, service.create_budget),
        Endpoint("GET", f"{BASE}/budgets/get", policies.GetGatewayBudgetPolicy, service.get_budget),
        Endpoint("POST", f"{BASE}/budgets/update", policies.UpdateGatewayBudgetPolicy, service.update_budget),
        Endpoint("DELETE", f"{BASE}/budgets/delete", policies.DeleteGatewayBudgetPolicy, service.delete_budget),
        Endpoint("GET", f"{BASE}/budgets/list", policies.ListGatewayBudgetPolicies, service.list_budgets),
        Endpoint("POST", f"{BASE}/guardrails/create", policies.CreateGatewayGuardrail, service.create_guardrail),
        Endpoint("GET", f"{BASE}/guardrails/get", policies.GetGatewayGuardrail, service.get_guardrail),
        Endpoint("DELETE", f"{BASE}/guardrails/delete", policies.DeleteGatewayGuardrail, service.delete_guardrail),
        Endpoint("GET", f"{BASE}/guardrails/list", policies.ListGatewayGuardrails, service.list_guardrails),
        Endpoint("POST", f"{BASE}/guardrails/add-to-endpoint", policies.AddGuardrailToEndpoint, service.place_guardrail),
        Endpoint("DELETE", f"{BASE}/guardrails/remove-from-endpoint", policies.RemoveGuardrailFromEndpoint, service.remove_guardrail),
        Endpoint("GET", f"{BASE}/guardrails/list-for-endpoint", policies.ListEndpointGuardrailConfigs, service.list_placed),
        Endpoint("PATCH", f"{BASE}/guardrails/update-config", policies.UpdateEndpointGuardrailConfig, service.reorder_guardrail),
    ]
