"""One attempt at one judgement: read the trace, ask, and say what came of it. It writes nothing and raises nothing but cancellation."""

import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from evals.asking import Conversation
from evals.assessing import cost_of, scored, unscored
from evals.errors import JudgeUnavailable, VerdictError
from evals.prompt import render
from evals.reading import SharedReading
from evals.types import Claim, Judge, JudgeCaller, JudgementState, JudgeReply, Outcome, TraceSource
from storage.errors import Unavailable as StorageUnavailable
from tracing.errors import Unavailable as TracesUnavailable
from tracing.types import SpanView

__all__ = ("INTERRUPTIONS", "STORAGE_PAUSE", "Executor", "is_judging")

INTERRUPTIONS = 5
"""How many times beyond its attempts a judgement is taken up again after its worker died. A trace that kills workers ends there."""

STORAGE_PAUSE = 5.0
"""Seconds until a trace that could not be read is tried again; that costs no attempt."""

log = logging.getLogger("tidegate.evals")


class Executor:
    """Judges traces through ``caller``."""

    def __init__(self, traces: TraceSource, caller: JudgeCaller, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """``clock`` dates the assessments."""
        self._reading = SharedReading(traces)
        self._caller = caller
        self._clock = clock

    async def judge(self, judge: Judge, claim: Claim) -> Outcome:
        """Make one attempt. Only the last attempt, or an error that no attempt can mend, is final."""
        if claim.attempts > judge.max_attempts + INTERRUPTIONS:
            return self._failed(judge, claim, "JUDGE_INTERRUPTED", f"given up: its worker died {claim.attempts - 1} times", [])
        try:
            spans = await self._reading.spans(claim.key.trace_id)
        except (StorageUnavailable, TracesUnavailable):
            return Outcome(state=JudgementState.RETRY, reason="the trace cannot be read now", retry_after=STORAGE_PAUSE, spent=False)
        if not spans:
            return Outcome(state=JudgementState.FAILED, reason="the trace is no longer stored")
        if is_judging(spans):
            return Outcome(state=JudgementState.FAILED, reason="the trace holds the work of a judge, and judges never judge one another")
        return await self._asked(judge, claim, spans)

    async def _asked(self, judge: Judge, claim: Claim, spans: Sequence[SpanView]) -> Outcome:
        replies: list[JudgeReply] = []
        try:
            conversation = Conversation(self._caller, judge, claim.key.trace_id, render(judge, spans, nonce=secrets.token_hex(16)))
            replies = conversation.replies
            verdict = await conversation.verdict()
        except VerdictError as error:
            return self._failed(judge, claim, error.code, error.reason, replies)
        except JudgeUnavailable as error:
            return self._unavailable(judge, claim, error, replies)
        except Exception as error:  # noqa: BLE001 - one judgement's defect must not stop the others; its attempts are bounded
            # The message is left out: it may quote what was judged.
            log.warning("judge %s met an unexpected %s on trace %s", judge.name, type(error).__name__, claim.key.trace_id)
            return self._unavailable(judge, claim, JudgeUnavailable(f"unexpected {type(error).__name__}"), replies)
        note = "; ".join(conversation.notes)
        return Outcome(
            state=JudgementState.SCORED,
            reason=note,
            cost=cost_of(replies),
            judge_trace_id=replies[-1].trace_id,
            assessment=scored(judge, claim, verdict, replies, note, self._clock()),
        )

    def _unavailable(self, judge: Judge, claim: Claim, error: JudgeUnavailable, replies: list[JudgeReply]) -> Outcome:
        if not error.retryable or claim.attempts >= judge.max_attempts:
            tried = "" if claim.attempts == 1 else f" (attempt {claim.attempts})"
            return self._failed(judge, claim, error.code, f"{error}{tried}", replies)
        return Outcome(
            state=JudgementState.RETRY,
            reason=str(error),
            cost=cost_of(replies),
            judge_trace_id=replies[-1].trace_id if replies else "",
            retry_after=error.retry_after,
        )

    def _failed(self, judge: Judge, claim: Claim, code: str, reason: str, replies: list[JudgeReply]) -> Outcome:
        return Outcome(
            state=JudgementState.FAILED,
            reason=f"{code}: {reason}",
            cost=cost_of(replies),
            judge_trace_id=replies[-1].trace_id if replies else "",
            assessment=unscored(judge, claim, code, reason, replies, self._clock()),
        )


def is_judging(spans: Iterable[SpanView]) -> bool:
    """Whether any span says that a judge made it. Candidates are filtered already; this is the guard that nothing gets around."""
    return any(span.judge_name or "tidegate.judge.name" in span.attributes for span in spans)
