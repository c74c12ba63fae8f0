"""Webhooks over HTTP, as MLflow's client asks and as our own API does."""

import json
from contextlib import asynccontextmanager

import httpx
import pytest
from litestar import Litestar

from config.schema import WebhookSettings
from registry.outbound.guard import AddressGuard
from registry.webhooks import routes
from registry.webhooks.catalogue import EVENTS, MLFLOW_EVENTS
from registry.webhooks.deliverer import Deliverer
from registry.webhooks.endpoints import endpoints
from registry.webhooks.sender import Sender
from registry.webhooks.service import WebhookService
from registry.wire.endpoints import Table
from registry.wire.routes import with_endpoints
from storage.sealing import Seal

MLFLOW = "/api/2.0/mlflow/webhooks"
OURS = "/api/v1/webhooks"
CREATED = {"entity": "PROMPT", "action": "CREATED"}
HOOK = {"name": "hook", "url": "https://example.com/hook", "events": [CREATED]}


@asynccontextmanager
async def client_for(metadata, *, private=True):
    seal, guard = Seal(b"k" * 32), AddressGuard(lambda: private)
    deliverer = Deliverer(metadata, Sender(guard, concurrency=5), seal, WebhookSettings, "here")
    service = WebhookService(metadata, guard, seal, deliverer)
    app = with_endpoints(Litestar([routes.router(service)]), Table(endpoints(service)), 10_000_000)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def client(metadata):
    async with client_for(metadata) as opened:
        yield opened


async def test_a_webhook_is_created_read_changed_and_deleted_as_mlflow_does(metadata_any):
    async with client_for(metadata_any) as client:
        made = (await client.post(MLFLOW, json={**HOOK, "description": "first", "secret": "open sesame"})).json()["webhook"]
        assert {name: made[name] for name in ("name", "description", "url", "events", "status")} == {
            **HOOK,
            "description": "first",
            "status": "ACTIVE",
        }
        assert "sesame" not in json.dumps(made) and "secret" not in made
        where = f"{MLFLOW}/{made['webhook_id']}"
        assert (await client.get(where)).json() == {"webhook": made}
        events = [{"entity": "MODEL_VERSION_TAG", "action": "SET"}, {"entity": "BUDGET_POLICY", "action": "EXCEEDED"}]
        changed = (await client.patch(where, json={"events": events, "status": "DISABLED", "description": ""})).json()["webhook"]
        assert sorted(each["entity"] for each in changed["events"]) == ["BUDGET_POLICY", "MODEL_VERSION_TAG"]
        assert changed["status"] == "DISABLED" and "description" not in changed and changed["name"] == "hook"
        assert changed["last_updated_timestamp"] >= made["creation_timestamp"]
        assert (await client.request("DELETE", where, json={})).json() == {}
        gone = await client.get(where)
        assert gone.status_code == 404
        assert gone.json() == {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"Webhook with ID {made['webhook_id']} not found."}


