"""The judges of this server: each follows the new traces, and works through what somebody asked to be judged."""

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from config.schema import JudgeSettings
from evals.errors import JudgeNotFound, RunNotFound
from evals.executor import Executor
from evals.judge import build
from evals.ledger import Ledger
from evals.missing import Watch, Window
from evals.runner import Runner
from evals.runs import Run
from evals.sampling import admits
from evals.scores_store import ScoreStore
from evals.types import Assessments, Judge, JudgeCaller, Judgement, JudgeReport, RunProgress, TraceSource, Why
from storage.errors import Unavailable as StorageUnavailable
from storage.telemetry import Telemetry
from tracing.errors import TracingError

__all__ = ("JudgeService",)

LOOK_SECONDS = 1.0
"""Pause between two looks for traces that have come to rest."""

FIRST_LOOK = timedelta(hours=1)
"""How far back a judge looks that is seen for the first time."""

KEPT_RUNS = 100

logger = logging.getLogger("tidegate.evals")


class Post:
    """One judge at work: its runner, and its watch over the new traces when it is online."""

    def __init__(self, judge: Judge, source: TraceSource, ledger: Ledger, runner: Runner) -> None:
        self.judge = judge
        self.runner = runner
        self._ledger = ledger
        self._source = source

    async def work(self) -> None:
        """Judge until cancelled."""
        await self._ledger.keep_version(self.judge)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.runner.run())
            if self.judge.online:
                tasks.create_task(self._follow())

    async def _follow(self) -> None:
        since = datetime.now(UTC) - FIRST_LOOK
        watch = Watch(self.judge, self._source, self._ledger, Window(since_ns=int(since.timestamp()) * 10**9), time.monotonic)
        while True:
            try:
                admissions = await watch.look()
            except (StorageUnavailable, TracingError) as error:
                logger.warning("judge %s cannot look for traces: %s", self.judge.name, error)
            else:
                if any(admission.queued or admission.reopened for admission in admissions):
                    self.runner.wake()
            await asyncio.sleep(LOOK_SECONDS)


