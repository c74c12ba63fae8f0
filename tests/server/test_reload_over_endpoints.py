"""A reload gives a route of the settings the name of an endpoint that MLflow's API made: all that stands over it is the route's from then on."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import RunningServer, start_server
from tests.server.people import ADMIN, KEY, Person, grant
from tests.server.with_workers import eventually

GATEWAY = "/api/3.0/mlflow/gateway"
BEFORE = f"""security: {{users: true, allow_private_addresses: true, admin_password: {ADMIN[1]}, api_keys: [{KEY}]}}
routes: [{{name: other, targets: [{{model: fake/echo}}]}}]
"""
AFTER = f"""{BEFORE.replace("]}]", "]}, {name: both, targets: [{model: fake/flaky}], ")}
  retries: 1, retry_budget: 1, cache: {{}}, guardrails: [kraken],
  limits: [{{name: three, per: address, requests: 3, window: month}}]}}]
guardrails: [{{name: kraken, on: [input], detect: {{words: [kraken]}}}}]
"""
"""The limit counts an address: others are compared in a server's first moments with the traces, which know the endpoint by this name."""


@pytest.fixture(params=[(), ("--workers", "2")], ids=["one process", "workers"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    (tmp_path / "tidegate.yaml").write_text(BEFORE)
    running = start_server(tmp_path / "data", config=tmp_path / "tidegate.yaml", arguments=request.param)
    yield running
    running.stop()


def made(admin: Person) -> dict:
    """An endpoint ``both`` of a dead vendor, in an experiment of its own, that may spend nothing."""
    key = {"secret_value": {"api_key": "x"}, "provider": "openai", "auth_config": {"api_base": "http://127.0.0.1:1/v1"}}
    secret = admin.post(f"{GATEWAY}/secrets/create", secret_name="s", **key)["secret"]["secret_id"]
    model = {"name": "m", "secret_id": secret, "provider": "openai", "model_name": "gpt-4o-mini"}
    definition = admin.post(f"{GATEWAY}/model-definitions/create", **model)["model_definition"]["model_definition_id"]
    configs = [{"model_definition_id": definition, "linkage_type": "PRIMARY"}]
    return admin.post(f"{GATEWAY}/endpoints/create", name="both", model_configs=configs)["endpoint"]


def forbid_spending(admin: Person, endpoint: dict) -> None:
    budget = {"budget_unit": "USD", "budget_amount": 0, "duration": {"unit": "DAYS", "value": 1}, "budget_action": "REJECT"}
    admin.post(f"{GATEWAY}/budgets/create", **budget, target_scope="ENDPOINT", target_value=endpoint["endpoint_id"])


def configure(server: RunningServer, admin: Person, text: str) -> None:
    before = admin.get("/health")["config_version"]
    (server.data.parent / "tidegate.yaml").write_text(text)
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: admin.get("/health")["config_version"] > before)


def ask(server: RunningServer, said: str) -> httpx.Response:
    """As an application, which has a key, on a connection of its own: any worker may answer."""
    body = {"model": "both", "messages": [{"role": "user", "content": said}]}
    return httpx.post(f"{server.url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {KEY}"}, timeout=30)


def ask_as(person: Person, said: str) -> int:
    return person.status("POST", "/v1/chat/completions", model="both", messages=[{"role": "user", "content": said}])


def traces(admin: Person, experiment: str) -> list[str]:
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    found = admin.post("/api/3.0/mlflow/traces/search", locations=[place]).get("traces", [])
    return [each["trace_id"].removeprefix("tr-") for each in found]


def test_a_route_that_takes_an_endpoints_name_at_a_reload_brings_its_own_policies_and_none_of_the_endpoints(server: RunningServer):
    admin, bob = Person(server, ADMIN), Person(server, ("bob", "long pass word"))
    admin.post("users/create", username="bob", password="long pass word")
    endpoint = made(admin)
    first = ask(server, "to nobody")
    assert (first.status_code, first.headers["x-tidegate-target"]) == (502, "openai:m/gpt-4o-mini")
    grant(admin, bob, "gateway_endpoint", endpoint["endpoint_id"], "DENY")
    forbid_spending(admin, endpoint)
    assert (ask_as(bob, "hello"), ask(server, "hello").status_code) == (403, 429)

    configure(server, admin, AFTER)
    answer = ask(server, "hello")
    assert (answer.status_code, answer.headers["x-tidegate-target"], answer.headers["x-tidegate-cache"]) == (200, "fake/flaky", "miss")
    assert ask(server, "kraken").json()["error"]["code"] == "content_policy_violation"
    assert ask(server, "fail !500").headers["x-tidegate-attempts"] == "2"
    assert ask_as(bob, "the third") == 200
    assert ask(server, "the fourth").status_code == 429

    configure(server, admin, BEFORE)
    assert (ask_as(bob, "hello"), ask(server, "hello").status_code) == (403, 429)
    kept = eventually(lambda: traces(admin, endpoint["experiment_id"]))
    assert first.headers["x-tidegate-trace-id"] in kept and answer.headers["x-tidegate-trace-id"] not in kept
