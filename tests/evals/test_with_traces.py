"""Judges over real traces in chDB: what is sealed, filtered, revised and excluded, as the trace store tells it."""

import asyncio

import pytest

from config.schema import TelemetrySettings
from evals.executor import Executor
from evals.ledger import Ledger
from evals.missing import Watch, Window
from evals.runner import Runner
from evals.scores_store import Scores, ScoreStore
from evals.types import Judge
from evals.why import why
from storage.clickhouse import ClickHouse
from tests.evals.making import Caller, Clock, make_judge
from tests.tracing.conftest import DirectLog, Spans
from tracing.assessments import AssessmentStore
from tracing.ingest import SpanSink
from tracing.store import TraceStore
from tracing.types import Status, Trace

SEAL = 0.05


class Loop:
    """Spans in, judged, read back."""

    def __init__(self, telemetry: ClickHouse, ledger: Ledger, caller: Caller, seal_orphans_after: float = 3600) -> None:
        log, settings = DirectLog(), TelemetrySettings(seal_after=SEAL, seal_orphans_after=seal_orphans_after)

        async def flush() -> None:
            await log.store(telemetry)

        self.sink, self.store = SpanSink(log, settings), TraceStore(telemetry, flush, settings)
        self.assessments = AssessmentStore(telemetry, log, flush)
        self.ledger, self.executor = ledger, Executor(self.store, caller)
        self.watches: dict[str, Watch] = {}

    async def judge(self, judge: Judge) -> None:
        """One look, after everything has come to rest."""
        await self.store.has_any()  # stores what was put, so that the quiet time begins
        await asyncio.sleep(SEAL * 2)
        watch = self.watches.setdefault(judge.name, Watch(judge, self.store, self.ledger, Window(), lambda: 0.0))
        await watch.look()
        await Runner(judge, self.ledger, self.executor, self.assessments).drain()

    async def trace(self, trace_id: str) -> Trace:
        return await self.store.get(trace_id)


@pytest.fixture
def loop(telemetry: ClickHouse, ledger: Ledger, caller: Caller) -> Loop:
    return Loop(telemetry, ledger, caller)


@pytest.fixture
def spans() -> Spans:
    return Spans()


async def test_an_answer_becomes_a_trace_with_a_score(loop: Loop, spans: Spans, caller: Caller):
    asked = spans.chat("What is the capital of France?", "Paris.")
    loop.sink.put([asked])
    await loop.judge(make_judge())
    (found,) = (await loop.trace(asked.trace_id)).assessments
    assert (found.name, found.value, found.rationale) == ("helpful", True, "It answers the question.")
    (row,) = (await loop.store.search()).traces
    assert [(score.name, score.value) for score in row.scores] == [("helpful", True)]
    assert "\nParis.\n" in caller.calls[0].messages[1]["content"]
    assert "\nWhat is the capital of France?\n" in caller.calls[0].messages[1]["content"]


async def test_late_spans_are_judged_again_and_leave_one_score(loop: Loop, spans: Spans, clock: Clock):
    root = spans.chat()
    loop.sink.put([root])
    await loop.judge(make_judge())
    first = (await loop.trace(root.trace_id)).assessments[0]
    loop.sink.put([spans.make(parent=root)])
    clock.pass_(10)
    await loop.judge(make_judge())
    (only,) = (await loop.trace(root.trace_id)).assessments
    assert only.assessment_id == first.assessment_id
    assert only.trace_revision != first.trace_revision
    assert len(await loop.ledger.history("helpful", root.trace_id)) == 2


async def test_a_trace_without_its_root_waits_longer(loop: Loop, telemetry: ClickHouse, ledger: Ledger, spans: Spans, caller: Caller):
    orphan = spans.chat(parent_span_id="f" * 16)
    loop.sink.put([orphan])
    await loop.judge(make_judge())
    assert caller.calls == []
    await Loop(telemetry, ledger, caller, seal_orphans_after=SEAL).judge(make_judge())
    assert len(caller.calls) == 1


