"""Circuit breakers and outliers, on a clock of the test's own."""

from hypothesis import given
from hypothesis import strategies as st

from config.schema import BreakerSettings, OutlierSettings
from gateway.resilience.breaker import Breaker, BreakerState
from gateway.resilience.outliers import Tally, outliers
from gateway.resilience.types import Facts, Failure, Reason
from tests.gateway.resilience.making import BROKEN, BUSY, MISTAKE, Clock, pool_of, target

SETTINGS = BreakerSettings(failures=3, open=10, longest=60)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker(SETTINGS)
    for _ in range(3):
        breaker.failed(now)
    return breaker


def test_failures_in_a_row_open_it_and_an_answer_between_them_does_not():
    breaker = Breaker(SETTINGS)
    for _ in range(5):
        breaker.failed(0)
        breaker.failed(0)
        breaker.succeeded(0)
    assert breaker.state(0) is BreakerState.CLOSED
    assert opened().state(9.9) is BreakerState.OPEN


def test_when_its_time_is_over_one_request_probes_and_decides():
    breaker = opened()
    assert not breaker.allows(9.9)
    assert breaker.allows(10)
    breaker.begin(10)
    assert not breaker.allows(10.1)
    breaker.succeeded(10.1)
    assert breaker.allows(10.2)


def test_each_probe_that_fails_doubles_the_wait_up_to_the_longest():
    breaker, now, waits = opened(), 10.0, []
    for _ in range(5):
        breaker.begin(now)
        breaker.failed(now)
        waits.append(breaker.until - now)
        now = breaker.until
    assert waits == [20, 40, 60, 60, 60]


def test_a_probe_that_never_reports_back_does_not_close_the_way_for_ever():
    breaker = opened()
    breaker.begin(10)
    assert not breaker.allows(19)
    assert breaker.allows(20)


def test_a_late_answer_from_before_does_not_end_the_rest():
    breaker = opened()
    breaker.succeeded(5)
    assert not breaker.allows(9)


def test_a_retry_after_leaves_the_target_alone_for_as_long_at_once():
    breaker = Breaker(SETTINGS)
    breaker.failed(0, 7)
    assert (breaker.allows(6.9), breaker.allows(7)) == (False, True)
    breaker.failed(7, 10_000)
    assert breaker.until == 67


@given(st.lists(st.tuples(st.sampled_from(["fail", "succeed", "begin", "told"]), st.floats(0, 30)), max_size=60))
def test_whatever_happens_the_target_is_asked_again_within_the_longest_wait(events: list[tuple[str, float]]):
    breaker, now = Breaker(SETTINGS), 0.0
    for what, pause in events:
        now += pause
        if what == "fail":
            breaker.failed(now)
        elif what == "told":
            breaker.failed(now, pause)
        elif what == "begin":
            breaker.begin(now)
        else:
            breaker.succeeded(now)
    assert breaker.allows(now + 2 * SETTINGS.longest)


def test_a_refusal_of_what_the_client_asked_is_no_failure_of_the_target():
    pool = pool_of(breaker={"failures": 1}, fallbacks=["up/b"])
    pool.failed(target("up/one"), MISTAKE)
    assert pool.allows(target("up/one"))
    pool.failed(target("up/one"), BUSY)
    assert not pool.allows(target("up/one"))


def test_where_all_are_left_alone_the_one_due_first_is_asked():
    clock = Clock()
    pool = pool_of(clock, targets=[{"model": "up/one"}, {"model": "up/two"}], breaker={"failures": 1})
    pool.failed(target("up/one"), Failure(reason=Reason.STATUS, status=429, retry_after=50))
    clock.now += 1
    pool.failed(target("up/two"), BROKEN)
    assert pool.choose(pool.rules.candidates, Facts()) == target("up/two")


SMALL = OutlierSettings(requests=10, gap=0.2, at_most=0.5)


def test_the_worst_is_an_outlier_only_beside_peers_that_do_well():
    good, bad, few = Tally(0, 95, 5), Tally(0, 60, 40), Tally(0, 0, 9)
    assert outliers({"a": good, "b": good, "c": bad}, SMALL, 0) == ["c"]
    assert outliers({"a": bad, "b": bad, "c": bad}, SMALL, 0) == []
    assert outliers({"a": good, "b": few}, SMALL, 0) == []
    assert outliers({"a": bad}, SMALL, 0) == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=8), st.integers(0, 5))
def test_never_more_than_the_allowed_share_is_left_alone(counts: list[tuple[int, int]], ejected: int):
    found = outliers({number: Tally(0, *count) for number, count in enumerate(counts)}, SMALL, ejected)
    everyone = len(counts) + ejected
    assert not found or len(found) + ejected <= min(everyone * SMALL.at_most, everyone - 1)


def test_an_outlier_is_left_alone_for_a_while_and_counted_anew():
    clock = Clock()
    pool = pool_of(
        clock,
        targets=[{"model": "up/one"}, {"model": "up/two"}, {"model": "up/three"}],
        breaker={"failures": 0},
        outliers={"requests": 10, "eject_for": 30},
    )
    for number in range(20):
        pool.answered(target("up/one"))
        pool.answered(target("up/two"))
        (pool.failed(target("up/three"), BROKEN) if number % 2 else pool.answered(target("up/three")))
    assert not pool.allows(target("up/three"))
    clock.now += 30
    assert pool.allows(target("up/three"))


def test_what_is_known_of_a_target_outlives_a_reload_if_its_account_stays():
    before, after = pool_of(breaker={"failures": 1}), pool_of(fallbacks=["up/b"], breaker={"failures": 9})
    before.failed(target("up/one"), BROKEN)
    after.inherit(before, lambda _: True)
    assert not after.allows(target("up/one"))
    fresh = pool_of(fallbacks=["up/b"])
    fresh.inherit(before, lambda _: False)
    assert fresh.allows(target("up/one"))