class JudgeService:
    """Builds judges from settings, keeps them at work, and answers for them."""

    def __init__(
        self,
        settings: Sequence[JudgeSettings],
        source: TraceSource,
        assessments: Assessments,
        ledger: Ledger,
        caller: JudgeCaller,
        telemetry: Telemetry,
    ) -> None:
        """Raises ``InvalidJudge``."""
        self._source = source
        self._assessments = assessments
        self._ledger = ledger
        self._executor = Executor(source, caller)
        self._scores = ScoreStore(telemetry)
        self._posts = self._build(settings)
        self._changed = asyncio.Event()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._new_runs: asyncio.Queue[Run] = asyncio.Queue()

    async def reconfigure(self, settings: Sequence[JudgeSettings]) -> None:
        """Replace the judges; what the old ones held is given back. Raises ``InvalidJudge``, and then nothing has changed."""
        self._posts = self._build(settings)
        self._changed.set()

    async def run_online(self) -> None:
        """Keep all judges at work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._start_runs(tasks))
            while True:
                self._changed.clear()
                working = [tasks.create_task(self._keep_working(post)) for post in self._posts.values()]
                await self._changed.wait()
                for task in working:
                    task.cancel()
                await asyncio.wait(working) if working else None

    def judge(self, name: str) -> Judge:
        """A judge by name. Raises ``JudgeNotFound``."""
        return self._post(name).judge

    async def reports(self) -> list[JudgeReport]:
        """Every judge with its figures, by name."""
        return [await self.report(name) for name in sorted(self._posts)]

    async def report(self, name: str) -> JudgeReport:
        """One judge with its figures. Raises ``JudgeNotFound``."""
        judge = self.judge(name)
        stats = await self._ledger.stats(judge)
        scores = await self._scores.of(judge.name, judge.version)
        stats = msgspec.structs.replace(stats, mean=scores.mean, mean_of=scores.count, categories=scores.categories)
        return JudgeReport(judge=judge, stats=stats)

    async def failures(self, name: str) -> list[Judgement]:
        """The newest failures of a judge. Raises ``JudgeNotFound``."""
        return await self._ledger.failures(self.judge(name))

    async def recent(self, name: str, limit: int = 50) -> list[Judgement]:
        """What a judge did last, newest first. Raises ``JudgeNotFound``."""
        return await self._ledger.recent(self.judge(name), limit)

    def start_run(self, name: str, window: Window, limit: int | None) -> RunProgress:
        """Have a judge look through a window of the past. Raises ``JudgeNotFound``."""
        run = Run(f"run-{secrets.token_hex(8)}", self.judge(name), window, limit)
        self._runs[run.progress.id] = run
        while len(self._runs) > KEPT_RUNS:
            self._runs.popitem(last=False)
        self._new_runs.put_nowait(run)
        return run.progress

    def run(self, run_id: str) -> RunProgress:
        """How far a run is. Raises ``RunNotFound``."""
        if run_id not in self._runs:
            raise RunNotFound(
                f"this server knows no run {run_id!r}", hint="runs are known until the server stops; asking again repeats nothing"
            )
        return self._runs[run_id].progress

    async def why(self, name: str, trace_id: str) -> Why:
        """Why a trace has the score it has, or none. Raises ``JudgeNotFound`` and ``tracing.errors.TraceNotFound``."""
        judge = self.judge(name)
        trace = await self._source.get(trace_id)
        lines = await self._ledger.history(name, trace_id)
        current = next((line for line in lines if line.judge_version == judge.version), None)
        answer, explanation = _explain(judge, trace_id, current, judged=bool(trace.summary.judge_name))
        return Why(
            judge_name=name, judge_version=judge.version, trace_id=trace_id, answer=answer, explanation=explanation, judgements=lines
        )

    def _build(self, settings: Sequence[JudgeSettings]) -> dict[str, Post]:
        judges = [build(each) for each in settings]
        return {
            judge.name: Post(judge, self._source, self._ledger, Runner(judge, self._ledger, self._executor, self._assessments))
            for judge in judges
        }

    def _post(self, name: str) -> Post:
        if name not in self._posts:
            raise JudgeNotFound(f"there is no judge {name!r}", hint=f"judges are {', '.join(sorted(self._posts)) or 'not configured'}")
        return self._posts[name]

    async def _keep_working(self, post: Post) -> None:
        """Start again after a failure of the databases: a judge that stopped for good would be missed by nobody until it matters."""
        while True:
            try:
                await post.work()
            except* (StorageUnavailable, TracingError) as errors:
                logger.warning("judge %s pauses: %s", post.judge.name, errors.exceptions[0])
            await asyncio.sleep(LOOK_SECONDS)

    async def _start_runs(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            run = await self._new_runs.get()
            tasks.create_task(self._work(run))

    async def _work(self, run: Run) -> None:
        try:
            await run.work(self._source, self._ledger, self._post(run.judge.name).runner)
        except (StorageUnavailable, TracingError, JudgeNotFound) as error:
            run.stop("failed", str(error))
        except asyncio.CancelledError:
            run.stop("cancelled", "the server stops; the lines that were admitted are judged when it is back")
            raise


def _explain(judge: Judge, trace_id: str, line: Judgement | None, *, judged: bool) -> tuple[str, str]:
    if line is not None:
        return line.state.value, line.reason or f"this version of the judge has it as {line.state.value}"
    if judged:
        return "judges_work", "the trace holds the work of a judge, and judges never judge one another"
    if not admits(judge, trace_id):
        return "sampled_out", f"the trace is not in the sample ({judge.sample:g} of all traces)"
    if not judge.online:
        return "not_online", "the judge looks at traces only when it is asked to: tidegate judge run"
    return "not_admitted", "the trace is not sealed yet, does not match the judge's filter, or came before the judge did"
