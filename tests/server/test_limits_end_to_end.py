"""Limits on a running server: the same for whole answers and streams, through a kill, and told in headers, pages of the API and webhooks."""

import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from click.testing import CliRunner

from server.cli import cli
from tests.running import RunningServer, start_server

CONFIG = """
limits:
  - {name: per-user, per: user, requests: 3, window: month}
  - {name: all-money, cost: 0.001, window: month}
  - {name: judged, traffic: judges, requests: 1000, window: month}
routes:
  - {name: tight, targets: [{model: fake/lorem}], limits: [{tokens: 60, window: month}]}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("limits")
    (home / "tidegate.yaml").write_text(CONFIG)
    return home


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[list[RunningServer]]:
    """A list, since a test puts another server in its place."""
    running = [start_server(home / "data", config=home / "tidegate.yaml")]
    yield running
    running[0].stop()


def ask(server: RunningServer, user: str, model: str = "fake/echo", text: str = "hello", **options):
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0)
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.with_raw_response.create(model=model, messages=messages, user=user, **options)


def refusal(server: RunningServer, user: str) -> openai.RateLimitError | None:
    try:
        ask(server, user, "fake/lorem", max_tokens=100)
    except openai.RateLimitError as error:
        return error
    return None


def standing(server: RunningServer, limit: str, subject: str = "") -> dict:
    budgets = server.client.get("/api/v1/budgets").json()["budgets"]
    return next(each for each in budgets if each["limit"] == limit and each["subject"] == subject)


def test_streams_and_whole_answers_count_alike_and_headers_tell_the_window(server: list[RunningServer]):
    for stream in (False, True, False):
        answer = ask(server[0], "ada", stream=stream, max_tokens=5)
        if stream:
            assert "".join(chunk.choices[0].delta.content or "" for chunk in answer.parse() if chunk.choices) == "hello"
    assert answer.headers["x-ratelimit-limit-requests"] == "3"
    assert answer.headers["x-ratelimit-remaining-requests"] == "0"
    assert answer.headers["x-ratelimit-reset-requests"].endswith("s")
    with pytest.raises(openai.RateLimitError, match="'per-user' of 3 requests a month for the user 'ada' is reached") as caught:
        ask(server[0], "ada")
    assert int(caught.value.response.headers["retry-after"]) > 0
    ask(server[0], "bo", max_tokens=5)


def test_a_streams_tokens_are_settled_before_its_last_byte(server: list[RunningServer]):
    list(ask(server[0], "cy", "tight", "a", stream=True, max_tokens=8).parse())
    found = standing(server[0], "tokens-per-month", "tight")
    assert found["reserved"] == 0
    assert 8 < found["used"] < 40
    with pytest.raises(openai.RateLimitError, match="tokens"):
        ask(server[0], "cy", "tight", "a", max_tokens=55)


def test_counters_survive_a_kill(server: list[RunningServer], home: Path):
    for _ in range(3):
        ask(server[0], "dee", max_tokens=5)
    ask(server[0], "eve", max_tokens=5)
    spent = standing(server[0], "all-money")["used"]
    assert spent > 0
    server[0].kill()
    server[0] = start_server(home / "data", config=home / "tidegate.yaml")
    deadline = time.monotonic() + 20
    while standing(server[0], "all-money")["used"] < spent:  # the traces are asked as soon as their database is open
        assert time.monotonic() < deadline, server[0].log.read_text()
        time.sleep(0.05)
    with pytest.raises(openai.RateLimitError):
        ask(server[0], "dee")
    assert standing(server[0], "all-money")["used"] == pytest.approx(spent)
    assert standing(server[0], "per-user", "eve")["used"] == 1


def test_a_spent_budget_is_refused_as_such_and_shown(server: list[RunningServer]):
    refused = list(filter(None, (refusal(server[0], f"user-{number}") for number in range(12))))
    assert {error.code for error in refused} == {"insufficient_quota"}
    shown = CliRunner().invoke(cli, ["budgets", "--metric", "cost", "--url", server[0].url], catch_exceptions=False)
    assert shown.exit_code == 0
    assert "all-money" in shown.stdout
