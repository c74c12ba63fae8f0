"""Which target a request goes to."""

import json
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.table import UPSTREAM_DIALECTS
from gateway.dialects.types import DialectName
from gateway.heads import head_of
from gateway.passages.observing import EventStream, observed
from gateway.pursuit import made_by
from gateway.resilience.affinity import Affinity
from gateway.resilience.choice import by_hash, by_weight, faster_of_two
from gateway.resilience.facts import facts_of
from gateway.resilience.latency import PeakEwma
from gateway.resilience.types import Facts
from gateway.types import Inbound, Operation
from tests.gateway.resilience.making import pool_of, target

RESPONSES = DialectName.OPENAI_RESPONSES
WEIGHTS = st.dictionaries(st.text(max_size=5), st.floats(0.01, 100), min_size=1, max_size=6)


@given(WEIGHTS, st.floats(0, 1, exclude_max=True))
def test_any_draw_gives_one_of_them(weights: dict[str, float], draw: float):
    assert by_weight(list(weights), weights.__getitem__, draw) in weights


def test_shares_are_the_weights_by_draw_and_by_hash():
    weights = {"a": 90, "b": 10}
    drawn = Counter(by_weight(list(weights), weights.__getitem__, number / 1000) for number in range(1000))
    hashed = Counter(by_hash(list(weights), str, weights.__getitem__, f"user-{number}") for number in range(5000))
    assert drawn["b"] == 100
    assert 400 < hashed["b"] < 600


@given(WEIGHTS, st.text(max_size=20))
def test_a_key_moves_only_when_its_own_target_leaves(weights: dict[str, float], key: str):
    chosen = by_hash(list(weights), str, weights.__getitem__, key)
    for gone in set(weights) - {chosen}:
        assert by_hash([each for each in weights if each != gone], str, weights.__getitem__, key) == chosen


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8), st.integers())
def test_of_two_the_faster_and_so_never_the_slowest_of_all(loads: list[float], seed: int):
    chosen = faster_of_two(range(len(loads)), loads.__getitem__, Random(seed).random)
    assert len(loads) == 1 or loads[chosen] < max(loads) or loads.count(max(loads)) > 1


def test_bad_news_is_believed_at_once_and_good_news_slowly():
    seen = PeakEwma()
    seen.observe(1.0, 0)
    seen.observe(5.0, 1)
    assert seen.value == 5.0
    seen.observe(1.0, 2)
    assert 4 < seen.value < 5
    for second in range(3, 60):
        seen.observe(1.0, second)
    assert seen.value < 1.1


def test_one_bad_moment_keeps_nobody_away_for_good():
    seen = PeakEwma()
    seen.observe(5.0, 0)
    assert seen.load(0, 0) == 5.0
    assert seen.load(0, 60) < 0.02


def test_an_error_that_comes_at_once_is_no_fast_answer():
    seen = PeakEwma()
    seen.lost(0.001, 0)
    assert seen.load(0, 0) >= 1.0
    seen.lost(30.0, 1)
    assert seen.value == 30.0


def test_a_target_with_much_under_way_is_slower_and_one_nobody_asked_is_tried():
    pool = pool_of(targets=[{"model": "up/one"}, {"model": "up/two"}], strategy="latency", random=Random(1).random)
    pool.begin(target("up/one"))
    pool.first_byte(target("up/one"), 0.2, stream=False)
    assert pool.choose(pool.rules.candidates, Facts()) == target("up/two")
    pool.begin(target("up/two"))
    pool.first_byte(target("up/two"), 0.3, stream=False)
    assert pool.choose(pool.rules.candidates, Facts()) == target("up/one")
    pool.begin(target("up/one"))
    assert pool.choose(pool.rules.candidates, Facts()) == target("up/two")
    assert pool.choose(pool.rules.candidates, Facts(stream=True)) in {target("up/one"), target("up/two")}


def test_the_cheapest_is_first_and_an_unknown_price_is_last_and_not_zero():
    pool = pool_of(targets=[{"model": "up/unknown"}, {"model": "fake/judge"}, {"model": "fake/tools"}], strategy="cheapest")
    assert pool.choose(pool.rules.candidates, Facts()) == target("fake/judge")


def test_a_session_stays_on_its_target_and_its_prompt():
    prompts = [{"prompt": "prompts:/p@production"}, {"prompt": "prompts:/p@canary"}]
    pool = pool_of(targets=[{"model": "up/one"}, {"model": "up/two"}], prompts=prompts, random=Random(3).random)
    for number in range(20):
        facts = Facts(sticky=f"session-{number}")
        assert len({pool.choose(pool.rules.candidates, facts) for _ in range(10)}) == 1
        assert len({pool.prompt(facts) for _ in range(10)}) == 1
    assert len({pool.prompt(Facts()) for _ in range(50)}) == 2


@pytest.mark.parametrize("streamed", [False, True])
def test_a_sealed_thought_goes_back_to_the_account_that_alone_can_read_it(streamed: bool):
    """In a request that names no response before it: the client keeps the conversation."""
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA+/=b" * 9}
    if streamed:
        events = [
            {"type": "response.output_item.done", "output_index": 0, "item": thought},
            {"type": "response.completed", "response": {"id": "r"}},
        ]
        stream = EventStream(UPSTREAM_DIALECTS[RESPONSES].stream_reader())
        stream.feed(b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events))
        seen = stream.observation()
    else:
        seen = observed(
            UPSTREAM_DIALECTS[RESPONSES].read_answer(json.dumps({"id": "r", "status": "completed", "output": [thought]}).encode())
        )
    pool = pool_of(targets=[{"model": "up/one", "weight": 1}, {"model": "up/two", "weight": 99}])
    for made in made_by(seen):
        pool.affinity.note(made, target("up/one"))
    body = json.dumps({"model": "route", "input": [thought, {"role": "user", "content": "go on"}]}).encode()
    asked = Inbound(operation=Operation.CHAT, body=body, headers=[], received_ns=1, started=1, dialect=RESPONSES)
    facts = facts_of(asked, head_of(asked), pool.rules, Affinity())
    assert pool.choose(pool.rules.candidates, facts) == target("up/one")
    assert pool.choose(pool.rules.candidates, Facts()) == target("up/two")
