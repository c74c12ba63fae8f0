"""A runner judges a bounded number at once, and dies at any moment without a skip or a double."""

import asyncio
from collections.abc import Callable

import pytest
from typing_extensions import override

from evals.errors import JudgeUnavailable
from evals.executor import Executor
from evals.ledger import LEASE, Ledger
from evals.runner import Runner
from evals.types import Claim, Judge, Judgement, JudgementState, Outcome
from storage.errors import MetadataUnavailable
from storage.metadata import Metadata
from tests.evals.making import YES, Caller, Clock, Sealed, Shelf, Traces, make_judge

JUDGE = make_judge(concurrency=4)


def trace_id(number: int) -> str:
    return f"{number:032x}"


async def seal(traces: Traces, ledger: Ledger, count: int, judge: Judge = JUDGE) -> None:
    for number in range(count):
        traces.seal(trace_id(number))
    await ledger.admit(judge, [Sealed(trace_id(number), "r1", "") for number in range(count)])


async def lines(ledger: Ledger, count: int, judge: Judge = JUDGE) -> list[Judgement]:
    return await ledger.lines(judge, [trace_id(number) for number in range(count)])


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not met():
            await asyncio.sleep(0.005)


@pytest.fixture
def runner(ledger: Ledger, executor: Executor, shelf: Shelf) -> Runner:
    return Runner(JUDGE, ledger, executor, shelf)


async def test_everything_due_is_judged_once_with_no_more_questions_open_than_allowed(
    runner: Runner, ledger: Ledger, traces: Traces, caller: Caller, shelf: Shelf
):
    caller.pause = 0.005
    await seal(traces, ledger, 40)
    await runner.drain()
    assert caller.most_open == 4
    assert len(caller.calls) == len(shelf.puts) == len(shelf.by_id) == 40
    assert {line.state for line in await lines(ledger, 40)} == {JudgementState.SCORED}


async def test_one_that_hangs_does_not_hold_up_the_others(runner: Runner, ledger: Ledger, traces: Traces, caller: Caller, shelf: Shelf):
    await seal(traces, ledger, 20)
    gate = asyncio.Event()
    ask = caller.ask

    async def hang_on_the_first(call):
        if call.judged_trace_id == trace_id(0):
            await gate.wait()
        return await ask(call)

    caller.ask = hang_on_the_first
    work = asyncio.create_task(runner.drain())
    await until(lambda: len(shelf.by_id) == 19)
    gate.set()
    await work
    assert len(shelf.by_id) == 20


async def test_a_stopped_runner_gives_back_what_it_held(runner: Runner, ledger: Ledger, traces: Traces, caller: Caller, shelf: Shelf):
    await seal(traces, ledger, 3)
    caller.pause = 60
    work = asyncio.create_task(runner.run())
    await until(lambda: caller.open == 3)
    work.cancel()
    await asyncio.wait([work])
    assert work.cancelled()
    assert {(line.state.value, line.attempts) for line in await lines(ledger, 3)} == {("retry", 0)}
    caller.pause = 0
    await runner.drain()
    assert len(shelf.puts) == 3


class Forgetful(Ledger):
    """A ledger whose process dies between the assessment and the line that says *scored*."""

    died = False

    @override
    async def settle(self, claim: Claim, outcome: Outcome) -> bool:
        if not self.died:
            self.died = True
            raise MetadataUnavailable("the process died here")
        return await super().settle(claim, outcome)

    @override
    async def release(self, worker: str) -> None:
        """The dead give nothing back."""


async def test_a_crash_between_verdict_and_ledger_repeats_the_question_but_not_the_assessment(
    metadata: Metadata, executor: Executor, traces: Traces, shelf: Shelf, clock: Clock, ledger: Ledger
):
    forgetful = Forgetful(ledger._store, clock=clock)
    runner = Runner(JUDGE, forgetful, executor, shelf)
    await seal(traces, ledger, 1)
    await runner.drain()
    assert len(shelf.puts) == 1
    assert (await lines(ledger, 1))[0].state is JudgementState.CLAIMED
    clock.pass_(LEASE.total_seconds())
    await runner.drain()
    assert (len(shelf.puts), len(shelf.by_id)) == (2, 1)
    assert (await lines(ledger, 1))[0].state is JudgementState.SCORED


async def test_a_verdict_waits_for_a_full_journal_and_is_not_paid_for_twice(
    runner: Runner, ledger: Ledger, traces: Traces, caller: Caller, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("evals.runner.FULL_JOURNAL_PAUSE", 0.01)
    shelf.full = True
    await seal(traces, ledger, 10)
    work = asyncio.create_task(runner.drain())
    await until(lambda: len(caller.calls) == 4)
    await asyncio.sleep(0.05)
    assert len(caller.calls) == 4, "no more is spent while nothing can be kept"
    assert {line.state.value for line in await lines(ledger, 10)} == {"claimed", "queued"}
    shelf.full = False
    await work
    assert len(caller.calls) == len(shelf.by_id) == 10


async def test_a_verdict_on_a_revision_that_was_overtaken_is_dropped(
    runner: Runner, ledger: Ledger, traces: Traces, caller: Caller, shelf: Shelf, clock: Clock
):
    await seal(traces, ledger, 1)
    caller.pause = 0.2
    work = asyncio.create_task(runner.drain())
    await until(lambda: caller.open == 1)
    clock.pass_(1)
    await ledger.admit(JUDGE, [Sealed(trace_id(0), "r2", "")])
    await work
    assert [put.trace_revision for put in shelf.puts] == ["r2"]
    assert {line.trace_revision: line.state.value for line in await lines(ledger, 1)} == {"r1": "superseded", "r2": "scored"}


async def test_faults_are_retried_until_their_attempts_are_spent_and_only_then_final(
    runner: Runner, ledger: Ledger, traces: Traces, caller: Caller, shelf: Shelf, clock: Clock
):
    await seal(traces, ledger, 1)
    caller.script = [JudgeUnavailable("answered 500"), JudgeUnavailable("answered 429", retry_after=5.0), YES]
    for waited in (0, 1, 7):
        clock.pass_(waited)
        assert shelf.puts == []
        await runner.drain()
    (line,) = await lines(ledger, 1)
    assert (line.state, line.attempts, shelf.puts[0].value) == (JudgementState.SCORED, 3, True)


async def test_an_upstream_that_never_comes_back_leaves_failures_that_say_so(
    runner: Runner, ledger: Ledger, traces: Traces, caller: Caller, shelf: Shelf, clock: Clock
):
    await seal(traces, ledger, 5)
    caller.script = [JudgeUnavailable("answered 503")]
    for _ in range(5):
        await runner.drain()
        clock.pass_(100)
    assert len(caller.calls) == 15, "three attempts each, and no more"
    assert {line.state for line in await lines(ledger, 5)} == {JudgementState.FAILED}
    assert {(put.value, put.error_code) for put in shelf.by_id.values()} == {(None, "JUDGE_UNAVAILABLE")}
