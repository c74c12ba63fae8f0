"""The command against a real server in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from server.cli import run
from tests.running import ROOT, RunningServer, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CONFIG = """
telemetry: {seal_after: 0.3}
judges:
  - {name: helpful, instructions: "Is {{ outputs }} a helpful answer to {{ inputs }}?", model: fake/judge, online: false}
"""


def tidegate(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    """The command in this process: to start an interpreter for each would take most of these tests' time."""
    with patch.dict(os.environ, {"TIDEGATE_URL": url}), redirect_stdout(captured()) as said, redirect_stderr(captured()) as told:
        code = run(list(arguments))
    for each in (said, told):
        each.seek(0)
    return subprocess.CompletedProcess(arguments, code, said.read(), told.read())


def captured() -> TextIOWrapper:
    """Takes bytes, too, as the real ones do."""
    return TextIOWrapper(BytesIO(), encoding="utf-8")


def process(*arguments: str, url: str | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TIDEGATE_", "OPENAI_"))}
    environment = {**clean, **({"TIDEGATE_URL": url} if url else {})}
    command = [sys.executable, str(ROOT / "tidegate.py"), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=150, check=False)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home = tmp_path_factory.mktemp("cli")
    (home / "tidegate.yaml").write_text(CONFIG)
    with running_server(home / "data", config=home / "tidegate.yaml") as running:
        yield running


def ask(server: RunningServer, text: str, **changes: object) -> httpx.Response:
    body = {"model": "fake/echo", "messages": [{"role": "user", "content": text}], **changes}
    return server.client.post("/v1/chat/completions", json=body)


def judged_when_sealed(server: RunningServer) -> subprocess.CompletedProcess[str]:
    """A run of the judge over what was just asked: a trace is judged when nothing came to it for ``seal_after``, and no sooner."""
    deadline = time.monotonic() + 20
    while True:
        judged = tidegate("judge", "run", "helpful", "--since", "1h", "--json", url=server.url)
        if judged.returncode or json.loads(judged.stdout)["scored"] or time.monotonic() > deadline:
            return judged
        time.sleep(0.1)


def test_what_an_app_asked_is_listed_shown_and_judged_on_demand(server):
    trace_id = ask(server, "Where is my parcel?").headers["x-tidegate-trace-id"]
    listed = process("traces", "list", "--json", url=server.url)
    assert trace_id in [trace["trace_id"] for trace in json.loads(listed.stdout)["traces"]]
    judged = judged_when_sealed(server)
    assert (judged.returncode, judged.stderr) == (0, "")
    assert json.loads(judged.stdout)["scored"] >= 1
    shown = tidegate("traces", "show", trace_id, url=server.url)
    assert shown.returncode == 0
    assert "helpful" in shown.stdout
    assert "Where is my parcel?" in shown.stdout
    again = tidegate("judge", "run", "helpful", "--since", "1h", "--json", url=server.url)
    assert (again.returncode, json.loads(again.stdout)["scored"]) == (0, 0)
    assert tidegate("judge", "why", "helpful", trace_id, url=server.url).returncode == 0
    assert "helpful" in tidegate("judge", "list", url=server.url).stdout


def test_a_prompt_that_was_pushed_answers_as_a_model(server, tmp_path):
    file = tmp_path / "support.txt"
    file.write_text("Answer {{ who }} kindly")
    pushed = tidegate("prompts", "push", "support", str(file), "--alias", "production", "--model", "fake/echo", url=server.url)
    assert (pushed.returncode, pushed.stdout) == (0, "support 1\n")
    answer = ask(server, "", model="prompts:/support@production", messages=[], prompt_variables={"who": "Ada"})
    assert answer.status_code == 200, answer.text
    assert "Answer Ada kindly" in answer.text
    missing = ask(server, "", model="prompts:/support@production", messages=[])
    assert missing.status_code == 400
    assert "'who'" in missing.json()["error"]["message"]
    trace = json.loads(tidegate("traces", "show", answer.headers["x-tidegate-trace-id"], "--json", url=server.url).stdout)
    assert (trace["spans"][0]["prompt_name"], trace["spans"][0]["prompt_version"]) == ("support", "1")


def test_doctor_finds_nothing_wrong(server, tmp_path):
    done = process("doctor", "--json", url=server.url, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert {check["state"] for check in json.loads(done.stdout)["checks"]} == {"ok"}


def test_a_second_server_on_the_same_port_is_refused_by_name(server, tmp_path):
    done = process("up", "--port", str(server.port), cwd=tmp_path)
    assert done.returncode == 2
    assert f"(pid {server.process.pid})" in done.stderr


def test_the_demo_shows_traces_with_scores_and_leaves_no_server_behind(tmp_path):
    done = process("demo", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    traces = json.loads(done.stdout)["traces"]
    assert len(traces) >= 20
    assert any(trace["prompt_name"] == "demo-support" for trace in traces)
    assert any(trace["span_count"] >= 4 and "demo-agent" in trace["services"] for trace in traces)
    assert sum(len(trace["scores"]) for trace in traces) >= 20
    assert [process for process in Path("/proc").glob("[0-9]*") if is_in(tmp_path, process)] == []


def is_in(folder: Path, process: Path) -> bool:
    """Whether it works there."""
    try:
        return (process / "cwd").readlink().is_relative_to(folder)
    except OSError:  # it has ended meanwhile
        return False


def test_what_moved_is_told_with_who_and_why(server):
    api = "/api/2.0/mlflow"
    server.client.post(f"{api}/registered-models/create", json={"name": "ranker"})
    for source in ("s3://bucket/1", "s3://bucket/2"):
        server.client.post(f"{api}/model-versions/create", json={"name": "ranker", "source": source})
    alias = {"name": "ranker", "alias": "champion", "version": "1"}
    server.client.post(f"{api}/registered-models/alias", json=alias, auth=("ada", ""), headers={"x-tidegate-reason": "better%20by%2010%25"})
    assert tidegate("models", "alias", "ranker", "champion", "2", "--reason", "release", url=server.url).returncode == 0
    assert tidegate("models", "stage", "ranker", "2", "production", "--archive", url=server.url).returncode == 0
    moves = json.loads(tidegate("models", "history", "ranker", "--json", url=server.url).stdout)["moves"]
    told = [(move["alias"], move["before"], move["after"], move["actor"], move["reason"]) for move in reversed(moves)]
    assert told == [
        ("champion", "", "1", "ada", "better by 10%"),
        ("champion", "1", "2", "", "release"),
        ("", "None", "Production", "", ""),
    ]
    assert "champion → 2" in tidegate("models", "list", url=server.url).stdout
    assert "s3://bucket/2" in tidegate("models", "show", "ranker", url=server.url).stdout
    server.client.post(f"{api}/registered-models/create", json={"name": "ranker-b"})
    server.client.post(f"{api}/model-versions/create", json={"name": "ranker-b", "source": "models:/ranker/1"})
    assert "copied  model_version:ranker-b/1" in tidegate("lineage", "model_version:ranker/1", url=server.url).stdout
    refused = tidegate("models", "alias", "ranker", "latest", "1", url=server.url)
    assert refused.returncode == 2
    assert "reserved" in refused.stderr
