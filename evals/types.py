"""Judges, what they are asked, and what became of each trace they were meant to see."""

from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Protocol

import msgspec

from tracing.types import AssessmentValue

__all__ = ("Judge", "JudgeCall", "JudgeCaller", "JudgeReply", "Judgement", "JudgementState", "ResultType", "Verdict")


class ResultType(msgspec.Struct, frozen=True, kw_only=True):
    """Which verdicts a judge may give."""

    type: Literal["boolean", "number", "category"] = "boolean"
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


class Judge(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a judge. ``version`` is the digest of what decides a verdict: instructions, model, result type, template."""

    name: str
    version: str
    instructions: str
    model: str
    result: ResultType
    sample: float = 1.0
    filter: str | None = None
    online: bool = True
    max_tokens: int = 1024
    timeout: float = 60.0
    concurrency: int = 4
    max_attempts: int = 3


class Verdict(msgspec.Struct, frozen=True):
    """A strictly parsed reply."""

    rationale: str
    result: AssessmentValue


class JudgeCall(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the judge's model, through the gateway. ``response_schema`` is a JSON Schema; ``timeout`` is in seconds."""

    judge_name: str
    judge_version: str
    model: str
    messages: list[dict[str, Any]]
    response_schema: dict[str, Any]
    max_tokens: int
    timeout: float
    judged_trace_id: str


class JudgeReply(msgspec.Struct, frozen=True, kw_only=True):
    """What the model said. ``cost`` in US dollars, ``None`` when the price is not known."""

    text: str
    finish_reason: str
    trace_id: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: Decimal | None = None


class JudgeCaller(Protocol):
    """The gateway, as judges see it."""

    async def ask(self, call: JudgeCall) -> JudgeReply:
        """Ask once. Raises ``evals.errors.JudgeUnavailable`` (``retryable``, ``retry_after``) when no answer came."""
        ...


class JudgementState(StrEnum):
    """Where a judgement stands. Only ``SCORED``, ``FAILED`` and ``SAMPLED_OUT`` are final."""

    CLAIMED = "claimed"
    RETRY = "retry"
    SCORED = "scored"
    FAILED = "failed"
    SAMPLED_OUT = "sampled_out"


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger: this version of this judge, this revision of this trace."""

    judge_name: str
    judge_version: str
    trace_id: str
    trace_revision: str
    state: JudgementState
    attempts: int
    reason: str = ""
    cost: Decimal | None = None
    judge_trace_id: str = ""
    assessment_id: str = ""
    updated_at: str = ""
