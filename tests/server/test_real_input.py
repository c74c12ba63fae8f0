"""The main job: a hundred instructions through the gateway, each judged once, with a kill in the middle.

``TIDEGATE_TEST_INSTRUCTIONS`` names a JSON file of other instructions: a list of texts, or of objects with an ``input``.
"""

import json
import os
import time
from itertools import product
from pathlib import Path

import pytest
from openai import OpenAI

from tests.running import RunningServer, free_port, start_server

TASKS = (
    "Summarise in one sentence",
    "Translate into German",
    "List three objections to",
    "Explain to a child",
    "Find the mistake in",
    "Write a polite answer to",
    "Give a title for",
    "Turn into a table",
    "Shorten by half",
    "Name the tone of",
)
TEXTS = (
    "the minutes of yesterday's meeting",
    "a letter that asks for a refund",
    "the proof that √2 is irrational",
    "this recipe: 3 eggs, flour, «Butter»",
    "an error log with 'NULL' and \"quotes\"",
    "a weather report\nin two lines",
    "the plot of a film 🎬",
    "SELECT * FROM tides WHERE height > 3;",
    "a contract clause about liability",
    "ein Gedicht über das Meer",
)

CONFIG = """
judges:
  - name: helpful
    instructions: "Is {{ outputs }} a helpful answer to {{ inputs }}?"
    model: fake/judge
telemetry: {seal_after: 0.5}
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def instructions() -> list[str]:
    named = os.environ.get("TIDEGATE_TEST_INSTRUCTIONS")
    if named is None:
        return [f"{task}: {text}" for task, text in product(TASKS, TEXTS)]
    return [item if isinstance(item, str) else item["input"] for item in json.loads(Path(named).read_text())]


def ask(server: RunningServer, asked: list[str]) -> None:
    with OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0) as client:
        for instruction in asked:
            answer = client.chat.completions.create(model="fake/echo", messages=[{"role": "user", "content": instruction}])
            assert answer.choices[0].message.content == instruction


def app_traces(server: RunningServer) -> list[dict]:
    traces, cursor = [], None
    while True:
        page = (
            server.client.get("/api/v1/traces", params={"limit": 200, **({"cursor": cursor} if cursor else {})}).raise_for_status().json()
        )
        traces += [trace for trace in page["traces"] if not trace["judge_name"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return traces


def wait_judged(server: RunningServer, count: int, seconds: float = 150) -> None:
    """Until the judge says so: to list all traces again and again would take the database longer than to judge them."""
    deadline = time.monotonic() + seconds
    while (stats := server.client.get("/api/v1/judges/helpful").json()["report"]["stats"])["scored"] < count:
        assert time.monotonic() < deadline, f"{stats} after {seconds} s\n{server.log.read_text()[-3000:]}"
        time.sleep(1)
    assert stats["failed"] == 0


def test_a_hundred_real_instructions_are_a_hundred_traces_with_one_verdict_each_across_a_kill(tmp_path: Path):
    asked = instructions()
    config = tmp_path / "tidegate.yaml"
    config.write_text(CONFIG)
    port = free_port()
    server = start_server(tmp_path / "data", config=config, port=port)
    ask(server, asked[:60])
    wait_judged(server, 10)
    server.kill()
    server = start_server(tmp_path / "data", config=config, port=port)
    try:
        ask(server, asked[60:])
        wait_judged(server, len(asked))
        traces = app_traces(server)
        assert len(traces) == len(asked)
        assert {len(trace["scores"]) for trace in traces} == {1}
        assert {score["error_code"] for trace in traces for score in trace["scores"]} == {""}
        whole = server.client.get(f"/api/v1/traces/{traces[0]['trace_id']}").json()
        assert len(whole["assessments"]) == 1
        assert whole["assessments"][0]["rationale"]
    finally:
        server.stop()
