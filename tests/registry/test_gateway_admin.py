"""MLflow's administration of the gateway over HTTP, and what the gateway is given of it."""

import json
import logging

import httpx
import pytest
from litestar import Litestar

from config.schema import ProviderSettings, RouteSettings, Settings, TargetSettings
from registry.errors import ResourceDoesNotExist
from registry.gateway_admin.endpoints import endpoints
from registry.gateway_admin.policy_messages import GuardrailScorer
from registry.gateway_admin.service import GatewayAdmin, merged
from registry.gateway_admin.types import Administered
from registry.outbound.guard import AddressGuard
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints
from storage.sealing import Seal

BASE = "/api/3.0/mlflow/gateway"
KEY = "sk-0123456789abcdef"


class World:
    """What stands around the administration: experiments, one scorer, a route of the configuration file."""

    serialized = "{}"

    async def ensure(self, name, tags):
        self.experiment = (name, dict(tags))
        return "7"

    async def find(self, scorer_id, version):
        if scorer_id != "s1":
            raise ResourceDoesNotExist(f"Scorer with ID '{scorer_id}' not found.")
        return GuardrailScorer(
            experiment_id=1,
            scorer_name="safe",
            scorer_version=version,
            serialized_scorer=self.serialized,
            creation_time=1,
            scorer_id=scorer_id,
        )

    def endpoint_renamed(self, connection, old, new):
        self.renamed = (old, new)

    async def use(self, state: Administered):
        self.state = state


class Admin:
    def __init__(self, metadata, *, private=True, seal=b"k" * 32):
        self.world = World()
        self.admin = GatewayAdmin(
            metadata,
            AddressGuard(lambda: private),
            Seal(seal),
            experiments=self.world,
            scorers=self.world,
            taken=lambda: {"configured"},
            use=self.world.use,
        )
        app = with_endpoints(Litestar([]), Table(endpoints(self.admin)), 10_000_000)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")

    async def ask(self, method, path, status=200, **body):
        given = {"params": body} if method == "GET" else {"json": body}
        answer = await self.client.request(method, f"{BASE}/{path}", **given)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def secret(self, name="main", **more):
        body = {"secret_name": name, "secret_value": {"api_key": KEY}, "provider": "openai", **more}
        return (await self.ask("POST", "secrets/create", **body))["secret"]["secret_id"]

    async def model(self, secret_id, name="small", **more):
        body = {"name": name, "secret_id": secret_id, "provider": "openai", "model_name": "gpt-small", **more}
        return (await self.ask("POST", "model-definitions/create", **body))["model_definition"]["model_definition_id"]

    async def endpoint(self, name, *models, **more):
        configs = [{"model_definition_id": model, "linkage_type": linkage, **rest} for model, linkage, rest in models]
        return (await self.ask("POST", "endpoints/create", name=name, model_configs=configs, **more))["endpoint"]

    @property
    def state(self) -> Administered:
        return self.world.state


@pytest.fixture
async def admin(metadata):
    return Admin(metadata)


async def test_a_secret_is_sealed_masked_rotated_and_never_returned(metadata_any):
    admin = Admin(metadata_any)
    made = await admin.ask("POST", "secrets/create", secret_name="main", secret_value={"api_key": KEY, "pin": "1234"}, provider="openai")
    secret = made["secret"]
    assert secret["masked_values"] == {"api_key": "sk-...cdef", "pin": "***"}
    assert secret["secret_id"].startswith("s-") and KEY not in str(made)
    rotated = await admin.ask("POST", "secrets/update", secret_id=secret["secret_id"], secret_value={"api_key": "sk-another-key-9876"})
    assert rotated["secret"]["masked_values"] == {"api_key": "sk-...9876"}
    assert (await admin.ask("GET", "secrets/get", secret_name="main"))["secret"] == rotated["secret"]
    assert len((await admin.ask("GET", "secrets/list", provider="openai"))["secrets"]) == 1
    assert await admin.ask("GET", "secrets/list", provider="anthropic") == {}
    await admin.ask("DELETE", "secrets/delete", secret_id=secret["secret_id"])
    gone = await admin.ask("GET", "secrets/get", 404, secret_id=secret["secret_id"])
    assert gone["message"] == f"GatewaySecret not found (secret_id='{secret['secret_id']}')"


