"""Each form of other gateways' files answers through a running server, with the key that its reference names."""

import asyncio
import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import RunningServer, start_server
from tests.upstream import Upstream, scripted_upstream

MODEL = "{{provider: openai, name: gpt-4o-mini, config: {{openai_api_key: $MY_OPENAI_API_KEY, openai_api_base: '{url}'}}}}"
SPLIT = """
endpoints: [{{name: one, endpoint_type: llm/v1/chat, model: {model}}}]
routes:
  - {{name: f4, task_type: llm/v1/chat, routing_strategy: TRAFFIC_SPLIT, destinations: [{{name: one, traffic_percentage: 100}}]}}
"""
# The form is quoted so in the project's first issue; only the address of the scripted vendor is added.
QUOTED = """
routes: [{{name: f5, model: {{provider: openai, name: gpt-4o-mini, openai_config: {{openai_api_key: "{{{{ MY_OPENAI_API_KEY }}}}", openai_api_base: "{url}"}}}}, route_type: llm/v1/chat}}]
"""
LITELLM = "model_list: [{{model_name: l1, litellm_params: {{model: openai/gpt-4o-mini, api_key: os.environ/MY_OPENAI_API_KEY, api_base: '{url}'}}}}]"
FORMS = {
    "f1": f"routes: [{{{{name: f1, type: llm/v1/chat, model: {MODEL}}}}}]",
    "f2": f"routes: [{{{{name: f2, route_type: llm/v1/chat, model: {MODEL}}}}}]",
    "f3": f"endpoints: [{{{{name: f3, endpoint_type: llm/v1/chat, model: {MODEL}}}}}]",
    "f4": SPLIT.replace("{model}", MODEL),
    "f5": QUOTED,
    "l1": LITELLM,
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """The scripted vendor in a loop of its own, so that one lasts for the module."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    vendor = scripted_upstream()
    yield asyncio.run_coroutine_threadsafe(vendor.__aenter__(), loop).result(10)
    asyncio.run_coroutine_threadsafe(vendor.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, Path]]:
    home = tmp_path_factory.mktemp("forms")
    config = home / "gateway.yaml"
    config.write_text("routes: [{name: first, targets: [{model: fake/echo}]}]")
    running = start_server(home / "data", config=config, env={"MY_OPENAI_API_KEY": "sk-canary-51"})
    yield running, config
    running.stop()


@pytest.mark.parametrize("name", FORMS)
def test_each_form_answers_through_a_server_that_it_was_handed_to(server: tuple[RunningServer, Path], upstream: Upstream, name: str):
    running, config = server
    config.write_text(FORMS[name].format(url=upstream.url))
    running.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while name not in [model["id"] for model in running.client.get("/v1/models").json()["data"]]:
        assert time.monotonic() < deadline, running.log.read_text()
        time.sleep(0.05)
    answer = running.client.post("/v1/chat/completions", json={"model": name, "messages": [{"role": "user", "content": "hello"}]})
    assert answer.json()["choices"][0]["message"]["content"] == "four small words here"
    assert upstream.headers[-1]["authorization"] == "Bearer sk-canary-51"
    assert json.loads(upstream.bodies[-1])["model"] == "gpt-4o-mini"
    assert "canary" not in running.log.read_text()
    invoked = running.client.post(f"/gateway/{name}/invocations", json={"messages": [{"role": "user", "content": "hello"}]}).json()
    assert invoked["candidates"][0]["message"]["content"] == invoked["choices"][0]["message"]["content"] == "four small words here"
    listed = running.client.get(f"/api/2.0/endpoints/{name}").json()
    assert (listed["endpoint_type"], listed["model"]) == ("llm/v1/chat", {"name": "gpt-4o-mini", "provider": "openai"})
    again = running.client.post(listed["endpoint_url"], json={"messages": [{"role": "user", "content": "hello"}]}).json()
    assert ("candidates" in again, again["choices"][0]["message"]["content"]) == (False, "four small words here")
    assert running.client.get(f"/api/2.0/gateway/routes/{name}").json()["route_url"] == f"/gateway/{name}/invocations"
    assert running.client.get("/api/2.0/endpoints/none").status_code == 404
