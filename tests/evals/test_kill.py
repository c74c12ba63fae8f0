"""A runner that is killed with SIGKILL, again and again, leaves no trace without a verdict and none with two."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

TRACES = 40
KILLS = 2
CONCURRENCY = 4
ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def start(home: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.evals.judging_process", str(home), str(TRACES), *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def killed_after(process: subprocess.Popen[str], questions: int) -> list[str]:
    """The traces that were asked about before the process was killed, in the middle of its questions."""
    asked = [process.stdout.readline().removeprefix("asked ").strip() for _ in range(questions)]
    process.kill()
    rest = process.communicate()[0].splitlines()
    return asked + [line.removeprefix("asked ") for line in rest]


def test_none_is_missing_and_none_is_there_twice_after_kills(tmp_path: Path):
    asked: list[str] = []
    for kill in range(KILLS):
        asked += killed_after(start(tmp_path), 9 + 4 * kill)
    output = start(tmp_path, "finish").communicate()[0].splitlines()
    asked += [line.removeprefix("asked ") for line in output[:-1]]
    found = json.loads(output[-1])

    assert Counter(each["assessments"] for each in found["stored"]) == {1: TRACES}
    assert {each["value"] for each in found["stored"]} == {1.0}
    assert found["stats"]["scored"] == TRACES
    assert (found["stats"]["mean"], found["stats"]["mean_of"]) == (1.0, TRACES)
    assert len(set(asked)) == TRACES
    assert len(asked) <= TRACES + KILLS * CONCURRENCY, "only what was open at a kill is asked again"
