"""Every trace that a judge should see is seen, once: with several judges, with caps on a page, after a crash, and for a judge that comes late.

The figures are those of a simulation in which a well-known online scorer, whose checkpoint is shared and whose batches are capped, scored
93 of 295 sampled traces.
"""

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from evals.executor import Executor
from evals.ledger import Ledger
from evals.missing import LAG, Watch, Window
from evals.runner import Runner
from evals.sampling import admits
from evals.types import Judge
from tests.evals.making import Caller, Clock, Shelf, Traces, make_judge
from tracing.errors import BadCursor

CHAT, RARE = "tag = 'chat'", "tag = 'rare'"
OFTEN = make_judge(name="often", filter=CHAT, sample=0.2, concurrency=32)
SELDOM = make_judge(name="seldom", filter=RARE, concurrency=32)
MINUTES = 20
CHATS = [f"{number:032x}" for number in range(1500)]
RARES = [f"{number:032x}" for number in range(5000, 5030)]

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.missing.PAGE", 20)


class Day:
    """Twenty minutes of traffic, and judges that look once a minute."""

    def __init__(self, traces: Traces, ledger: Ledger, executor: Executor, shelf: Shelf, clock: Clock) -> None:
        self.traces, self.ledger, self.executor, self.shelf, self.clock = traces, ledger, executor, shelf, clock

    def watch(self, judge: Judge) -> Watch:
        return Watch(judge, self.traces, self.ledger, Window(), self.clock.monotonic)

    async def judge(self, judge: Judge) -> None:
        await Runner(judge, self.ledger, self.executor, self.shelf).drain()

    async def minutes(self) -> AsyncIterator[int]:
        for minute in range(MINUTES):
            for trace_id in CHATS[minute::MINUTES]:
                self.traces.seal(trace_id, filters=frozenset({CHAT}))
            for trace_id in RARES[minute::MINUTES]:
                self.traces.seal(trace_id, filters=frozenset({RARE}))
            yield minute
            self.clock.pass_(60)

    def scored_by(self, judge: Judge) -> Counter[str]:
        return Counter(put.trace_id for put in self.shelf.puts if put.judge_name == judge.name)


@pytest.fixture
def day(traces: Traces, ledger: Ledger, executor: Executor, shelf: Shelf, clock: Clock) -> Day:
    return Day(traces, ledger, executor, shelf, clock)


def sampled(judge: Judge, trace_ids: list[str]) -> Counter[str]:
    return Counter(trace_id for trace_id in trace_ids if admits(judge, trace_id))


async def test_two_filtered_judges_skip_nothing_and_repeat_nothing(day: Day):
    watches = {judge.name: (judge, day.watch(judge)) for judge in (OFTEN, SELDOM)}
    async for _ in day.minutes():
        for judge, watch in watches.values():
            await watch.look()
            await day.judge(judge)
    assert 250 < len(sampled(OFTEN, CHATS)) < 350
    assert day.scored_by(OFTEN) == sampled(OFTEN, CHATS)
    assert day.scored_by(SELDOM) == Counter(RARES)
    stats = await day.ledger.stats(OFTEN)
    assert stats.scored + stats.sampled_out == 1500, "each trace that matched has a line, in the sample or not"


async def test_a_crash_before_the_position_was_kept_repeats_nothing(day: Day):
    async for _ in day.minutes():
        await day.watch(SELDOM).look()  # a new process each minute, which remembers nothing
        await day.judge(SELDOM)
    assert await day.ledger.position(SELDOM) is None
    assert day.scored_by(SELDOM) == Counter(RARES)


async def test_a_crash_after_the_lines_were_written_and_before_any_was_judged_skips_nothing(day: Day):
    async for _ in day.minutes():
        await day.watch(SELDOM).look()
    await day.judge(SELDOM)
    assert day.scored_by(SELDOM) == Counter(RARES)


async def test_a_judge_that_comes_late_sees_what_was_there_before(day: Day):
    async for minute in day.minutes():
        if minute == MINUTES - 1:
            await day.watch(OFTEN).look()
            await day.judge(OFTEN)
    assert day.scored_by(OFTEN) == sampled(OFTEN, CHATS)


async def test_a_judge_that_was_away_for_hours_goes_on_where_it_was(day: Day):
    watch = day.watch(SELDOM)
    async for minute in day.minutes():
        if minute < 5:
            await watch.look()
            await day.judge(SELDOM)
    assert await day.ledger.position(SELDOM) is not None
    day.clock.pass_(36 * 3600)
    await day.watch(SELDOM).look()
    await day.judge(SELDOM)
    assert day.scored_by(SELDOM) == Counter(RARES)


async def test_a_trace_that_became_visible_late_is_still_met(day: Day):
    watch = day.watch(SELDOM)
    for position in (10, 20, 30):
        day.traces.seal(RARES[position // 10], filters=frozenset({RARE}), position=position)
        await watch.look()
        day.clock.pass_(LAG / 2)
    day.traces.seal(RARES[0], filters=frozenset({RARE}), position=15)
    for _ in range(6):
        await watch.look()
        day.clock.pass_(LAG / 2)
    await day.judge(SELDOM)
    assert day.scored_by(SELDOM) == Counter(RARES[:4])


async def test_a_watch_at_rest_writes_its_position_down_once(day: Day, monkeypatch: pytest.MonkeyPatch):
    kept: list[str] = []
    keep = day.ledger.keep_position

    async def noted(judge: Judge, position: str) -> None:
        kept.append(position)
        await keep(judge, position)

    monkeypatch.setattr(day.ledger, "keep_position", noted)
    watch = day.watch(SELDOM)
    for number in (0, 1):
        day.traces.seal(RARES[number], filters=frozenset({RARE}))
        for _ in range(10):
            await watch.look()
            day.clock.pass_(LAG)
        assert len(kept) == number + 1
    assert await day.ledger.position(SELDOM) == kept[-1]


async def test_the_remembered_position_never_passes_a_trace_without_a_line(day: Day):
    watch = day.watch(SELDOM)
    async for _ in day.minutes():
        await watch.look()
        position = await day.ledger.position(SELDOM)
        passed = [each for each in await day.traces.sealed(None, RARE, None, None, 10_000) if position and each.cursor <= position]
        assert len(await day.ledger.lines(SELDOM, [each.trace_id for each in passed])) == len(passed)


async def test_a_position_that_cannot_be_read_begins_again_instead_of_standing_still(day: Day, monkeypatch: pytest.MonkeyPatch):
    await day.ledger.keep_position(SELDOM, "from an earlier release")
    day.traces.seal(RARES[0], filters=frozenset({RARE}))
    sealed = day.traces.sealed

    async def strict(after, filter, since_ns, until_ns, limit):
        if after == "from an earlier release":
            raise BadCursor("not one of ours")
        return await sealed(after, filter, since_ns, until_ns, limit)

    monkeypatch.setattr(day.traces, "sealed", strict)
    await day.watch(SELDOM).look()
    await day.judge(SELDOM)
    assert day.scored_by(SELDOM) == Counter(RARES[:1])


async def test_no_question_is_asked_for_what_is_not_in_the_sample(day: Day, caller: Caller):
    async for _ in day.minutes():
        pass
    await day.watch(OFTEN).look()
    await day.judge(OFTEN)
    assert len(caller.calls) == len(sampled(OFTEN, CHATS))
