"""The worker of one judge: claims what is due, judges a bounded number at once, and writes each result in an order that a crash cannot hurt.

The order is: the assessment reaches the journal, and only then the ledger says *scored*. A crash before the first leaves a claim that runs
out; a crash between the two leads to a second judgement with the same assessment id, which replaces the first. Neither skips nor doubles.
"""

import asyncio
import logging
import os
import secrets
import socket

from evals.executor import Executor
from evals.ledger import Ledger
from evals.types import Assessments, Claim, Judge, Outcome
from storage.errors import Unavailable as StorageUnavailable
from tracing.errors import Unavailable as TracesUnavailable
from tracing.types import Assessment

__all__ = ("IDLE", "Runner")

IDLE = 1.0
"""Longest time in seconds until a worker looks again for what is due."""

FULL_JOURNAL_PAUSE = 1.0
"""Seconds between attempts to put a verdict into a journal that is full."""

log = logging.getLogger("tidegate.evals")


class Runner:
    """Judges for one version of one judge, with at most ``judge.concurrency`` questions open."""

    def __init__(self, judge: Judge, ledger: Ledger, executor: Executor, assessments: Assessments) -> None:
        self.judge = judge
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._ledger = ledger
        self._executor = executor
        self._assessments = assessments
        self._busy = 0
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Tell the runner that there are new lines."""
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled. What is held then is given back, for the next worker to take up at once."""
        await self._work(until_idle=False)

    async def drain(self) -> None:
        """Work until nothing is due any more. Retries whose time has not come are left."""
        await self._work(until_idle=True)

    async def _work(self, *, until_idle: bool) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                heart = tasks.create_task(self._renew())
                while await self._turn(tasks) or self._busy or not until_idle:
                    await self._pause()
                heart.cancel()
        finally:
            await self._release()

    async def _turn(self, tasks: asyncio.TaskGroup) -> int:
        """Fill the free places with lines that are due. Returns how many were filled."""
        self._news.clear()
        claims = await self._claim(self.judge.concurrency - self._busy)
        self._busy += len(claims)
        for claim in claims:
            tasks.create_task(self._one(claim))
        return len(claims)

    async def _claim(self, places: int) -> list[Claim]:
        try:
            return await self._ledger.claim(self.judge, self.worker, places) if places > 0 else []
        except StorageUnavailable as error:
            log.warning("judge %s cannot claim work: %s", self.judge.name, error)
            return []

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(IDLE):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _one(self, claim: Claim) -> None:
        try:
            outcome = await self._executor.judge(self.judge, claim)
            await self._keep(claim, outcome)
        except StorageUnavailable as error:
            # The lease runs out, and the trace is judged again under the same assessment id.
            log.warning("judge %s cannot reach the ledger: %s", self.judge.name, error)
        finally:
            self._busy -= 1
            self._news.set()

    async def _keep(self, claim: Claim, outcome: Outcome) -> None:
        """Write an outcome, if the claim still holds: a stalled worker must not overwrite what its successor found."""
        if not await self._ledger.holds(claim):
            return
        if outcome.assessment is not None:
            await self._put(outcome.assessment)
        await self._ledger.settle(claim, outcome)

    async def _put(self, assessment: Assessment) -> None:
        """Put a verdict into the journal. While that is full the place stays taken: no money is spent on what cannot be kept."""
        while True:
            try:
                self._assessments.put([assessment])
            except TracesUnavailable as error:
                log.warning("judge %s holds a verdict back: %s", self.judge.name, error)
                await asyncio.sleep(FULL_JOURNAL_PAUSE)
            else:
                return

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._ledger.lease.total_seconds() / 3)
            if not self._busy:
                continue
            try:
                await self._ledger.renew(self.worker)
            except StorageUnavailable as error:
                log.warning("judge %s cannot renew its leases: %s", self.judge.name, error)

    async def _release(self) -> None:
        try:
            await self._ledger.release(self.worker)
        except StorageUnavailable as error:
            log.warning("judge %s leaves its claims to run out: %s", self.judge.name, error)
