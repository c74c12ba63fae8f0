"""One attempt: a verdict, a reason to try again, or an error that nobody can take for a pass or a zero."""

import asyncio
import logging
from decimal import Decimal

import pytest

from evals.assessing import assessment_id
from evals.errors import JudgeUnavailable
from evals.executor import INTERRUPTIONS, Executor
from evals.types import Claim, Judge, JudgementState, Key, Outcome
from storage.errors import TelemetryUnavailable
from tests.evals.making import YES, Caller, Traces, make_judge, make_span, reply

TRACE = "1" * 32
SCORED, FAILED, RETRY = JudgementState.SCORED, JudgementState.FAILED, JudgementState.RETRY


def claim(attempts: int = 1) -> Claim:
    key = Key(judge_name="helpful", judge_version=make_judge().version, trace_id=TRACE, trace_revision="r1")
    return Claim(key=key, worker="w1", attempts=attempts)


@pytest.fixture(autouse=True)
def sealed_trace(traces: Traces) -> None:
    traces.seal(TRACE)


async def judged(executor: Executor, judge: Judge | None = None, attempts: int = 1) -> Outcome:
    return await executor.judge(judge or make_judge(), claim(attempts))


async def test_a_verdict_becomes_an_assessment_that_knows_its_judge(executor: Executor):
    outcome = await judged(executor)
    assert (outcome.state, outcome.reason, outcome.cost) == (SCORED, "", Decimal("0.0001"))
    found = outcome.assessment
    assert (found.value, found.rationale, found.error_code) == (True, "It answers the question.", "")
    assert (found.name, found.source_type, found.source_id, found.judge_version) == (
        "helpful",
        "LLM_JUDGE",
        "fake/judge",
        make_judge().version,
    )
    assert (found.trace_id, found.trace_revision, found.judge_trace_id) == (TRACE, "r1", "f" * 32)
    assert found.assessment_id == assessment_id("helpful", TRACE)
    assert found.metadata == {"attempts": "1", "questions": "1", "input_tokens": "100", "output_tokens": "20"}


async def test_a_judge_reply_without_a_verdict_is_unscored_not_zero(executor: Executor, caller: Caller):
    caller.script = ["I would say it is quite good."]
    outcome = await judged(executor)
    assert outcome.state is FAILED
    assert (outcome.assessment.value, outcome.assessment.error_code) == (None, "JUDGE_PARSE_ERROR")
    assert "not one JSON object" in outcome.assessment.error_message
    assert len(caller.calls) == 2, "one repair, and no more"
    assert outcome.cost == Decimal("0.0002"), "both questions were paid for"


async def test_a_repair_asks_with_the_reason_and_without_the_reply(executor: Executor, caller: Caller):
    caller.script = ["REPLY-CANARY " + YES, YES]
    outcome = await judged(executor)
    assert outcome.state is SCORED
    assert "asked again" in outcome.reason
    assert outcome.assessment.metadata["note"] == outcome.reason
    first, second = caller.calls
    assert second.messages[:-1] == first.messages
    assert "not one JSON object" in second.messages[-1]["content"]
    assert "CANARY" not in str(second.messages)


async def test_a_reply_that_was_cut_off_is_asked_for_once_more_with_room(executor: Executor, caller: Caller):
    caller.script = [reply('{"rationale": "It is', finish_reason="length"), YES]
    outcome = await judged(executor, make_judge(max_tokens=100))
    assert outcome.state is SCORED
    assert [call.max_tokens for call in caller.calls] == [100, 400]
    assert "cut off at 100 tokens; asked again with 400" in outcome.reason


async def test_a_reply_that_is_cut_off_twice_is_an_error_that_says_so(executor: Executor, caller: Caller):
    caller.script = [reply('{"rationale": "It is', finish_reason="length")]
    outcome = await judged(executor, make_judge(max_tokens=100))
    assert (outcome.state, len(caller.calls)) == (FAILED, 2)
    assert "cut off at 400 tokens" in outcome.assessment.error_message
    assert outcome.assessment.value is None


