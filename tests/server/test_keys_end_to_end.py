"""Virtual keys on a running server: what they open, in each caller's words, and what the trace says of them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from click.testing import CliRunner

from server.cli import cli
from tests.running import RunningServer, start_server

CONFIG = """
security: {api_keys: [env:MASTER]}
routes:
  - {name: chat, targets: [{model: fake/echo}]}
  - {name: other, targets: [{model: fake/echo}]}
"""
MASTER = {"authorization": "Bearer master-canary-1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home = tmp_path_factory.mktemp("keys")
    config: Path = home / "tidegate.yaml"
    config.write_text(CONFIG)
    running = start_server(home / "data", config=config, env={"MASTER": "master-canary-1"})
    yield running
    running.stop()


def tidegate(server: RunningServer, *arguments: str) -> str:
    result = CliRunner().invoke(cli, [*arguments, "--url", server.url, "--api-key", "master-canary-1"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def ask(server: RunningServer, key: str, model: str = "chat"):
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)
    return client.chat.completions.with_raw_response.create(model=model, messages=[{"role": "user", "content": "hello"}])


def test_a_key_from_the_command_line_opens_its_route_and_its_trace_says_whose_it_was(server: RunningServer):
    key = tidegate(server, "keys", "create", "ci", "--team", "search", "--user", "ada", "--route", "chat", "--expires", "90d").strip()
    answer = ask(server, key)
    trace = server.client.get(f"/api/v1/traces/{answer.headers['x-tidegate-trace-id']}", headers=MASTER)
    (span,) = trace.json()["spans"]
    told = {name: span["attributes"].get(name) for name in ("tidegate.key.name", "tidegate.team", "user.id")}
    assert told == {"tidegate.key.name": "ci", "tidegate.team": "search", "user.id": "ada"}
    assert key not in trace.text + server.log.read_text()
    with pytest.raises(openai.PermissionDeniedError, match="'ci' does not open 'other'"):
        ask(server, key, "other")
    assert key not in tidegate(server, "keys", "list")


def test_a_revoked_key_is_refused_in_the_callers_dialect(server: RunningServer):
    key = tidegate(server, "keys", "create", "short").strip()
    ask(server, key)
    tidegate(server, "keys", "revoke", "short")
    with pytest.raises(openai.AuthenticationError, match="is revoked") as caught:
        ask(server, key)
    assert caught.value.code == "invalid_api_key"
    anthropic = httpx.post(f"{server.url}/v1/messages", json={}, headers={"x-api-key": key})
    assert (anthropic.status_code, anthropic.json()["error"]["type"]) == (401, "authentication_error")


def test_a_virtual_key_opens_the_gateway_alone_and_a_key_of_the_file_everything(server: RunningServer):
    key = tidegate(server, "keys", "create", "gateway-only").strip()
    shown = {"authorization": f"Bearer {key}"}
    assert server.client.get("/v1/models", headers=shown).status_code == 200
    for method, path in (
        ("GET", "/api/v1/keys"),
        ("GET", "/api/v1/traces"),
        ("POST", "/v1/traces"),
        ("GET", "/"),
        ("GET", "/api/2.0/mlflow/x"),
    ):
        assert server.client.request(method, path, headers=shown).status_code == 403, path
    assert server.client.get("/api/v1/keys", headers=MASTER).status_code == 200
    assert ask(server, "master-canary-1", "other").status_code == 200
    with pytest.raises(openai.AuthenticationError):
        ask(server, "nobody")


def test_what_the_api_refuses_says_how_to_fix_it(server: RunningServer):
    made = server.client.post("/api/v1/keys", json={"name": "twice"}, headers=MASTER)
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    again = server.client.post("/api/v1/keys", json={"name": "twice"}, headers=MASTER)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "key_name_taken")
    wrong = server.client.post("/api/v1/keys", json={"name": "a b"}, headers=MASTER)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "request_invalid")
    assert server.client.delete("/api/v1/keys/nobody", headers=MASTER).status_code == 404
