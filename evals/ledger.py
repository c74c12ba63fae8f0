"""The judgement ledger: which judge version has judged which trace revision, what came of it, and what is still missing.

Everything that judges (new traces, a run from cron, a backfill) goes the same way: candidates are *admitted*, which gives each a line;
lines that are due are *claimed* under a lease; a claim is *settled*. A process may die between any two of these steps: the line says
what is left to do. The decisions are in ``plan`` and in ``evals.backoff``, both pure; the SQL is in ``evals.store``.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from evals.backoff import delay
from evals.sampling import admits, draw
from evals.store import LedgerStore
from evals.types import Admission, Candidate, Claim, Judge, Judgement, JudgementState, JudgeStats, Key, Outcome

__all__ = ("LEASE", "Ledger", "plan")

LEASE = timedelta(seconds=15)
"""How long a claim lasts unless its worker renews it: the longest pause after a worker was killed."""

_WAITING = frozenset({JudgementState.QUEUED, JudgementState.CLAIMED, JudgementState.RETRY})
_random = secrets.SystemRandom()


class Ledger:
    """The ledger, with a clock. ``jitter`` draws from 0 to 1."""

    def __init__(
        self,
        store: LedgerStore,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = _random.random,
        lease: timedelta = LEASE,
    ) -> None:
        self._store = store
        self._clock = clock
        self._jitter = jitter
        self.lease = lease

    async def keep_version(self, judge: Judge) -> datetime:
        """Record what a version is made of. Returns when it was first seen."""
        definition: dict[str, Any] = msgspec.to_builtins(judge)
        return await self._store.keep_version(judge, definition, self._clock())

    async def position(self, judge: Judge) -> str | None:
        """How far the judge has read the sealed traces."""
        return await self._store.position(judge)

    async def keep_position(self, judge: Judge, position: str) -> None:
        """Remember how far the judge has read: only ever after the lines of everything before were written."""
        await self._store.keep_position(judge, position, self._clock())

    async def admit(self, judge: Judge, candidates: Sequence[Candidate], *, reopen_failed: bool = False) -> Admission:
        """Give each candidate a line, if it has none. Lines of failures are opened again only when somebody asked for it."""
        lines = await self._store.lines(judge, [candidate.trace_id for candidate in candidates])
        admission = plan(judge, candidates, lines, reopen_failed=reopen_failed)
        if admission.changes:
            await self._store.admit(judge, admission, self._clock())
        return admission

    async def claim(self, judge: Judge, worker: str, limit: int) -> list[Claim]:
        """Claim up to ``limit`` lines that are due."""
        now = self._clock()
        return await self._store.claim(judge, worker, limit, now, now + self.lease)

    async def holds(self, claim: Claim) -> bool:
        """Whether the claim is still its worker's: neither run out, nor overtaken by a newer revision of the trace."""
        return await self._store.holds(claim)

    async def renew(self, worker: str) -> None:
        """Extend all leases of a worker."""
        await self._store.renew(worker, self._clock() + self.lease)

    async def release(self, worker: str) -> None:
        """Give back what a stopping worker holds, at once and without costing an attempt."""
        await self._store.release(worker, self._clock())

    async def settle(self, claim: Claim, outcome: Outcome) -> bool:
        """End a claim. ``False``: somebody else has the line now, and nothing was written."""
        now = self._clock()
        return await self._store.settle(claim, outcome, now, self._due(claim, outcome, now))

    async def lines(self, judge: Judge, trace_ids: Sequence[str]) -> list[Judgement]:
        """The lines of this version about these traces."""
        return await self._store.lines(judge, trace_ids)

    async def history(self, judge_name: str, trace_id: str) -> list[Judgement]:
        """All lines of a judge about a trace, of all its versions, newest first."""
        return await self._store.history(judge_name, trace_id)

    async def stats(self, judge: Judge) -> JudgeStats:
        """Counts and cost of a version."""
        return await self._store.stats(judge)

    async def failures(self, judge: Judge, limit: int = 20) -> list[Judgement]:
        """The newest failures of a version."""
        return await self._store.failures(judge, limit)

    async def recent(self, judge: Judge, limit: int = 50) -> list[Judgement]:
        """What a version did last, newest first; lines that were only sampled out are left out."""
        return await self._store.recent(judge, limit)

    def _due(self, claim: Claim, outcome: Outcome, now: datetime) -> datetime | None:
        if outcome.state is not JudgementState.RETRY:
            return None
        return now + timedelta(seconds=delay(claim.attempts, retry_after=outcome.retry_after, jitter=self._jitter()))


def plan(judge: Judge, candidates: Sequence[Candidate], lines: Sequence[Judgement], *, reopen_failed: bool) -> Admission:
    """What to write for these candidates, given the lines that are there. Pure."""
    known = {(line.trace_id, line.trace_revision): line.state for line in lines}
    current = {(candidate.trace_id, candidate.revision) for candidate in candidates}
    admission = Admission(superseded=[_key(judge, line) for line in lines if _is_overtaken(line, current)])
    for candidate in candidates:
        key = Key(judge_name=judge.name, judge_version=judge.version, trace_id=candidate.trace_id, trace_revision=candidate.revision)
        state = known.get((candidate.trace_id, candidate.revision))
        if state is None and not admits(judge, candidate.trace_id):
            admission.sampled_out[key] = f"not in the sample: drew {draw(judge.name, candidate.trace_id):.4f}, sample is {judge.sample:g}"
        elif state is None:
            admission.queued.append(key)
        elif _reopens(state, admits(judge, candidate.trace_id), reopen_failed=reopen_failed):
            admission.reopened.append(key)
    return msgspec.structs.replace(admission, known=len(candidates) - len(admission.queued) - len(admission.reopened))


def _is_overtaken(line: Judgement, current: set[tuple[str, str]]) -> bool:
    return line.state in _WAITING and (line.trace_id, line.trace_revision) not in current


def _reopens(state: JudgementState, in_sample: bool, *, reopen_failed: bool) -> bool:
    closed = {JudgementState.SAMPLED_OUT, JudgementState.SUPERSEDED, *([JudgementState.FAILED] if reopen_failed else [])}
    return in_sample and state in closed


def _key(judge: Judge, line: Judgement) -> Key:
    return Key(judge_name=judge.name, judge_version=judge.version, trace_id=line.trace_id, trace_revision=line.trace_revision)
