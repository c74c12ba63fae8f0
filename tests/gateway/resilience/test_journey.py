"""What is tried after each failure."""

import pytest

from gateway.errors import NoTargetFits
from gateway.resilience.journey import Journey
from gateway.resilience.types import Facts, Failure, Reason, Step
from tests.gateway.resilience.making import BROKEN, BUSY, MISTAKE, TIMEOUT, TOO_LONG, Clock, pool_of, target


def journeys(journey: Journey, *failures: Failure) -> list[str]:
    """The names of the targets that are asked while each failure is followed by the next."""
    step: Step | None = Step(journey.first)
    asked = []
    for failure in failures:
        assert step is not None
        journey.begin(step.target)
        asked.append(step.target.name)
        step = journey.after(step.target, failure)
    return [*asked, step.target.name if step else "nothing"]


def test_a_failure_that_is_retried_goes_to_another_target_at_once_and_to_the_same_one_after_a_wait():
    pool = pool_of(targets=[{"model": "up/one"}, {"model": "up/two", "weight": 0.001}], retries=2)
    journey = Journey(pool, Facts())
    journey.begin(journey.first)
    second = journey.after(journey.first, BROKEN)
    assert second == Step(target("up/two"), 0.0)
    journey.begin(second.target)
    third = journey.after(second.target, BROKEN)
    assert third == Step(target("up/two"), 0.25)  # half of the 0.5 s that the second retry waits at most
    assert journey.after(third.target, BROKEN) is None


def test_fallbacks_follow_the_retries_in_order_and_each_once():
    pool = pool_of(retries=1, fallbacks=["up/one", "up/b", "up/c"])
    assert journeys(Journey(pool, Facts()), BUSY, BUSY, BUSY, BUSY) == ["up/one", "up/one", "up/b", "up/c", "nothing"]


def test_of_requests_that_wait_before_they_are_sent_one_alone_probes_a_target():
    clock = Clock()
    pool = pool_of(clock, fallbacks=["up/b"], breaker={"failures": 1, "open": 10})
    pool.failed(target("up/one"), BROKEN)
    clock.now += 11
    waiting = [Journey(pool, Facts()) for _ in range(3)]
    assert [each.first.name for each in waiting] == ["up/one"] * 3
    asked = []
    for each in waiting:
        asked.append(each.now().name)
        each.begin(each.now())
    assert asked == ["up/one", "up/b", "up/b"]


def test_a_mistake_of_the_client_leads_nowhere():
    assert journeys(Journey(pool_of(retries=3, fallbacks=["up/b"]), Facts()), MISTAKE) == ["up/one", "nothing"]


def test_a_timeout_falls_back_and_is_not_retried_unless_that_is_asked_for():
    assert journeys(Journey(pool_of(retries=1, fallbacks=["up/b"]), Facts()), TIMEOUT) == ["up/one", "up/b"]
    assert journeys(Journey(pool_of(retries=1, retry_on=["timeout"]), Facts()), TIMEOUT, TIMEOUT) == ["up/one", "up/one", "nothing"]


def test_a_request_that_is_too_long_goes_to_the_fallback_for_that_reason_alone():
    pool = pool_of(fallbacks=["up/b"], fallbacks_for={"context_window_exceeded": ["up/long"]})
    assert journeys(Journey(pool, Facts()), TOO_LONG) == ["up/one", "up/long"]
    assert journeys(Journey(pool, Facts()), BUSY) == ["up/one", "up/b"]


def test_the_vendors_own_word_decides_whether_to_retry():
    never = Failure(reason=Reason.STATUS, status=500, should_retry=False)
    do = Failure(reason=Reason.STATUS, status=409, should_retry=True)
    assert journeys(Journey(pool_of(retries=1), Facts()), never) == ["up/one", "nothing"]
    assert journeys(Journey(pool_of(retries=1), Facts()), do) == ["up/one", "up/one"]


@pytest.mark.parametrize(("told", "step"), [(3.0, Step(target("up/one"), 3.0)), (30.0, Step(target("up/b"), 0.0))])
def test_what_the_vendor_asks_for_is_waited_for_in_full_or_not_at_all(told: float, step: Step):
    journey = Journey(pool_of(retries=1, fallbacks=["up/b"]), Facts())
    journey.begin(journey.first)
    assert journey.after(journey.first, Failure(reason=Reason.STATUS, status=429, retry_after=told)) == step


def test_retries_stay_within_a_share_of_the_traffic():
    pool = pool_of(retries=10, retry_budget=0.1)
    retried = 0
    for _ in range(1000):
        journey = Journey(pool, Facts())
        journey.begin(journey.first)
        while journey.after(journey.first, BROKEN) is not None:
            retried += 1
    assert 100 <= retried <= 111  # a tenth, and the reserve of a quiet route


def test_a_fallback_that_is_left_alone_is_passed_over_while_there_is_another():
    clock = Clock()
    pool = pool_of(clock, fallbacks=["up/b", "up/c"], breaker={"failures": 1})
    pool.begin(target("up/b"))
    pool.failed(target("up/b"), BROKEN)
    assert journeys(Journey(pool, Facts()), BUSY, BUSY, BUSY) == ["up/one", "up/c", "up/b", "nothing"]


def test_conditions_choose_the_target_and_without_one_that_holds_those_without_conditions_answer():
    targets = [
        {"model": "up/gold", "when": {"metadata": {"tier": "gold|silver"}}},
        {"model": "up/long", "when": {"parameters": {"max_tokens": "> 4000"}}},
        {"model": "up/eu", "when": {"headers": {"X-Region": "eu-*"}}},
        {"model": "up/any"},
    ]
    pool = pool_of(targets=targets)
    for facts, expected in (
        (Facts(metadata={"tier": "silver"}), "up/gold"),
        (Facts(parameters={"max_tokens": 4001}), "up/long"),
        (Facts(headers={b"x-region": b"eu-west-1"}), "up/eu"),
        (Facts(metadata={"tier": "bronze"}, parameters={"max_tokens": 4000}, headers={b"x-region": b"us"}), "up/any"),
        (Facts(metadata="not an object"), "up/any"),
    ):
        assert Journey(pool, facts).first.name == expected
    with pytest.raises(NoTargetFits):
        Journey(pool_of(targets=targets[:1]), Facts())


def test_a_response_goes_on_where_it_began():
    pool = pool_of(targets=[{"model": "up/one", "weight": 1000}, {"model": "up/two", "weight": 1}])
    pool.affinity.note("resp_1", target("up/two"))
    assert Journey(pool, Facts(previous_response="resp_1")).first == target("up/two")
    assert Journey(pool, Facts(previous_response="resp_2")).first == target("up/one")


def test_a_hedge_goes_to_another_target_then_to_a_fallback_then_to_the_same():
    assert Journey(pool_of(targets=[{"model": "up/one"}, {"model": "up/two"}]), Facts()).beside(target("up/one")) == target("up/two")
    assert Journey(pool_of(fallbacks=["up/b"]), Facts()).beside(target("up/one")) == target("up/b")
    assert Journey(pool_of(retries=1), Facts()).beside(target("up/one")) == target("up/one")