async def test_an_endpoint_becomes_a_route_with_its_weights_and_fallbacks(metadata_any):
    admin = Admin(metadata_any)
    secret = await admin.secret(auth_config={"api_base": "http://127.0.0.1:9/v1"})
    first, second = await admin.model(secret, "first", model_name="gpt-a"), await admin.model(secret, "second", model_name="gpt-b")
    last, later = await admin.model(secret, "last", model_name="gpt-c"), await admin.model(secret, "later", model_name="gpt-d")
    made = await admin.endpoint(
        "chat",
        (first, "PRIMARY", {"weight": 0.8}),
        (second, "PRIMARY", {"weight": 0.2}),
        (later, "FALLBACK", {"fallback_order": 2}),
        (last, "FALLBACK", {"fallback_order": 1}),
    )
    [route] = admin.state.routes
    assert [(target.model, target.weight) for target in route.targets] == [("openai:first/gpt-a", 0.8), ("openai:second/gpt-b", 0.2)]
    assert route.fallbacks == ("openai:last/gpt-c", "openai:later/gpt-d")
    account = admin.state.providers["openai:first"]
    assert (account.base_url, account.api_key.reveal()) == ("http://127.0.0.1:9/v1", KEY)
    assert KEY not in repr(admin.state)
    assert made["experiment_id"] == "7" and admin.world.experiment[0] == "gateway/chat"
    strange = await admin.ask("POST", "endpoints/update", 400, endpoint_id=made["endpoint_id"], experiment_id="seven")
    assert strange["message"] == "Invalid experiment ID 'seven'. Experiment ID must be a valid integer."

    await admin.ask(
        "POST",
        "endpoints/update",
        endpoint_id=made["endpoint_id"],
        name="talk",
        fallback_config={"strategy": "SEQUENTIAL", "max_attempts": 1},
    )
    [route] = admin.state.routes
    assert route.name == "talk" and route.fallbacks == ("openai:last/gpt-c",)
    assert admin.world.renamed == ("chat", "talk")

    await admin.ask("DELETE", "endpoints/delete", endpoint_id=made["endpoint_id"])
    assert admin.state.routes == ()


async def test_models_are_attached_and_detached(metadata_any):
    admin = Admin(metadata_any)
    secret = await admin.secret()
    first, second = await admin.model(secret, "first"), await admin.model(secret, "second")
    endpoint_id = (await admin.endpoint("chat", (first, "PRIMARY", {})))["endpoint_id"]
    config = {"model_definition_id": second, "linkage_type": "PRIMARY", "weight": 3}
    mapping = (await admin.ask("POST", "endpoints/models/attach", endpoint_id=endpoint_id, model_config=config))["mapping"]
    assert mapping["mapping_id"].startswith("m-") and mapping["model_definition"]["name"] == "second"
    assert len(admin.state.routes[0].targets) == 2
    again = await admin.ask("POST", "endpoints/models/attach", 400, endpoint_id=endpoint_id, model_config=config)
    assert again["message"] == f"Model definition '{second}' is already attached to endpoint '{endpoint_id}'"
    used = await admin.ask("DELETE", "model-definitions/delete", 400, model_definition_id=second)
    assert used["error_code"] == "INVALID_STATE"
    await admin.ask("POST", "endpoints/models/detach", endpoint_id=endpoint_id, model_definition_id=second)
    await admin.ask("DELETE", "model-definitions/delete", model_definition_id=second)
    missing = await admin.ask("POST", "endpoints/models/detach", 404, endpoint_id=endpoint_id, model_definition_id=second)
    assert missing["message"] == f"Model definition '{second}' is not attached to endpoint '{endpoint_id}'"
    nowhere = await admin.ask("POST", "endpoints/models/detach", 404, endpoint_id="e-0", model_definition_id=second)
    assert nowhere["message"] == "GatewayEndpoint not found (endpoint_id='e-0')"