async def test_webhooks_are_listed_newest_first_by_page(client):
    ids = [(await client.post(MLFLOW, json={**HOOK, "name": f"hook-{number}"})).json()["webhook"]["webhook_id"] for number in range(5)]
    found, token = [], ""
    while True:
        page = (await client.get(MLFLOW, params={"max_results": 2, "page_token": token})).json()
        found += [each["webhook_id"] for each in page["webhooks"]]
        if not (token := page.get("next_page_token", "")):
            break
    assert found == ids[::-1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"name": "-hook"},
            "Webhook name '-hook' is invalid. It must start and end with a letter or digit, be less than 63 characters long",
        ),
        ({"name": "h" * 64}, "is invalid"),
        ({"name": ""}, "Missing value for required parameter 'name'"),
        ({"url": "   "}, "Webhook URL cannot be empty or just whitespace: '   '"),
        ({"url": "ftp://example.com"}, "Invalid webhook URL scheme: 'ftp'. Allowed schemes are: https, http."),
        ({"url": "https:///path"}, "Webhook URL must include a hostname: 'https:///path'"),
        ({"url": "https://[::1"}, "Invalid webhook URL 'https://[::1'"),
        ({"url": "https://example.com:99999/"}, "Invalid webhook URL"),
        ({"events": []}, "Webhook events must be a non-empty list of WebhookEvent objects: []."),
        (
            {"events": [{"entity": "REGISTERED_MODEL", "action": "UPDATED"}]},
            "Invalid action 'updated' for entity 'registered_model'. Valid actions are: ['created']",
        ),
        ({"events": [{"entity": "GATE", "action": "FAILED"}]}, "Invalid event"),
        ({"events": "all"}, "Invalid value"),
    ],
)
async def test_what_cannot_be_a_webhook_is_refused_in_mlflows_words(client, change, message):
    refused = await client.post(MLFLOW, json={**HOOK, **change})
    assert refused.status_code == 400 and refused.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert message in refused.json()["message"]
    made = (await client.post(MLFLOW, json=HOOK)).json()["webhook"]
    if change.get("events", change.get("name")) not in ("", []):  # nothing given changes nothing
        assert (await client.patch(f"{MLFLOW}/{made['webhook_id']}", json=change)).status_code == 400


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://93.184.216.34/", "Invalid webhook URL scheme: 'http'. Allowed schemes are: https."),
        ("https://127.0.0.1/", "Webhook URL must not resolve to a non-public IP address. '127.0.0.1' resolves to 127.0.0.1."),
        ("https://169.254.169.254/latest/meta-data", "must not resolve to a non-public IP address"),
        ("https://[::ffff:10.0.0.1]/", "must not resolve to a non-public IP address"),
        ("https://0x7f.1/", "resolve"),
        ("https://name.invalid/", "Cannot resolve Webhook URL hostname 'name.invalid'"),
    ],
)
async def test_private_addresses_and_plain_http_are_refused_unless_allowed(metadata, url, message):
    async with client_for(metadata, private=False) as client:
        refused = await client.post(MLFLOW, json={**HOOK, "url": url})
        assert refused.status_code == 400 and message in refused.json()["message"]


@pytest.mark.parametrize("limit", [-1, 1001])
async def test_a_page_of_an_impossible_size_is_refused(client, limit):
    refused = await client.get(MLFLOW, params={"max_results": limit})
    assert refused.json() == {"error_code": "INVALID_PARAMETER_VALUE", "message": "max_results must be between 1 and 1000."}


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("x", "Invalid page token, could not base64-decode"),
        ("bm9uZQ==", "Invalid page token, decoded value=b'none'"),
        ("e30=", "Invalid page token, parsed value={}"),
        ("eyJvZmZzZXQiOi0xfQ==", "Invalid page token, parsed value={'offset': -1}"),
    ],
)
async def test_a_page_token_of_somebody_else_is_refused(client, token, message):
    assert (await client.get(MLFLOW, params={"page_token": token})).json()["message"] == message


async def test_events_of_ours_are_registered_through_our_api_and_hidden_from_mlflow(client):
    made = await client.post(OURS, json={"name": "alerts", "url": "https://example.com/a", "events": ["gate.failed", "alert.fired"]})
    assert made.status_code == 201 and made.json()["signed"] is False
    assert (await client.get(MLFLOW)).json() == {}
    mixed = {"name": "mixed", "url": "https://example.com/b", "events": ["gate.failed", "prompt.created"], "secret": "s"}
    assert (await client.post(OURS, json=mixed)).json()["signed"] is True
    [seen] = (await client.get(MLFLOW)).json()["webhooks"]
    assert seen["events"] == [CREATED]
    assert [each["name"] for each in (await client.get(OURS)).json()["webhooks"]] == ["mixed", "alerts"]


async def test_our_api_names_every_event_with_an_example(client):
    assert (await client.get(f"{OURS}/events")).json() == EVENTS
    assert set(MLFLOW_EVENTS) < set(EVENTS)


async def test_our_api_says_what_is_wrong(client):
    unknown = await client.post(OURS, json={"name": "x", "url": "https://example.com", "events": ["gate.opened"]})
    assert unknown.status_code == 400 and "Valid actions are: ['failed', 'passed']" in unknown.json()["error"]["message"]
    assert (await client.post(OURS, json={"name": "x"})).status_code == 400
    assert (await client.get(f"{OURS}/deliveries", params={"state": "lost"})).status_code == 400
    assert (await client.get(f"{OURS}/deliveries", params={"cursor": "x"})).status_code == 400
    assert (await client.get(f"{OURS}/deliveries/none")).json()["error"]["code"] == "resource_does_not_exist"
    assert (await client.post(f"{OURS}/deliveries/none/redeliver")).status_code == 404
