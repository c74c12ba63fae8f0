"""One run: everything in a window of the past that a judge has not judged. What cron starts, and what a backfill is.

A run adds lines to the ledger and watches them; the judge's own runner works on them, beside the new traces. So a run that is killed is
continued by whoever comes next, and asking for it again asks no question twice.
"""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, Literal

import msgspec

from evals.ledger import Ledger
from evals.missing import Window, pages
from evals.runner import Runner
from evals.types import Candidate, Judge, Judgement, JudgementState, Key, RunProgress, TraceSource

__all__ = ("POLL", "Run")

POLL = 0.2
"""Seconds between two looks at the ledger."""

WATCHED = 500
"""Lines looked at each time. They are judged in the order in which they were admitted, so the first ones are those that change."""

NOTHING = "no trace in this window is at rest and meant by the judge's filter; one that has just ended is judged as soon as no more spans of it may come"

_FINAL = frozenset({JudgementState.SCORED, JudgementState.FAILED, JudgementState.SAMPLED_OUT, JudgementState.SUPERSEDED})


class Run:
    """A run of ``judge`` over ``window``; at most ``limit`` traces are judged."""

    def __init__(self, run_id: str, judge: Judge, window: Window, limit: int | None) -> None:
        self.judge = judge
        self.progress = RunProgress(id=run_id, judge_name=judge.name, judge_version=judge.version)
        self._window = window
        self._limit = limit
        self._waiting: dict[Key, None] = {}
        self._news = asyncio.Event()

    async def work(self, source: TraceSource, ledger: Ledger, runner: Runner) -> None:
        """Admit what is missing, then wait until the runner has judged it."""
        async for page in pages(source, self.judge.filter, self._window):
            while page and self._room != 0:
                part, page = page[: self._room], page[self._room or len(page) :]  # noqa: PLW2901 - what is left of the page
                await self._admit(part, ledger)
                runner.wake()
            if self._room == 0 or self.finished:
                break
        self._tell(state="judging")
        while self._waiting and not self.finished:
            await self._look(ledger)
            await asyncio.sleep(POLL if self._waiting else 0)
        self._tell(state="done", reason="" if self.progress.total else NOTHING)

    def stop(self, state: Literal["failed", "cancelled"], reason: str) -> None:
        """End the run from outside, and say why."""
        self._tell(state=state, reason=reason)

    @property
    def finished(self) -> bool:
        """Whether the figures are final."""
        return self.progress.state in ("done", "failed", "cancelled")

    async def watch(self) -> AsyncIterator[RunProgress]:
        """The progress now, and after each change, until the run is over."""
        while True:
            news = self._news
            yield self.progress
            if self.finished:
                return
            await news.wait()

    @property
    def _room(self) -> int | None:
        """How many more traces may be judged, ``None`` for any number. What was judged before takes no room."""
        return None if self._limit is None else self._limit - len(self._waiting)

    async def _admit(self, candidates: list[Candidate], ledger: Ledger) -> None:
        earlier = await self._waiting_before(candidates, ledger)
        admission = await ledger.admit(self.judge, candidates, reopen_failed=True)
        waiting = dict.fromkeys([*earlier, *admission.queued, *admission.reopened])
        self._waiting |= waiting
        self._tell(total=self.progress.total + len(candidates), skipped=self.progress.skipped + len(candidates) - len(waiting))

    async def _look(self, ledger: Ledger) -> None:
        """Count what has become final among the lines that are next."""
        watched = list(self._waiting)[:WATCHED]
        lines = {_key(line): line for line in await ledger.lines(self.judge, [key.trace_id for key in watched])}
        settled = [lines[key] for key in watched if key in lines and lines[key].state in _FINAL]
        for line in settled:
            del self._waiting[_key(line)]
        if settled:
            self._tell(**_tally(self.progress, settled))

    def _tell(self, **changes: Any) -> None:
        """Update the progress. The progress of a finished run does not change."""
        if self.finished:
            return
        self.progress = msgspec.structs.replace(self.progress, **changes)
        self._news.set()
        self._news = asyncio.Event()

    async def _waiting_before(self, candidates: list[Candidate], ledger: Ledger) -> list[Key]:
        """Lines that an earlier run, or the watch over new traces, admitted and that are not final yet: this run waits for them too."""
        current = {(candidate.trace_id, candidate.revision) for candidate in candidates}
        lines = await ledger.lines(self.judge, [candidate.trace_id for candidate in candidates])
        return [_key(line) for line in lines if line.state not in _FINAL and (line.trace_id, line.trace_revision) in current]


def _key(line: Judgement) -> Key:
    return Key(judge_name=line.judge_name, judge_version=line.judge_version, trace_id=line.trace_id, trace_revision=line.trace_revision)


def _tally(progress: RunProgress, settled: list[Judgement]) -> dict[str, Any]:
    """The figures of a run after these lines became final. A line without a price adds nothing: the sum is of what is known."""
    costs = [line.cost for line in settled if line.cost is not None]
    known = [progress.cost, *costs] if progress.cost is not None else costs
    scored = sum(line.state is JudgementState.SCORED for line in settled)
    failed = sum(line.state is JudgementState.FAILED for line in settled)
    return {
        "scored": progress.scored + scored,
        "failed": progress.failed + failed,
        "skipped": progress.skipped + len(settled) - scored - failed,
        "cost": sum(known, Decimal(0)) if known else None,
    }