async def test_what_has_no_effect_is_said_in_the_log(admin, caplog):
    caplog.set_level(logging.WARNING)
    secret = await admin.secret()
    orphan, odd = await admin.model(secret, "orphan"), await admin.model(secret, "odd", provider="homemade")
    await admin.endpoint("chat", (orphan, "PRIMARY", {}))
    assert [route.name for route in admin.state.routes] == ["chat"]
    assert "homemade" in admin.state.idle["model definition odd"]
    await admin.ask("DELETE", "secrets/delete", secret_id=secret)
    assert admin.state.routes == () and admin.state.idle["endpoint chat"] == "none of its models can be called"
    assert "endpoint chat has no effect" in caplog.text and odd


async def test_a_secret_of_another_key_leaves_its_models_out_and_the_server_running(metadata):
    admin = Admin(metadata)
    await admin.endpoint("chat", (await admin.model(await admin.secret()), "PRIMARY", {}))
    moved = Admin(metadata, seal=b"o" * 32)
    await moved.admin.load()
    assert moved.state.routes == () and "sealed with key" in moved.state.idle["model definition small"]


async def test_a_base_url_may_not_lead_inside(metadata):
    admin = Admin(metadata, private=False)
    for base, message in {
        "http://api.example": "Invalid Gateway secret api_base scheme: 'http'. Allowed schemes are: 'https'.",
        "https://127.0.0.1/v1": "Gateway secret api_base must not resolve to a non-public IP address. '127.0.0.1' resolves to 127.0.0.1.",
        "https://user:pass@8.8.8.8/": "Gateway secret api_base must not include embedded credentials.",
        "https:///v1": "Gateway secret api_base must include a hostname: 'https:///v1'",
    }.items():
        refused = await admin.ask(
            "POST", "secrets/create", 400, secret_name="x", secret_value={"api_key": KEY}, auth_config={"api_base": base}
        )
        assert refused["message"] == message