async def test_only_what_the_filter_matches_is_judged_and_never_a_judges_own_traffic(loop: Loop, spans: Spans, caller: Caller):
    wanted = spans.chat("where is my order", "here")
    other = spans.chat("hello", "hi", attributes={"gen_ai.response.model": "gpt-4o"})
    judging = spans.chat("where is my order", "{}", attributes={"tidegate.judge.name": "another"})
    loop.sink.put([wanted, other, judging])
    await loop.judge(make_judge(filter="text ~ 'order'"))
    assert [call.judged_trace_id for call in caller.calls] == [wanted.trace_id]
    await loop.judge(make_judge(name="all"))
    assert {call.judged_trace_id for call in caller.calls} == {wanted.trace_id, other.trace_id}


async def test_a_failure_is_an_error_on_the_trace_and_no_part_of_the_mean(loop: Loop, telemetry: ClickHouse, spans: Spans, caller: Caller):
    caller.script = ['{"rationale": "r", "result": true}'] * 3 + ['{"rationale": "r", "result": false}', "no verdict", "none either"]
    judge = make_judge(concurrency=1)
    made = [spans.chat(f"question {number}") for number in range(5)]
    loop.sink.put(made)
    await loop.judge(judge)
    await loop.store.has_any()
    scores = await scores_of(telemetry, judge)
    assert (scores.count, scores.mean, scores.categories) == (4, 0.75, {})
    stats = await loop.ledger.stats(judge)
    assert (stats.scored, stats.failed) == (4, 1)
    found = [(await loop.trace(span.trace_id)).assessments[0] for span in made]
    assert sorted((each.error_code, each.value is None) for each in found) == [("", False)] * 4 + [("JUDGE_PARSE_ERROR", True)]


async def test_categories_are_counted_and_have_no_mean(loop: Loop, telemetry: ClickHouse, spans: Spans, caller: Caller):
    caller.script = ['{"rationale": "r", "result": "good"}'] * 2 + ['{"rationale": "r", "result": "bad"}']
    judge = make_judge(result="category", choices=("good", "bad"), concurrency=1)
    loop.sink.put([spans.chat() for _ in range(3)])
    await loop.judge(judge)
    await loop.store.has_any()
    scores = await scores_of(telemetry, judge)
    assert (scores.count, scores.mean, scores.categories) == (3, None, {"good": 2, "bad": 1})


async def test_versions_that_are_asked_for_together_keep_their_figures_apart(
    loop: Loop, telemetry: ClickHouse, spans: Spans, caller: Caller
):
    caller.script = ['{"rationale": "r", "result": true}', '{"rationale": "r", "result": false}']
    first, second = make_judge(name="first"), make_judge(name="second")
    loop.sink.put([spans.chat()])
    await loop.judge(first)
    await loop.judge(second)
    await loop.store.has_any()
    unseen = (first.name, second.version + "0")
    found = await ScoreStore(telemetry).of([(first.name, first.version), (second.name, second.version), unseen])
    assert [(scores.count, scores.mean) for scores in found.values()] == [(1, 1.0), (1, 0.0), (0, None)]
    assert await ScoreStore(telemetry).of([]) == {}


async def scores_of(telemetry: ClickHouse, judge: Judge) -> Scores:
    version = (judge.name, judge.version)
    return (await ScoreStore(telemetry).of([version]))[version]


async def test_a_request_that_failed_before_an_answer_is_judged_only_when_the_filter_asks(loop: Loop, spans: Spans, caller: Caller):
    answered, cut = spans.chat("one", "yes"), spans.chat("two", "half an ans", status=Status.ERROR)
    empty = {"gen_ai.output.messages": ""}
    failed, interrupted = (spans.chat("three", attributes=empty, status=status) for status in (Status.ERROR, Status.INTERRUPTED))
    loop.sink.put([answered, cut, failed, interrupted])
    await loop.judge(make_judge())
    assert {call.judged_trace_id for call in caller.calls} == {answered.trace_id, cut.trace_id}
    assert (await why(make_judge(), failed.trace_id, loop.store, loop.ledger)).answer == "unanswered"
    caller.calls.clear()
    await loop.judge(make_judge(name="failures", filter="status != 'ok'"))
    assert {call.judged_trace_id for call in caller.calls} == {cut.trace_id, failed.trace_id, interrupted.trace_id}
