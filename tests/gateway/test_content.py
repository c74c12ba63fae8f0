"""What of a conversation is kept, by route."""

import json
from collections.abc import Iterator

import pytest

from gateway.content import withhold
from tests.running import RunningServer, start_server

CONFIG = """
telemetry:
  redact: {pii: [email], patterns: {badge: "BDG-[0-9]{4}"}}
routes:
  - {name: kept, targets: [{model: fake/echo}]}
  - {name: hashed, content: hash, targets: [{model: fake/echo}]}
  - {name: unkept, content: none, targets: [{model: fake/echo}]}
"""
CANARY = "the canary sings at noon"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home = tmp_path_factory.mktemp("content")
    (home / "tidegate.yaml").write_text(CONFIG)
    running = start_server(home / "data", config=home / "tidegate.yaml")
    yield running
    running.stop()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("route", ["hashed", "unkept"])
def test_a_routes_words_are_nowhere_on_the_disk_while_its_figures_are_kept(server: RunningServer, route: str, stream: bool):
    body = {"model": route, "stream": stream, "messages": [{"role": "system", "content": CANARY}, {"role": "user", "content": CANARY}]}
    answer = server.client.post("/v1/chat/completions", json=body)
    assert CANARY.split()[1] in answer.text
    trace = server.client.get(f"/api/v1/traces/{answer.headers['x-tidegate-trace-id']}").json()
    attributes = trace["spans"][0]["attributes"]
    assert attributes["tidegate.content"] == ("hash" if route == "hashed" else "none")
    assert "not kept" in server.client.get(f"/traces/{answer.headers['x-tidegate-trace-id']}").text
    digests = {name for name in attributes if name.startswith("tidegate.content.")}
    assert digests == ({f"tidegate.content.{part}.sha256" for part in ("system", "input", "output")} if route == "hashed" else set())
    assert int(attributes["gen_ai.usage.input_tokens"]) > 0
    assert "canary" not in json.dumps(trace)
    assert not [path for path in server.data.rglob("*") if path.is_file() and b"canary sings" in path.read_bytes()]


def test_another_route_keeps_what_is_said(server: RunningServer):
    answer = server.client.post("/v1/chat/completions", json={"model": "kept", "messages": [{"role": "user", "content": "of a wren"}]})
    assert "of a wren" in server.client.get(f"/api/v1/traces/{answer.headers['x-tidegate-trace-id']}").text


def test_what_must_not_be_kept_reaches_no_file_from_either_side(server: RunningServer):
    words = "of wren@nest.example with BDG-1234"
    answer = server.client.post("/v1/chat/completions", json={"model": "kept", "messages": [{"role": "user", "content": words}]})
    assert words in answer.text
    trace_id = answer.headers["x-tidegate-trace-id"]
    attribute = {"key": "input.value", "value": {"stringValue": words}}
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "theirs", "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000000000000001", "attributes": [attribute]}  # fmt: skip
    sent = server.client.post("/v1/traces", json={"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    assert sent.status_code == 200
    for each in (trace_id, "ab" * 16):
        assert "of [EMAIL] with [BADGE]" in server.client.get(f"/api/v1/traces/{each}").text
    assert "BADGE 2, EMAIL 2" in server.client.get(f"/traces/{trace_id}").text
    written = [path.read_bytes() for path in server.data.rglob("*") if path.is_file()]
    assert not [content for content in written if b"nest.example" in content or b"BDG-1234" in content]


def test_equal_words_have_equal_digests_and_figures_stay():
    one, two = ({"gen_ai.input.messages": text, "gen_ai.usage.input_tokens": 3} for text in ("[a]", "[a]"))
    withhold(one, "hash")
    withhold(two, "hash")
    assert one == two
    assert one.keys() == {"tidegate.content", "tidegate.content.input.sha256", "gen_ai.usage.input_tokens"}
