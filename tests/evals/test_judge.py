"""A judge's version is what decides its verdicts; its sample and its patience are not."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.backoff import CAP, delay
from evals.errors import InvalidJudge
from evals.sampling import admits, draw
from tests.evals.making import make_judge

trace_ids = st.text("0123456789abcdef", min_size=32, max_size=32)
shares = st.floats(0, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"instructions": "Is {{ outputs }} polite?"},
        {"model": "openai/gpt-4o"},
        {"result": "number"},
        {"result": "number", "minimum": 1.0, "maximum": 5.0},
        {"result": "category", "choices": ("good", "bad")},
        {"result": "category", "choices": ("good", "fair", "bad")},
    ],
)
def test_what_decides_a_verdict_makes_a_version(changes: dict):
    assert make_judge(**changes).version != make_judge().version


def test_how_much_and_how_fast_makes_none():
    changed = make_judge(sample=0.5, filter="cost > 1", online=False, max_tokens=99, timeout=1.0, concurrency=9, max_attempts=1)
    assert changed.version == make_judge().version


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"result": "category", "choices": ("good",)}, "two different choices"),
        ({"result": "category", "choices": ("good", "good")}, "two different choices"),
        ({"choices": ("good", "bad")}, "choices are given"),
        ({"minimum": 1.0}, "bounds are given"),
        ({"result": "number", "minimum": 5.0, "maximum": 1.0}, "not below"),
        ({"filter": "cost >"}, "filter cannot be read"),
        ({"filter": "colour = 'red'"}, "filter cannot be read"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused_by_the_name_of_the_judge(changes: dict, part: str):
    with pytest.raises(InvalidJudge, match=f"judge 'helpful': .*{part}") as caught:
        make_judge(**changes)
    assert caught.value.hint


@given(trace_ids, shares, shares)
def test_a_larger_sample_holds_every_trace_of_a_smaller_one(trace_id: str, one: float, other: float):
    small, large = sorted((one, other))
    assert not admits(make_judge(sample=small), trace_id) or admits(make_judge(sample=large), trace_id)
    assert admits(make_judge(sample=1.0), trace_id)
    assert not admits(make_judge(sample=0.0), trace_id)


def test_a_sample_is_as_large_as_it_says_and_each_judge_draws_its_own():
    ids = [f"{number:032x}" for number in range(20_000)]
    taken = [trace_id for trace_id in ids if admits(make_judge(sample=0.1), trace_id)]
    assert 0.09 < len(taken) / len(ids) < 0.11
    assert fmean(draw("other", trace_id) for trace_id in taken) == pytest.approx(0.5, abs=0.03)


@given(st.integers(1, 1000), st.floats(0, 1), st.none() | st.floats(0, 3600))
def test_a_wait_is_bounded_and_never_shorter_than_the_upstream_asks_for(attempt: int, jitter: float, retry_after: float | None):
    wait = delay(attempt, retry_after=retry_after, jitter=jitter)
    assert (retry_after or 0) <= wait <= (retry_after or 0) + CAP


def test_each_wait_is_twice_the_last_up_to_a_minute():
    assert [delay(attempt, retry_after=None, jitter=1.0) for attempt in (1, 2, 3, 4, 20)] == [1, 2, 4, 8, 60]
