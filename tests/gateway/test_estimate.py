"""Token counts where nobody reports them: tiktoken's when its vocabulary is to be had, a plain estimate when it is not."""

import time

import pytest
import tiktoken

from gateway import estimate


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not asked for the vocabulary yet."""
    monkeypatch.setattr(estimate, "_encode", None)
    monkeypatch.setattr(estimate, "_fetching", estimate.threading.Lock())


def until_fetched() -> None:
    while estimate.threading.active_count() > 1 and any(thread.name == "tiktoken" for thread in estimate.threading.enumerate()):
        time.sleep(0.01)


def test_a_vocabulary_that_is_there_counts_exactly(monkeypatch: pytest.MonkeyPatch):
    letters = {bytes([value]): value for value in range(256)} | {b"ti": 256, b"de": 257, b"tide": 258}
    vocabulary = tiktoken.Encoding("tides", pat_str=r"\w+|\s+", mergeable_ranks=letters, special_tokens={})
    asked = []
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: asked.append(name) or vocabulary)
    estimate.estimate_tokens("tide")
    until_fetched()
    assert (estimate.estimate_tokens("tide tide"), estimate.estimate_tokens(""), asked) == (3, 0, ["o200k_base"])


def test_a_vocabulary_that_cannot_be_fetched_leaves_the_plain_estimate_and_is_asked_for_once(monkeypatch: pytest.MonkeyPatch):
    asked = []

    def away(name: str) -> None:
        asked.append(name)
        raise ConnectionError

    monkeypatch.setattr(tiktoken, "get_encoding", away)
    for _ in range(3):
        assert estimate.estimate_tokens("nine chars") == 3
        until_fetched()
    assert (estimate.estimate_tokens(""), asked) == (0, ["o200k_base"])


def test_a_download_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch):
    go = estimate.threading.Event()
    monkeypatch.setattr(tiktoken, "get_encoding", lambda _name: go.wait(30))
    began = time.monotonic()
    assert estimate.estimate_tokens("nine chars") == 3
    assert time.monotonic() - began < 5
    go.set()
    until_fetched()
