"""What is offered before anything is set up: vendors, what they sell, and ways to log in that really make an account."""

import json

import pytest

from config.providers import VENDORS
from gateway.providers import build
from registry.errors import InvalidParameterValue
from registry.gateway_admin.accounts import account, lacking
from registry.gateway_admin.catalogue import provider_config, supported_models, supported_providers
from registry.gateway_admin.catalogue_messages import GetProviderConfig, ListSupportedModels, ListSupportedProviders
from registry.gateway_admin.logins import logins
from registry.gateway_admin.mapping import ALIASES
from tracing.price_table import table_rates

KEY = {"type": "service_account", "project_id": "p", "client_email": "a@b", "private_key": "k"}
FILLED = {"vertex_credentials": json.dumps(KEY), "aws_region_name": "eu-west-1", "api_base": "https://mine.example.com"}
KINDS = sorted(each.name for each in VENDORS)


@pytest.mark.parametrize("kind", KINDS)
async def test_whoever_fills_in_what_is_required_of_a_way_to_log_in_has_an_account(kind):
    for mode in logins(kind):
        values = {each.name: FILLED.get(each.name, "x") for each in mode.secret_fields if each.required}
        auth = {each.name: FILLED.get(each.name, "x") for each in mode.config_fields if each.required}
        base = next((each.base_url for each in VENDORS if each.name == kind), None)
        settings = account(kind, "mine", values, auth, auth.get("api_base") or base)
        assert lacking(settings) == "", mode.mode
        await build(f"{kind}:mine", settings).close()


async def test_each_provider_that_is_listed_is_one_of_ours_under_the_name_that_mlflow_has_for_it():
    names = (await supported_providers(ListSupportedProviders())).providers
    assert names == sorted(names)
    assert {"openai", "anthropic", "vertex_ai", "together_ai", "fireworks_ai"} <= set(names)
    assert sorted(ALIASES.get(name, name) for name in names) == KINDS


async def test_models_of_a_provider_cost_what_the_table_of_prices_says():
    models = (await supported_models(ListSupportedModels(provider="anthropic"))).models
    assert models
    assert {each.provider for each in models} == {"anthropic"}
    one = next(each for each in models if each.model.startswith("claude-haiku"))
    rates = table_rates("anthropic", one.model, 1_700_000_000_000_000_000)
    assert (one.input_cost_per_token, one.mode) == (float(rates.input), "chat")


async def test_vendors_under_either_name_are_the_same_and_others_sell_nothing():
    theirs, ours = [await supported_models(ListSupportedModels(provider=name)) for name in ("vertex_ai", "vertex")]
    assert theirs == ours
    assert theirs.models
    assert (await supported_models(ListSupportedModels(provider="nobody"))).models == []


async def test_a_vendor_that_is_not_known_is_asked_for_its_address():
    (mode,) = (await provider_config(GetProviderConfig(provider="nobody"))).auth_modes
    assert [(each.name, each.required) for each in mode.config_fields] == [("api_base", True)]


async def test_ways_to_log_in_need_a_provider():
    with pytest.raises(InvalidParameterValue, match="Provider parameter is required"):
        await provider_config(GetProviderConfig())