@pytest.mark.parametrize(
    ("path", "body", "code", "message"),
    [
        ("secrets/create", {"secret_name": "x"}, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'secret_value'."),
        ("secrets/create", {"secret_value": {}}, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'secret_name'"),
        ("secrets/create", {"secret_name": "x", "secret_value": {"api_key": 5}}, "INVALID_PARAMETER_VALUE", "it maps names to texts"),
        (
            "secrets/create",
            {"secret_name": "x", "secret_value": {"base_url": "y"}},
            "INVALID_PARAMETER_VALUE",
            "must not contain 'base_url'",
        ),
        (
            "secrets/create",
            {"secret_name": "x", "secret_value": {}, "auth_config": {"base_url": "y"}},
            "INVALID_PARAMETER_VALUE",
            "'base_url'",
        ),
        (
            "secrets/create",
            {"secret_name": "main", "secret_value": {}},
            "RESOURCE_ALREADY_EXISTS",
            "Secret with name 'main' already exists",
        ),
        ("secrets/update", {"secret_id": "s-0"}, "RESOURCE_DOES_NOT_EXIST", "GatewaySecret not found (secret_id='s-0')"),
        (
            "model-definitions/create",
            {"name": "x", "secret_id": "s-0", "provider": "openai", "model_name": "m"},
            "RESOURCE_DOES_NOT_EXIST",
            "GatewaySecret not found (secret_id='s-0')",
        ),
        ("endpoints/create", {"name": "a/b", "model_configs": []}, "INVALID_PARAMETER_VALUE", "Invalid endpoint name 'a/b'."),
        (
            "endpoints/create",
            {"name": "x", "model_configs": []},
            "INVALID_PARAMETER_VALUE",
            "Endpoint must have at least one model configuration",
        ),
        (
            "endpoints/create",
            {"name": "x", "model_configs": [{"model_definition_id": "d-0"}]},
            "INVALID_PARAMETER_VALUE",
            "Invalid or missing value for required parameter 'linkage_type' in model_configs[0]. Must be one of: PRIMARY, FALLBACK.",
        ),
        (
            "endpoints/create",
            {"name": "x", "model_configs": [{"model_definition_id": "d-0", "linkage_type": "PRIMARY"}]},
            "RESOURCE_DOES_NOT_EXIST",
            "Model definitions not found: d-0",
        ),
        ("endpoints/create", {"name": "configured", "model_configs": []}, "RESOURCE_ALREADY_EXISTS", "a route of the configuration file"),
        (
            "endpoints/bindings/create",
            {"endpoint_id": "e-0", "resource_type": "scorer", "resource_id": "1"},
            "RESOURCE_DOES_NOT_EXIST",
            "GatewayEndpoint not found (endpoint_id='e-0')",
        ),
        (
            "endpoints/bindings/create",
            {"endpoint_id": "e-0", "resource_type": "job", "resource_id": "1"},
            "INVALID_PARAMETER_VALUE",
            "Invalid resource_type 'job'",
        ),
        ("endpoints/set-tag", {"endpoint_id": "e-0", "key": "a"}, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found"),
        (
            "guardrails/create",
            {"name": "g", "scorer_id": "s9", "scorer_version": 1, "stage": "BEFORE", "action": "VALIDATION"},
            "RESOURCE_DOES_NOT_EXIST",
            "Scorer with ID 's9' not found.",
        ),
        (
            "guardrails/add-to-endpoint",
            {"endpoint_id": "e-0", "guardrail_id": "g"},
            "RESOURCE_DOES_NOT_EXIST",
            "Endpoint not found (endpoint_id='e-0')",
        ),
    ],
)
async def test_what_is_wrong_is_said_as_mlflow_says_it(admin, path, body, code, message):
    await admin.secret("main")
    refused = await admin.ask("POST", path, 404 if code == "RESOURCE_DOES_NOT_EXIST" else 400, **body)
    assert refused["error_code"] == code and message in refused["message"]
    assert KEY not in refused["message"]


BUDGET = {
    "budget_unit": "USD",
    "budget_amount": 25.5,
    "duration": {"unit": "DAYS", "value": 1},
    "target_scope": "GLOBAL",
    "budget_action": "REJECT",
}


async def test_a_budget_that_refuses_is_a_limit_of_the_gateway(metadata_any):
    admin = Admin(metadata_any)
    endpoint = await admin.endpoint("chat", (await admin.model(await admin.secret()), "PRIMARY", {}))
    general = (await admin.ask("POST", "budgets/create", **BUDGET))["budget_policy"]
    assert general["budget_amount"] == 25.5 and general["duration"] == {"unit": "DAYS", "value": 1}
    [limit] = admin.state.limits
    assert (limit.name, limit.per, limit.window, limit.cost) == (general["budget_policy_id"], "all", "day", 25.5)
    own = await admin.ask(
        "POST",
        "budgets/update",
        budget_policy_id=general["budget_policy_id"],
        target_scope="ENDPOINT",
        target_value=endpoint["endpoint_id"],
    )
    assert own["budget_policy"]["target_value"] == endpoint["endpoint_id"]
    assert admin.state.limits == () and admin.state.routes[0].limits[0].cost == 25.5
    missing = await admin.ask("POST", "budgets/update", 400, budget_policy_id=general["budget_policy_id"], target_scope="USER")
    assert missing["message"] == "target_value is required when target_scope is USER."
    page = await admin.ask("GET", "budgets/list", max_results=1)
    assert len(page["budget_policies"]) == 1 and "next_page_token" not in page
    await admin.ask("DELETE", "budgets/delete", budget_policy_id=general["budget_policy_id"])
    gone = await admin.ask("GET", "budgets/get", 404, budget_policy_id=general["budget_policy_id"])
    assert gone["message"] == f"BudgetPolicy not found (budget_policy_id='{general['budget_policy_id']}')"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget_unit": "BUDGET_UNIT_UNSPECIFIED"}, "Invalid budget_unit: 0"),
        ({"duration": {"unit": "DAYS", "value": 0}}, "duration.value must be a positive integer, got 0"),
        ({"duration": {"value": 1}}, "Invalid duration.unit: 0"),
        ({"target_scope": "ENDPOINT"}, "target_value is required when target_scope is ENDPOINT."),
        ({"target_value": "x"}, "target_value can only be set when target_scope is ENDPOINT or USER."),
        ({"budget_amount": "NaN"}, "budget_amount must be a number of dollars"),
    ],
)
async def test_a_budget_that_cannot_be_one_is_refused(admin, change, message):
    assert message in (await admin.ask("POST", "budgets/create", 400, **{**BUDGET, **change}))["message"]


async def test_guardrails_stand_before_an_endpoint_in_their_order(metadata_any):
    admin = Admin(metadata_any)
    endpoint_id = (await admin.endpoint("chat", (await admin.model(await admin.secret()), "PRIMARY", {})))["endpoint_id"]
    body = {"scorer_id": "s1", "scorer_version": 1, "stage": "BEFORE", "action": "VALIDATION"}
    ids = [(await admin.ask("POST", "guardrails/create", name=name, **body))["guardrail"]["guardrail_id"] for name in ("a", "b")]
    for order, guardrail_id in ((2, ids[0]), (1, ids[1])):
        await admin.ask("POST", "guardrails/add-to-endpoint", endpoint_id=endpoint_id, guardrail_id=guardrail_id, execution_order=order)
    twice = await admin.ask("POST", "guardrails/add-to-endpoint", 400, endpoint_id=endpoint_id, guardrail_id=ids[0])
    assert twice["message"] == f"Guardrail '{ids[0]}' is already added to endpoint '{endpoint_id}'"

    async def order():
        return [
            each["guardrail"]["name"]
            for each in (await admin.ask("GET", "guardrails/list-for-endpoint", endpoint_id=endpoint_id))["configs"]
        ]

    assert await order() == ["b", "a"]
    await admin.ask("PATCH", "guardrails/update-config", endpoint_id=endpoint_id, guardrail_id=ids[1], execution_order=3)
    assert await order() == ["a", "b"]
    await admin.ask("DELETE", "guardrails/delete", guardrail_id=ids[0])
    assert await order() == ["b"]
    await admin.ask("DELETE", "guardrails/remove-from-endpoint", endpoint_id=endpoint_id, guardrail_id=ids[1])
    assert await admin.ask("GET", "guardrails/list-for-endpoint", endpoint_id=endpoint_id) == {}


JUDGE = {"instructions": "Is {{ inputs }} polite?", "model": "gateway:/chat", "feedback_value_type": {"type": "string"}}
BUILT_IN = {"guidelines": ["be kind", "be brief"], "model": "openai:/gpt-4o"}


@pytest.mark.parametrize(
    ("serialized", "model", "rule"),
    [
        ({"instructions_judge_pydantic_data": JUDGE}, "chat", "Is the text polite?"),
        ({"builtin_scorer_class": "Guidelines", "builtin_scorer_pydantic_data": BUILT_IN}, "openai/gpt-4o", "be kind; be brief"),
        ({"builtin_scorer_class": "Safety", "builtin_scorer_pydantic_data": {"model": None}}, "openai/gpt-4.1-mini", "toxic"),
    ],
)
async def test_a_guardrail_of_mlflows_stands_over_the_endpoints_route(metadata_any, serialized, model, rule):
    admin = Admin(metadata_any)
    admin.world.serialized = json.dumps(serialized)
    endpoint_id = (await admin.endpoint("guarded", (await admin.model(await admin.secret()), "PRIMARY", {})))["endpoint_id"]
    body = {"name": "po lite\n", "scorer_id": "s1", "scorer_version": 1, "stage": "AFTER", "action": "SANITIZATION"}
    made = (await admin.ask("POST", "guardrails/create", **body))["guardrail"]["guardrail_id"]
    await admin.ask("POST", "guardrails/add-to-endpoint", endpoint_id=endpoint_id, guardrail_id=made)
    [route], [guard] = admin.state.routes, admin.state.guardrails
    assert route.guardrails == (guard.name,) == (f"mlflow:po-lite--{made[3:11]}",)
    assert (guard.on, guard.action, guard.judge.model) == (("output",), "block", model)
    assert rule in guard.judge.rule
    assert merged(Settings(), admin.state).guardrails == (guard,)
    await admin.ask("DELETE", "guardrails/delete", guardrail_id=made)
    assert admin.state.routes[0].guardrails == ()


async def test_an_endpoint_whose_guardrail_cannot_be_evaluated_answers_nobody(metadata_any):
    admin = Admin(metadata_any)
    endpoint_id = (await admin.endpoint("guarded", (await admin.model(await admin.secret()), "PRIMARY", {})))["endpoint_id"]
    body = {"name": "odd", "scorer_id": "s1", "scorer_version": 1, "stage": "BEFORE", "action": "VALIDATION"}
    made = (await admin.ask("POST", "guardrails/create", **body))["guardrail"]["guardrail_id"]
    await admin.ask("POST", "guardrails/add-to-endpoint", endpoint_id=endpoint_id, guardrail_id=made)
    assert admin.state.routes == ()
    assert "'odd' cannot be evaluated" in admin.state.idle["endpoint guarded"]
    await admin.ask("DELETE", "guardrails/remove-from-endpoint", endpoint_id=endpoint_id, guardrail_id=made)
    assert [route.name for route in admin.state.routes] == ["guarded"]


async def test_tags_and_bindings_hang_on_an_endpoint(metadata_any):
    admin = Admin(metadata_any)
    endpoint_id = (await admin.endpoint("chat", (await admin.model(await admin.secret()), "PRIMARY", {})))["endpoint_id"]
    for value in ("first", "second"):
        await admin.ask("POST", "endpoints/set-tag", endpoint_id=endpoint_id, key="team", value=value)
    found = await admin.ask("GET", "endpoints/get", name="chat")
    assert found["endpoint"]["tags"] == [{"key": "team", "value": "second"}]
    bound = {"endpoint_id": endpoint_id, "resource_type": "scorer", "resource_id": "s1"}
    await admin.ask("POST", "endpoints/bindings/create", **bound)
    [binding] = (await admin.ask("GET", "endpoints/bindings/list", resource_id="s1"))["bindings"]
    assert {name: binding[name] for name in bound} == bound
    await admin.ask("DELETE", "endpoints/bindings/delete", **bound)
    assert (await admin.ask("DELETE", "endpoints/bindings/delete", 404, **bound))["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_a_route_of_the_file_stands_before_an_endpoint_of_its_name():
    route = RouteSettings(name="chat", targets=(TargetSettings(model="fake/echo"),))
    other = RouteSettings(name="chat", targets=(TargetSettings(model="openai:x/y"),))
    state = Administered(providers={"openai:x": ProviderSettings()}, routes=(other,))
    result = merged(Settings(routes=(route,)), state)
    assert result.routes == (route,) and set(result.providers) == {"openai:x"}


async def test_what_is_not_known_of_a_model_is_sent_as_null_and_every_field_is_there(admin):
    (model, *_) = (await admin.ask("GET", "supported-models", provider="cohere"))["models"]
    assert model["provider"] == "cohere"
    assert model["supports_vision"] is None
    assert {"model", "mode", "max_input_tokens", "max_output_tokens", "input_cost_per_token", "deprecation_date"} <= model.keys()


async def test_what_the_server_has_in_its_environment_is_not_offered_to_what_comes_through_the_api(admin, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-server")
    config = await admin.ask("GET", "provider-config", provider="OpenAI")
    assert (config["default_mode"], config["env_credentials_available"]) == ("api_key", False)
