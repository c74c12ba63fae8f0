"""One line a judgement: claimed by one worker, settled once, taken up again when its worker dies. On SQLite and PostgreSQL alike."""

import asyncio
import threading
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from evals.ledger import LEASE, Ledger
from evals.types import Candidate, Claim, JudgementState, Outcome
from storage.metadata import Metadata
from tests.evals.making import Clock, Sealed, make_judge

JUDGE = make_judge()
SCORED = Outcome(state=JudgementState.SCORED, cost=Decimal("0.000000000001"), judge_trace_id="f" * 32)
RETRY = Outcome(state=JudgementState.RETRY, reason="busy", cost=Decimal("0.5"))


def sealed(*numbers: int, revision: str = "r1") -> list[Candidate]:
    return [Sealed(f"{number:032x}", revision, "") for number in numbers]


async def states(ledger: Ledger, *numbers: int) -> list[str]:
    lines = await ledger.lines(JUDGE, [f"{number:032x}" for number in numbers])
    return [line.state.value for line in sorted(lines, key=lambda line: (line.trace_id, line.created_at))]


async def claim_one(ledger: Ledger, worker: str = "w1") -> Claim:
    (claim,) = await ledger.claim(JUDGE, worker, 1)
    return claim


async def test_admitting_twice_leaves_one_line(any_ledger: Ledger):
    assert len((await any_ledger.admit(JUDGE, sealed(1, 2))).queued) == 2
    again = await any_ledger.admit(JUDGE, sealed(1, 2, 3))
    assert [key.trace_id for key in again.queued] == [f"{3:032x}"]
    assert await states(any_ledger, 1, 2, 3) == ["queued"] * 3


async def test_workers_that_claim_at_once_share_the_lines_without_an_overlap(any_ledger: Ledger):
    await any_ledger.admit(JUDGE, sealed(*range(100)))
    claims: list[Claim] = []

    async def worker(name: str) -> None:
        while mine := await any_ledger.claim(JUDGE, name, 3):
            claims.extend(mine)

    async with asyncio.TaskGroup() as workers:
        for number in range(8):
            workers.create_task(worker(f"w{number}"))
    while rest := await any_ledger.claim(JUDGE, "last", 10):  # SKIP LOCKED may leave a worker with nothing for a moment
        claims.extend(rest)
    assert len(claims) == 100
    assert len({claim.key.trace_id for claim in claims}) == 100


async def test_who_looks_for_work_where_there_is_none_waits_for_nobody_who_writes(ledger: Ledger, metadata: Metadata):
    await ledger.admit(JUDGE, sealed(1))
    await claim_one(ledger)
    held, done = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def write(connection: Connection) -> None:
        connection.execute(text("UPDATE judgements SET reason = 'held'"))
        loop.call_soon_threadsafe(held.set)
        done.wait(10)

    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(metadata.run(write))
        await held.wait()
        assert await ledger.claim(JUDGE, "w2", 1) == []
        assert not writing.done()
        done.set()


async def test_a_line_is_nobody_elses_until_its_lease_runs_out(any_ledger: Ledger, clock: Clock):
    await any_ledger.admit(JUDGE, sealed(1))
    first = await claim_one(any_ledger, "dies")
    clock.pass_(LEASE.total_seconds() - 1)
    assert await any_ledger.claim(JUDGE, "other", 1) == []
    clock.pass_(1)
    second = await claim_one(any_ledger, "other")
    assert second.attempts == 2
    assert not await any_ledger.holds(first)
    assert not await any_ledger.settle(first, SCORED), "who lost the lease cannot write"
    assert await any_ledger.settle(second, SCORED)
    assert await states(any_ledger, 1) == ["scored"]


async def test_a_worker_that_renews_keeps_its_claim(any_ledger: Ledger, clock: Clock):
    await any_ledger.admit(JUDGE, sealed(1))
    claim = await claim_one(any_ledger)
    for _ in range(4):
        clock.pass_(LEASE.total_seconds() - 1)
        await any_ledger.renew("w1")
    assert await any_ledger.claim(JUDGE, "other", 1) == []
    assert await any_ledger.holds(claim)


async def test_what_a_stopping_worker_holds_is_free_at_once_and_cost_no_attempt(any_ledger: Ledger):
    await any_ledger.admit(JUDGE, sealed(1, 2))
    await any_ledger.claim(JUDGE, "stops", 1)
    await any_ledger.release("stops")
    assert sorted(claim.attempts for claim in await any_ledger.claim(JUDGE, "next", 5)) == [1, 1]


async def test_a_retry_is_not_due_before_its_time_and_its_cost_adds_up(any_ledger: Ledger, clock: Clock):
    await any_ledger.admit(JUDGE, sealed(1))
    assert await any_ledger.settle(await claim_one(any_ledger), RETRY)
    assert await any_ledger.claim(JUDGE, "w1", 1) == []
    clock.pass_(1)
    claim = await claim_one(any_ledger)
    assert claim.attempts == 2
    await any_ledger.settle(claim, SCORED)
    stats = await any_ledger.stats(JUDGE)
    assert (stats.scored, stats.cost) == (1, Decimal("0.500000000001")), "money is exact"