async def test_an_unknown_price_makes_the_cost_unknown(executor: Executor, caller: Caller):
    caller.script = ["no verdict", reply(YES, cost=None)]
    outcome = await judged(executor)
    assert outcome.state is SCORED
    assert outcome.cost is None
    assert outcome.assessment.judge_cost is None


async def test_only_the_last_attempt_is_final(executor: Executor, caller: Caller):
    caller.script = [JudgeUnavailable("fake/judge answered 429", retry_after=7.0)]
    early = await judged(executor, attempts=1)
    assert (early.state, early.retry_after, early.assessment) == (RETRY, 7.0, None)
    last = await judged(executor, attempts=3)
    assert (last.state, last.assessment.error_code, last.assessment.value) == (FAILED, "JUDGE_UNAVAILABLE", None)
    assert "429 (attempt 3)" in last.reason


async def test_what_no_attempt_can_mend_is_not_repeated(executor: Executor, caller: Caller):
    caller.script = [JudgeUnavailable("fake/judge answered 401", retryable=False)]
    outcome = await judged(executor)
    assert (outcome.state, outcome.reason) == (FAILED, "JUDGE_UNAVAILABLE: fake/judge answered 401")


async def test_a_question_that_hangs_ends_at_its_limit_and_costs_an_attempt(executor: Executor, caller: Caller):
    caller.pause = 60
    async with asyncio.timeout(5):
        outcome = await judged(executor, make_judge(timeout=0.05))
    assert (outcome.state, outcome.reason, outcome.spent) == (RETRY, "no reply within 0.05 s", True)
    assert (await judged(executor, make_judge(timeout=0.05), attempts=3)).assessment.error_code == "JUDGE_TIMEOUT"


async def test_a_failed_repair_keeps_what_the_first_question_cost(executor: Executor, caller: Caller):
    caller.script = ["no verdict", JudgeUnavailable("gone")]
    outcome = await judged(executor)
    assert (outcome.state, outcome.cost) == (RETRY, Decimal("0.0001"))


async def test_judges_never_judge_the_work_of_a_judge(executor: Executor, traces: Traces, caller: Caller):
    for span in (make_span(TRACE, judge_name="other"), make_span(TRACE, attributes={"tidegate.judge.name": "other"})):
        traces.told[TRACE] = [make_span(TRACE, "b" * 16), span]
        outcome = await judged(executor)
        assert (outcome.state, outcome.assessment) == (FAILED, None)
        assert "judges never judge" in outcome.reason
    assert caller.calls == []


async def test_a_trace_that_is_gone_is_a_failure_with_nothing_to_hang_it_on(traces: Traces, caller: Caller):
    outcome = await Executor(Traces(), caller).judge(make_judge(), claim())
    assert (outcome.state, outcome.assessment, caller.calls) == (FAILED, None, [])


async def test_storage_that_is_away_costs_no_attempt(executor: Executor, traces: Traces, caller: Caller):
    traces.error = TelemetryUnavailable("away")
    outcome = await judged(executor, attempts=3)
    assert (outcome.state, outcome.spent, caller.calls) == (RETRY, False, [])


async def test_a_trace_that_kills_its_workers_is_given_up(executor: Executor, caller: Caller):
    attempts = make_judge().max_attempts + INTERRUPTIONS
    assert (await judged(executor, attempts=attempts)).state is SCORED
    outcome = await judged(executor, attempts=attempts + 1)
    assert (outcome.state, outcome.assessment.error_code) == (FAILED, "JUDGE_INTERRUPTED")
    assert len(caller.calls) == 1


async def test_a_defect_is_contained_bounded_and_logs_no_content(executor: Executor, caller: Caller, caplog: pytest.LogCaptureFixture):
    caller.script = [RuntimeError("CONTENT of a message")]
    with caplog.at_level(logging.DEBUG):
        assert (await judged(executor)).state is RETRY
        assert (await judged(executor, attempts=3)).state is FAILED
    assert "RuntimeError" in caplog.text
    assert "CONTENT" not in caplog.text
