"""One judge at work: its runner, and its watch over the new traces when it is online."""

import asyncio
import logging
import time
from datetime import datetime, timedelta

from evals.ledger import Ledger
from evals.missing import Watch, Window
from evals.runner import Runner
from evals.types import Judge, TraceSource
from storage.errors import StorageError
from tracing.errors import TracingError

__all__ = ("FIRST_LOOK", "LOOK_SECONDS", "Post")

LOOK_SECONDS = 1.0
"""Pause between two looks for traces that have come to rest, and before work is taken up again after a failure."""

FIRST_LOOK = timedelta(hours=1)
"""How far back a version looks that was never seen before: a new judge has something to show, and no bill for a year of traces."""

log = logging.getLogger("tidegate.evals")


class Post:
    """Keeps one version of one judge at work. ``trouble`` is why it does not get on, ``""`` while it does."""

    def __init__(self, judge: Judge, source: TraceSource, ledger: Ledger, runner: Runner) -> None:
        self.judge = judge
        self.runner = runner
        self.trouble = ""
        self._source = source
        self._ledger = ledger

    async def keep_working(self) -> None:
        """Judge until cancelled, and begin again after any failure: a judge that stopped for good would be missed by nobody for weeks."""
        while True:
            try:
                await self._work()
            except* (StorageError, TracingError) as errors:
                self._note(str(_first(errors)))
            except* Exception as errors:
                log.exception("judge %s met a defect", self.judge.name, exc_info=_first(errors))
                self._note(f"a defect: {type(_first(errors)).__name__}; the server's log says more")
            await asyncio.sleep(LOOK_SECONDS)

    async def _work(self) -> None:
        first_seen = await self._ledger.keep_version(self.judge)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.runner.run())
            if self.judge.online:
                tasks.create_task(self._follow(first_seen))

    async def _follow(self, first_seen: datetime) -> None:
        window = Window(since_ns=int((first_seen - FIRST_LOOK).timestamp()) * 10**9)
        watch = Watch(self.judge, self._source, self._ledger, window, time.monotonic)
        while True:
            try:
                admissions = await watch.look()
            except (StorageError, TracingError) as error:
                self._note(f"cannot look for traces: {error}")
            else:
                self.trouble = ""
                if any(admission.queued or admission.reopened for admission in admissions):
                    self.runner.wake()
            await asyncio.sleep(LOOK_SECONDS)

    def _note(self, trouble: str) -> None:
        """Log a trouble once, and keep it as ``trouble`` for as long as it lasts."""
        if trouble != self.trouble:
            log.warning("judge %s: %s", self.judge.name, trouble)
        self.trouble = trouble


def _first(errors: BaseException) -> BaseException:
    return _first(errors.exceptions[0]) if isinstance(errors, BaseExceptionGroup) else errors