async def test_retry_after_is_a_floor(any_ledger: Ledger, clock: Clock):
    await any_ledger.admit(JUDGE, sealed(1))
    await any_ledger.settle(await claim_one(any_ledger), Outcome(state=JudgementState.RETRY, retry_after=120.0))
    clock.pass_(120)
    assert await any_ledger.claim(JUDGE, "w1", 1) == []
    clock.pass_(1)
    assert len(await any_ledger.claim(JUDGE, "w1", 1)) == 1


async def test_an_attempt_that_storage_spoilt_does_not_count(any_ledger: Ledger, clock: Clock):
    await any_ledger.admit(JUDGE, sealed(1))
    for _ in range(10):
        await any_ledger.settle(await claim_one(any_ledger), Outcome(state=JudgementState.RETRY, spent=False))
        clock.pass_(60)
    assert (await claim_one(any_ledger)).attempts == 1


async def test_late_spans_supersede_what_was_not_judged_yet_and_judge_the_new_revision(any_ledger: Ledger, clock: Clock):
    await any_ledger.admit(JUDGE, sealed(1))
    old = await claim_one(any_ledger)
    clock.pass_(1)
    admission = await any_ledger.admit(JUDGE, sealed(1, revision="r2"))
    assert len(admission.queued) == len(admission.superseded) == 1
    assert await states(any_ledger, 1) == ["superseded", "queued"]
    assert not await any_ledger.settle(old, SCORED), "a verdict on the old revision is not kept"
    assert (await claim_one(any_ledger)).key.trace_revision == "r2"


async def test_late_spans_after_the_verdict_are_judged_and_the_old_line_stays(any_ledger: Ledger, clock: Clock):
    await any_ledger.admit(JUDGE, sealed(1))
    await any_ledger.settle(await claim_one(any_ledger), SCORED)
    clock.pass_(1)
    await any_ledger.admit(JUDGE, sealed(1, revision="r2"))
    assert await states(any_ledger, 1) == ["scored", "queued"]


async def test_a_superseded_revision_that_is_the_current_one_after_all_is_opened_again(any_ledger: Ledger):
    await any_ledger.admit(JUDGE, sealed(1, revision="r2"))
    await any_ledger.admit(JUDGE, sealed(1, revision="r1"))  # a slower process, with an older answer of the database
    await any_ledger.admit(JUDGE, sealed(1, revision="r2"))
    lines = {line.trace_revision: line.state for line in await any_ledger.lines(JUDGE, [f"{1:032x}"])}
    assert lines == {"r1": JudgementState.SUPERSEDED, "r2": JudgementState.QUEUED}


async def test_a_trace_outside_the_sample_has_a_line_that_says_so_until_the_sample_grows(any_ledger: Ledger):
    small, large = make_judge(sample=0.2), make_judge(sample=1.0)
    await any_ledger.admit(small, sealed(*range(50)))
    stats = await any_ledger.stats(small)
    assert stats.waiting + stats.sampled_out == 50
    assert 0 < stats.waiting < 25
    left_out = [line for line in await any_ledger.lines(small, [f"{n:032x}" for n in range(50)]) if line.state == "sampled_out"]
    assert all("sample is 0.2" in line.reason for line in left_out)
    admission = await any_ledger.admit(large, sealed(*range(50)))
    assert len(admission.reopened) == stats.sampled_out
    assert (await any_ledger.stats(large)).waiting == 50


@pytest.mark.parametrize("asked_for", [True, False])
async def test_a_failure_is_tried_again_only_when_somebody_asks(any_ledger: Ledger, asked_for: bool):
    await any_ledger.admit(JUDGE, sealed(1))
    await any_ledger.settle(await claim_one(any_ledger), Outcome(state=JudgementState.FAILED, reason="JUDGE_UNAVAILABLE: 401"))
    admission = await any_ledger.admit(JUDGE, sealed(1), reopen_failed=asked_for)
    assert await states(any_ledger, 1) == (["queued"] if asked_for else ["failed"])
    assert len(admission.reopened) == asked_for


async def test_a_scored_line_is_never_opened_again(any_ledger: Ledger):
    await any_ledger.admit(JUDGE, sealed(1))
    await any_ledger.settle(await claim_one(any_ledger), SCORED)
    assert not (await any_ledger.admit(JUDGE, sealed(1), reopen_failed=True)).changes
    assert await any_ledger.claim(JUDGE, "w1", 1) == []


async def test_versions_have_lines_and_positions_of_their_own(any_ledger: Ledger, clock: Clock):
    other = make_judge(model="openai/gpt-4o")
    await any_ledger.admit(JUDGE, sealed(1))
    await any_ledger.admit(other, sealed(1))
    await any_ledger.keep_position(JUDGE, "p1")
    await any_ledger.keep_position(JUDGE, "p2")
    assert (await any_ledger.position(JUDGE), await any_ledger.position(other)) == ("p2", None)
    assert len(await any_ledger.history("helpful", f"{1:032x}")) == 2
    first = await any_ledger.keep_version(JUDGE)
    clock.pass_(100)
    assert await any_ledger.keep_version(JUDGE) == first, "a version is first seen once"


async def test_nothing_judged_is_nothing_known(any_ledger: Ledger):
    stats = await any_ledger.stats(JUDGE)
    assert (stats.scored, stats.cost, stats.mean) == (0, None, None)
