"""The judges of this server: each follows the new traces, and works through what somebody asked to be judged."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from config.schema import JudgeSettings
from evals.agreement import Agreement, agreement_of
from evals.errors import JudgeNotFound, RunNotFound
from evals.executor import Executor
from evals.judge import build
from evals.ledger import Ledger
from evals.missing import Window
from evals.post import Post
from evals.runner import Runner
from evals.runs import Run
from evals.scores_store import Scores, ScoreStore
from evals.types import Assessments, Judge, JudgeCaller, Judgement, JudgeReport, RunProgress, TraceSource, Why
from evals.why import why
from storage.errors import StorageError
from storage.telemetry import Telemetry
from tracing.errors import TracingError

__all__ = ("JudgeService",)

KEPT_RUNS = 100


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
        """Build the judges of the settings. Raises ``InvalidJudge``."""
        self._source = source
        self._assessments = assessments
        self._ledger = ledger
        self._executor = Executor(source, caller)
        self._scores = ScoreStore(telemetry)
        self._posts: dict[str, Post] = {}
        self._posts = self._build(settings)
        self._changed = asyncio.Event()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._new_runs: asyncio.Queue[Run] = asyncio.Queue()

    async def reconfigure(self, settings: Sequence[JudgeSettings]) -> None:
        """Replace the judges; what changed ones held is given back. Raises ``InvalidJudge``, and then nothing has changed."""
        self._posts = self._build(settings)
        self._end_runs()
        self._changed.set()

    async def run_online(self) -> None:
        """Keep all judges at work until cancelled."""
        working: dict[Post, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._start_runs(tasks))
            while True:
                self._changed.clear()
                await self._staff(tasks, working)
                await self._changed.wait()

    def judge(self, name: str) -> Judge:
        """A judge by name. Raises ``JudgeNotFound``."""
        return self._post(name).judge

    async def reports(self) -> list[JudgeReport]:
        """Every judge with its figures, by name."""
        return await self._reports(sorted(self._posts))

    async def report(self, name: str) -> JudgeReport:
        """One judge with its figures. Raises ``JudgeNotFound``."""
        [report] = await self._reports([name])
        return report

    async def agreement(self, name: str) -> Agreement:
        """How far a judge and people say the same. Raises ``JudgeNotFound``."""
        judge = self.judge(name)
        return agreement_of(await self._scores.pairs(judge.name, judge.version))

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
        return await why(self.judge(name), trace_id, self._source, self._ledger)

    async def _reports(self, names: Sequence[str]) -> list[JudgeReport]:
        posts = [self._post(name) for name in names]
        scores = await self._scores.of([(post.judge.name, post.judge.version) for post in posts])
        return [await self._report(post, scores[post.judge.name, post.judge.version]) for post in posts]

    async def _report(self, post: Post, scores: Scores) -> JudgeReport:
        stats = await self._ledger.stats(post.judge)
        stats = msgspec.structs.replace(stats, mean=scores.mean, mean_of=scores.count, categories=scores.categories)
        return JudgeReport(judge=post.judge, stats=stats, trouble=post.trouble)

    def _build(self, settings: Sequence[JudgeSettings]) -> dict[str, Post]:
        judges = [build(each) for each in settings]
        return {judge.name: self._kept(judge) or self._new(judge) for judge in judges}

    def _kept(self, judge: Judge) -> Post | None:
        """The running post of a judge that has not changed: its open questions are paid for, and go on."""
        post = self._posts.get(judge.name)
        return post if post and post.judge == judge else None

    def _new(self, judge: Judge) -> Post:
        return Post(judge, self._source, self._ledger, Runner(judge, self._ledger, self._executor, self._assessments))

    def _post(self, name: str) -> Post:
        if name not in self._posts:
            raise JudgeNotFound(f"there is no judge {name!r}", hint=f"judges are {', '.join(sorted(self._posts)) or 'not configured'}")
        return self._posts[name]

    async def _staff(self, tasks: asyncio.TaskGroup, working: dict[Post, asyncio.Task[None]]) -> None:
        """Stop who is no longer wanted, and wait until what they held is given back; then start who is new."""
        leaving = [working.pop(post) for post in set(working) - set(self._posts.values())]
        for task in leaving:
            task.cancel()
        if leaving:
            await asyncio.wait(leaving)
        for post in self._posts.values():
            if post not in working:
                working[post] = tasks.create_task(post.keep_working())

    async def _start_runs(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            run = await self._new_runs.get()
            tasks.create_task(self._work(run))

    async def _work(self, run: Run) -> None:
        try:
            await run.work(self._source, self._ledger, self._post(run.judge.name).runner)
        except (StorageError, TracingError, JudgeNotFound) as error:
            run.stop("failed", str(error))
        except asyncio.CancelledError:
            run.stop("cancelled", "the server stops; what was admitted is judged when it is back")
            raise

    def _end_runs(self) -> None:
        """End the runs of judges that are gone: nobody is left to judge for them."""
        current = {(post.judge.name, post.judge.version) for post in self._posts.values()}
        for run in self._runs.values():
            if (run.judge.name, run.judge.version) not in current:
                run.stop("cancelled", "the judge was changed or removed; run it again for the new version")
