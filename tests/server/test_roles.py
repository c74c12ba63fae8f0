"""A gateway in front of a server that does all: one set of keys, limits and traces, whichever is asked."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import httpx
import pytest
from click.testing import CliRunner

from config.secrets import Secret
from server.cli import cli
from tests.fixtures.stores import new_clickhouse, new_database
from tests.running import RunningServer, start_server
from tests.soak.rig import resident_mb

CONFIG = """
security: {api_keys: [env:MASTER]}
storage: {clickhouse: env:CLICKHOUSE, metadata: env:METADATA, redis: env:REDIS}
limits: [{name: all, requests: 3, window: month}]
"""
MASTER = {"authorization": "Bearer of-the-server"}
MOST_MB = 150

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, clickhouse_address: str, postgresql: str, redis_url: Secret
) -> Iterator[list[RunningServer]]:
    """One that does all, and a gateway, which finds its databases made."""
    home: Path = tmp_path_factory.mktemp("roles")
    (home / "tidegate.yaml").write_text(CONFIG)
    env = {"CLICKHOUSE": new_clickhouse(clickhouse_address).reveal(), "METADATA": new_database(postgresql).reveal()}
    env |= {"REDIS": redis_url.reveal(), "MASTER": "of-the-server"}
    running = [start_server(home / "core", config=home / "tidegate.yaml", env=env)]
    try:
        gateway = {**env, "TIDEGATE_SERVER__ROLE": "gateway"}
        running.append(start_server(home / "gateway", config=home / "tidegate.yaml", env=gateway))
        yield running
    finally:
        stopping = [Thread(target=server.stop) for server in running]
        for each in stopping:
            each.start()
        for each in stopping:
            each.join()


def ask(server: RunningServer, key: str) -> httpx.Response:
    body = {"model": "fake/echo", "messages": [{"role": "user", "content": "hello"}]}
    return server.client.post("/v1/chat/completions", json=body, headers={"authorization": f"Bearer {key}"})


def test_a_key_made_at_the_core_opens_the_gateway_limits_count_for_both_and_every_trace_is_there(servers: list[RunningServer]):
    core, gateway = servers
    key = core.client.post("/api/v1/keys", json={"name": "ada"}, headers=MASTER).json()["key"]
    deadline = time.monotonic() + 30
    shown = {"authorization": f"Bearer {key}"}
    while gateway.client.get("/v1/models", headers=shown).status_code == 401:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    answers = [ask(server, key) for server in (core, gateway, core, gateway)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    traces = {answer.headers["x-tidegate-trace-id"] for answer in answers}
    while not traces <= {trace["trace_id"] for trace in core.client.get("/api/v1/traces", headers=MASTER).json()["traces"]}:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_gateway_has_no_pages_and_no_registry_and_is_small(servers: list[RunningServer]):
    gateway = servers[1]
    assert [gateway.client.get(path, headers=MASTER).status_code for path in ("/", "/api/v1/traces", "/api/v1/keys")] == [404] * 3
    assert gateway.client.get("/ready").json() == {"ready": True}
    assert re.search(r"gateway +http://127\.0\.0\.1:\d+/v1", gateway.log.read_text())
    assert resident_mb(str(gateway.process.pid)) < MOST_MB


def test_a_gateway_without_the_databases_of_a_core_is_refused_in_words():
    result = CliRunner().invoke(cli, ["up", "--role", "gateway"])
    assert result.exit_code == 2
    assert "storage.clickhouse and storage.metadata" in result.output + result.stderr
