"""Ceilings: no order of requests goes over one, nothing is counted twice, and what a client is told is true."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from redis.exceptions import RedisError

from config.schema import LimitSettings, RouteSettings, Settings, TargetSettings
from config.secrets import Secret
from gateway.errors import BudgetSpent, LimitReached, LimitsUnavailable
from gateway.keys.index import KeyIndex
from gateway.keys.types import Caller, VirtualKey
from gateway.limits.ceilings import of_settings
from gateway.limits.ledger import Ledger, LocalLedger
from gateway.limits.policy import LimitPolicy
from gateway.limits.redis_ledger import RedisLedger
from gateway.limits.service import LimitService
from gateway.limits.types import Ceiling, Charge, Demand, Granted, Refused
from gateway.limits.windows import bounds
from gateway.policies import Call, Outcome
from gateway.providers.fake.provider import FakeProvider
from gateway.types import Inbound, Operation, Origin, Plan, Target, Usage
from gateway.wire.openai import RequestHead

NOW = 1_800_000_000.0
FAKE = {"fake": FakeProvider("fake", None)}


def ceiling(limit: int, metric: str = "tokens", **more) -> Ceiling:
    return Ceiling(id="c", name="c", metric=metric, limit=limit, window="minute", per="all", **more)


def charge(limit: int, least: int, most: int, subject: str = "", start: int = 0, ends: int = 2_000_000_000) -> Charge:
    return Charge(("c", start, subject), ceiling(limit), Demand(least, most), ends)


class Interleavings(RuleBasedStateMachine):
    """Any order of reservations and settlements, by several subjects, across windows."""

    LIMIT = 100

    def __init__(self) -> None:
        super().__init__()
        self.ledger = LocalLedger()
        self.now, self.number = NOW, 0
        self.open: list[Granted] = []
        self.settled: dict[tuple, int] = {}

    @rule(subject=st.sampled_from("ab"), least=st.integers(0, 120), more=st.integers(0, 60))
    def reserve(self, subject: str, least: int, more: int) -> None:
        self.number += 1
        start, end = bounds("minute", int(self.now))
        asked = charge(self.LIMIT, least, least + more, subject, start, end)
        known = self.ledger._counts.get(asked.counter)
        left = self.LIMIT - (known.used + known.reserved if known else 0)
        found = self.ledger.take(str(self.number), [asked], self.now)
        assert isinstance(found, Refused) == (left < least)
        if isinstance(found, Granted):
            assert least <= found.amounts[0] <= least + more
            self.open.append(found)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def settle(self, data) -> None:
        granted = data.draw(st.sampled_from(self.open))
        used = data.draw(st.integers(0, granted.amounts[0]))
        self.open.remove(granted)
        counted = self.ledger.give_back(granted, {"tokens": used})
        for _ in counted:
            counter = granted.charges[0].counter
            self.settled[counter] = self.settled.get(counter, 0) + used
        assert self.ledger.give_back(granted, {"tokens": used}) == []

    @rule(seconds=st.integers(1, 90))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def nothing_is_over_and_nothing_is_lost(self) -> None:
        for counter, count in self.ledger._counts.items():
            under_way = sum(each.amounts[0] for each in self.open if each.charges[0].counter == counter)
            assert count.reserved == under_way
            assert count.used == self.settled.get(counter, 0)
            assert count.used + count.reserved <= self.LIMIT


TestNoInterleavingOverruns = Interleavings.TestCase


def test_a_request_takes_all_its_charges_or_none():
    ledger = LocalLedger()
    wide, narrow = charge(100, 10, 10, "wide"), charge(5, 10, 10, "narrow")
    refused = ledger.take("1", [wide, narrow], NOW)
    assert isinstance(refused, Refused)
    assert refused.charge is narrow
    assert isinstance(ledger.take("2", [charge(100, 100, 100, "wide")], NOW), Granted)


def test_invented_subjects_share_a_counter_once_there_are_too_many(monkeypatch):
    monkeypatch.setattr("gateway.limits.ledger.MOST_COUNTERS", 3)
    ledger = LocalLedger()
    granted = [ledger.take(str(number), [charge(10, 1, 1, str(number))], NOW) for number in range(12)]
    assert len(ledger._counts) == 4
    assert sum(isinstance(each, Granted) for each in granted) == 12
    assert isinstance(ledger.take("13", [charge(10, 2, 2, "13")], NOW), Refused)
    for each in granted:
        ledger.give_back(each, {"tokens": 0})
    assert all(count.reserved == 0 for count in ledger._counts.values())


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ("second", "2026-11-25T13:14:15", "2026-11-25T13:14:16"),
        ("minute", "2026-11-25T13:14:00", "2026-11-25T13:15:00"),
        ("hour", "2026-11-25T13:00:00", "2026-11-25T14:00:00"),
        ("day", "2026-11-25T00:00:00", "2026-11-26T00:00:00"),
        ("week", "2026-11-23T00:00:00", "2026-11-30T00:00:00"),
        ("month", "2026-11-01T00:00:00", "2026-12-01T00:00:00"),
    ],
)
def test_windows_follow_the_calendar_in_utc(window, start, end):
    now = datetime(2026, 11, 25, 13, 14, 15, tzinfo=UTC)
    found = bounds(window, int(now.timestamp()))
    assert [datetime.fromtimestamp(each, UTC).isoformat()[:19] for each in found] == [start, end]


@given(st.integers(0, 4_000_000_000), st.sampled_from(["second", "minute", "hour", "day", "week", "month"]))
def test_a_moment_is_in_its_window_and_windows_touch(now, window):
    start, end = bounds(window, now)
    assert start <= now < end
    assert bounds(window, end)[0] == end
    assert bounds(window, start) == (start, end)


# ---- through the policy


class Told:
    def __init__(self) -> None:
        self.events: list = []

    async def tell(self, event) -> None:
        self.events.append((event.action, event.ceiling.name, event.subject))


@pytest.fixture
async def service(metadata) -> LimitService:
    return LimitService(metadata, KeyIndex(), Told())


NOBODY = Caller()


def call(body: bytes = b'{"messages": "hi"}', caller: Caller = NOBODY, route: str = "", origin: Origin | None = None, **head) -> Call:
    inbound = Inbound(operation=Operation.CHAT, body=body, headers=(), received_ns=0, started=0, origin=origin, address="10.0.0.1")
    plan = Plan(route, (Target("fake", "echo"),))
    return Call(inbound=inbound, head=RequestHead(model="fake/echo", **head), plan=plan, providers=FAKE, caller=caller)


async def admit(policy: LimitPolicy, request: Call) -> None:
    if (waiting := policy.admit(request)) is not None:
        await waiting


def done(request: Call, given: int = 10, said: int = 10) -> Outcome:
    request.target = Target("fake", "echo")
    return Outcome(status=200, usage=Usage(input_tokens=given, output_tokens=said))


def limited(*limits: LimitSettings, routes: tuple = ()) -> Settings:
    return Settings(limits=limits, routes=routes)


async def test_requests_beyond_a_ceiling_are_refused_until_the_next_window(service):
    policy = service.policy(limited(LimitSettings(requests=2, window="month")))
    for _ in range(2):
        request = call()
        await admit(policy, request)
        policy.settle(request, done(request))
    third = call()
    with pytest.raises(LimitReached, match=r"'requests-per-month' of 2 requests a month is reached") as caught:
        await admit(policy, third)
    told = dict(third.headers)
    assert (caught.value.status, told[b"x-ratelimit-remaining-requests"]) == (429, b"0")
    assert int(told[b"retry-after"]) > 0


async def test_parallel_requests_cannot_spend_the_same_money(service):
    """1,000 answers of at most 1,000 tokens, where money is there for five of them."""
    per_answer = 1000 * 1.5 / 1e6 + 6 * 0.5 / 1e6  # 18 bytes of request are six tokens
    policy = service.policy(limited(LimitSettings(cost=per_answer * 5.5, window="month")))
    requests = [call(max_tokens=1000) for _ in range(1000)]
    admitted = []
    for request in requests:
        try:
            await admit(policy, request)
        except BudgetSpent:
            continue
        admitted.append(request)
    assert len(admitted) == 5
    for request in admitted:
        policy.settle(request, done(request, 6, 1000))
    (standing,) = await service.standings()
    assert standing.used == pytest.approx(per_answer * 5)
    assert standing.reserved == 0


async def test_what_was_reserved_and_not_used_is_free_again(service):
    policy = service.policy(limited(LimitSettings(tokens=1000, window="month")))
    first = call(max_tokens=900)
    await admit(policy, first)
    with pytest.raises(LimitReached, match="reserved by requests under way") as caught:
        await admit(policy, second := call(max_tokens=900))
    assert dict(second.headers)[b"retry-after"] == b"1"
    assert caught.value.kind == "rate_limit_error"
    policy.settle(first, done(first, 5, 5))
    await admit(policy, call(max_tokens=900))


async def test_an_answer_without_a_bound_gets_what_is_left(service):
    policy = service.policy(limited(LimitSettings(tokens=100, window="month")))
    await admit(policy, call())
    with pytest.raises(LimitReached):
        await admit(policy, call())


async def test_a_request_that_can_never_fit_is_told_so(service):
    policy = service.policy(limited(LimitSettings(tokens=100, window="month")))
    request = call(max_tokens=5000)
    with pytest.raises(LimitReached, match="Lower max_tokens"):
        await admit(policy, request)
    assert dict(request.headers)[b"x-should-retry"] == b"false"


async def test_a_request_that_failed_costs_nothing_and_counts_as_a_request(service):
    policy = service.policy(limited(LimitSettings(requests=5, tokens=1000, cost=1.0, window="month")))
    request = call(max_tokens=100)
    await admit(policy, request)
    request.target = Target("fake", "echo")
    policy.settle(request, Outcome(status=502, error="upstream_broken"))
    assert {each.metric: (each.used, each.reserved) for each in await service.standings()} == {
        "requests": (1, 0),
        "tokens": (0, 0),
        "cost": (0, 0),
    }


async def test_what_was_thrown_away_is_paid_for_beside_the_answer(service):
    policy = service.policy(limited(LimitSettings(tokens=1000, window="month")))
    request = call(body=b"x" * 300, max_tokens=100)
    await admit(policy, request)
    request.target = Target("fake", "echo")
    thrown_away = [(Target("fake", "other"), Usage(input_tokens=7, estimated=True))]
    policy.settle(request, Outcome(status=200, usage=Usage(input_tokens=10, output_tokens=3), thrown_away=thrown_away))
    (standing,) = await service.standings()
    assert (standing.used, standing.reserved) == (20, 0)


async def test_each_subject_has_a_counter_of_its_own(service):
    policy = service.policy(limited(LimitSettings(per="user", requests=1, window="month")))
    for user in ("ada", "bo", ""):
        await admit(policy, call(caller=Caller(user=user)))
    for user in ("ada", ""):
        with pytest.raises(LimitReached):
            await admit(policy, call(caller=Caller(user=user)))
    assert [each.subject for each in await service.standings()] == ["", "ada", "bo"]


async def test_a_request_that_nobody_can_count_is_told_when_to_try_again():
    class Away(Ledger):
        async def reserve(self, *_: object) -> NoReturn:
            raise LimitsUnavailable

    ceilings = of_settings(limited(LimitSettings(requests=1, window="month")))
    policy = LimitPolicy(ceilings, Away(), "one", lambda *_: None, lambda _: None)
    with pytest.raises(LimitsUnavailable):
        await admit(policy, request := call())
    assert request.headers == [(b"retry-after", b"1")]


async def test_limits_of_a_route_a_team_an_address_and_of_judges_count_their_own(service):
    settings = limited(
        LimitSettings(name="team", per="team", only=("search",), requests=1, window="month"),
        LimitSettings(name="judging", traffic="judges", requests=1, window="month"),
        LimitSettings(name="address", per="address", requests=3, window="month"),
        routes=(
            RouteSettings(name="chat", targets=(TargetSettings(model="fake/echo"),), limits=(LimitSettings(requests=1, window="month"),)),
        ),
    )
    policy = service.policy(settings)
    judge = Origin(judge_name="helpful")
    await admit(policy, call(caller=Caller(team="search")))
    with pytest.raises(LimitReached, match="for the team 'search'"):
        await admit(policy, call(caller=Caller(team="search")))
    await admit(policy, call(caller=Caller(team="other"), route="chat"))
    with pytest.raises(LimitReached, match="'requests-per-month'"):
        await admit(policy, call(route="chat"))
    await admit(policy, call())
    with pytest.raises(LimitReached, match=r"for the address '10\.0\.0\.1'"):
        await admit(policy, call())
    await admit(policy, call(origin=judge))
    with pytest.raises(LimitReached, match="'judging'"):
        await admit(policy, call(origin=judge))


async def test_a_key_brings_its_own_limits_along(service):
    key = VirtualKey(id="k", name="ci", prefix="tg-", limits=(LimitSettings(requests=1, window="month"),), created_at=datetime.now(UTC))
    service._keys.replace({b"d": key})
    policy = service.policy(Settings())
    await admit(policy, call(caller=Caller(key)))
    with pytest.raises(LimitReached):
        await admit(policy, call(caller=Caller(key)))
    await admit(policy, call())


async def test_a_budget_is_told_of_once_at_eighty_percent_and_once_when_it_is_spent(service):
    cost = 20 * 1.5 / 1e6
    policy = service.policy(limited(LimitSettings(name="b", cost=cost * 5, window="month")))
    for _ in range(7):
        request = call(body=b"", max_tokens=20)
        try:
            await admit(policy, request)
        except BudgetSpent:
            continue
        policy.settle(request, done(request, 0, 20))
    await service.close()
    assert service._events.events == [("warned", "b", ""), ("exceeded", "b", "")]


async def test_pictures_count_as_pictures_not_as_their_bytes(service):
    policy = service.policy(limited(LimitSettings(tokens=5000, window="month")))
    await admit(policy, call(body=b'{"url": "data:image/png;base64,' + b"A" * 1_000_000 + b'"}', max_tokens=10))


def test_two_limits_never_share_a_counter():
    same = LimitSettings(requests=1, window="hour")
    assert len({each.id for each in of_settings(limited(same, same, LimitSettings(requests=1, tokens=1, window="hour")))}) == 4


async def test_nothing_is_asked_where_nothing_is_limited(service):
    assert service.policy(Settings()) is None


# ---- through a restart


async def test_budgets_go_on_where_they_stopped_and_short_windows_are_not_written(metadata_any):
    settings = limited(LimitSettings(cost=1.0, window="month"), LimitSettings(requests=10, window="minute"))

    async def spend(service: LimitService) -> None:
        policy = service.policy(settings)
        request = call(max_tokens=1000)
        await admit(policy, request)
        policy.settle(request, done(request, 0, 1000))

    first = LimitService(metadata_any, KeyIndex(), Told())
    await spend(first)
    await first.close()
    second = LimitService(metadata_any, KeyIndex(), Told())
    await second.load()
    await spend(second)
    await second.close()
    third = LimitService(metadata_any, KeyIndex(), Told())
    await third.load()
    third.policy(settings)
    assert {each.metric: each.used for each in await third.standings()} == {"cost": pytest.approx(0.003), "requests": 0}


async def test_what_a_crash_hid_is_found_in_the_traces_and_never_counted_twice(service):
    class History:
        async def used(self, per, traffic, route, key_id, since):
            return {"ada": {"requests": 7, "tokens": 70, "cost": 7}, "bo": {"requests": 2}}

    service.policy(limited(LimitSettings(per="user", requests=10, window="day")))
    request = call(caller=Caller(user="bo"))
    policy = service.policy(limited(LimitSettings(per="user", requests=10, window="day")))
    for _ in range(3):
        await admit(policy, request)
        policy.settle(request, done(request))
    await service.rebuild(History())
    await service.rebuild(History())
    assert {each.subject: each.used for each in await service.standings()} == {"ada": 7, "bo": 3}


# ---- Redis


@pytest.fixture
async def redis_ledgers(redis_url: Secret) -> AsyncIterator[list[RedisLedger]]:
    """Two gateways on one empty Redis."""
    ledgers = [RedisLedger(redis_url, LocalLedger()) for _ in range(2)]
    await ledgers[0]._redis.flushdb()
    yield ledgers
    for ledger in ledgers:
        await ledger.close()


async def test_two_gateways_count_together_and_never_go_over(redis_ledgers):
    now = time.time()
    asked = charge(100, 7, 20, "s", int(now), int(now) + 600)
    peak = 0

    async def one(number: int) -> int:
        nonlocal peak
        ledger = redis_ledgers[number % 2]
        granted = await ledger.reserve(f"r{number}", [asked], now)
        if isinstance(granted, Refused):
            return 0
        (count,) = (await ledger.counts(now)).values()
        peak = max(peak, count.used + count.reserved)
        used = granted.amounts[0] - number % 5
        await ledger.settle(granted, {"tokens": used}, now)
        assert await ledger.settle(granted, {"tokens": used}, now) == []
        return used

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number)) for number in range(60)]
    (count,) = (await redis_ledgers[1].counts(now)).values()
    assert (count.used, count.reserved) == (sum(task.result() for task in tasks), 0)
    assert 0 < count.used <= 100
    assert peak <= 100


async def test_a_refusal_takes_nothing_and_says_which_charge(redis_ledgers):
    now = time.time()
    wide, narrow = (charge(limit, 10, 10, subject, 0, int(now) + 600) for limit, subject in ((100, "wide"), (5, "narrow:é")))
    refused = await redis_ledgers[0].reserve("1", [wide, narrow], now)
    assert isinstance(refused, Refused)
    assert refused.charge is narrow
    assert await redis_ledgers[0].counts(now) == {}


async def test_what_a_dead_gateway_had_reserved_is_given_back(redis_ledgers):
    now = time.time()
    asked = charge(100, 80, 80, "s", 0, int(now) + 90_000)
    assert isinstance(await redis_ledgers[0].reserve("dead", [asked], now), Granted)
    assert isinstance(await redis_ledgers[1].reserve("a", [asked], now + 60), Refused)
    assert isinstance(await redis_ledgers[1].reserve("b", [asked], now + 4000), Granted)


async def test_without_redis_each_gateway_counts_for_itself(caplog):
    ledger = RedisLedger(Secret("redis://127.0.0.1:1/0"), LocalLedger())
    now = time.time()
    asked = charge(100, 60, 60, "s", 0, int(now) + 600)
    granted = await ledger.reserve("1", [asked], now)
    assert isinstance(granted, Granted)
    assert isinstance(await ledger.reserve("2", [asked], now), Refused)
    assert [tally.after for tally in await ledger.settle(granted, {"tokens": 10}, now)] == [10]
    assert caplog.text.count("Redis is away") == 1
    await ledger.close()


async def test_no_limit_begins_anew_because_redis_lost_its_memory(redis_ledgers):
    now = time.time()
    asked = charge(100, 30, 30, "s", 0, int(now) + 600)
    first, second = redis_ledgers
    for number in range(2):
        granted = await first.reserve(f"before {number}", [asked], now)
        assert isinstance(granted, Granted)
        await first.settle(granted, {"tokens": 30}, now)
    under_way = await second.reserve("under way", [asked], now)
    assert isinstance(under_way, Granted)
    await first._redis.flushdb()
    await second.settle(under_way, {"tokens": 20}, now)
    again = await first.reserve("again", [asked], now)
    assert isinstance(again, Granted)
    await first.settle(again, {"tokens": 5}, now)
    assert isinstance(await second.reserve("last", [asked], now), Refused)
    assert [count.used for count in (await first.counts(now)).values()] == [85]


async def test_what_is_counted_while_redis_is_away_goes_on_from_before_and_is_told_when_it_is_back(redis_ledgers):
    now, clock = time.time(), [0.0]
    asked = charge(100, 20, 20, "s", 0, int(now) + 600)
    first, second = redis_ledgers
    first._clock = lambda: clock[0]

    async def spend(ledger: RedisLedger, name: str, used: int = 20) -> bool:
        granted = await ledger.reserve(name, [asked], now)
        if isinstance(granted, Granted):
            await ledger.settle(granted, {"tokens": used}, now)
        return isinstance(granted, Granted)

    assert await spend(first, "1") and await spend(first, "2")
    first._away(RedisError("gone"))
    assert await spend(first, "3") and await spend(first, "4") and await spend(first, "5", 15)
    assert not await spend(first, "6")
    await first._redis.flushdb()
    clock[0] = 60.0
    assert not await spend(first, "7")
    assert not await spend(second, "8")
    assert [count.used for count in (await second.counts(now)).values()] == [95]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 60), st.integers(0, 100)), max_size=12))
def test_redis_and_this_process_decide_alike(redis_url, steps):
    async def both() -> None:
        redis, local = RedisLedger(redis_url, LocalLedger()), LocalLedger()
        await redis._redis.flushdb()
        now = time.time()
        for number, (least, more, share) in enumerate(steps):
            asked = [charge(200, least, least + more, "s", 0, int(now) + 600)]
            shared, own = await redis.reserve(str(number), asked, now), local.take(str(number), asked, now)
            assert shared == own
            if isinstance(own, Granted) and share < 70:
                used = {"tokens": own.amounts[0] * share // 100}
                assert await redis.settle(shared, used, now) == local.give_back(own, used)
        await redis.close()

    asyncio.run(both())
