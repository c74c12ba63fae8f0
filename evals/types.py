"""Judges, what they are asked, and what became of each trace they were meant to see.

A trace that a judge should see passes through these types: ``Candidate`` (it is sealed and matches the filter), ``Key`` (its line in the
ledger), ``Claim`` (one worker's right to judge it now), ``Outcome`` (what came of one attempt), ``Judgement`` (the line, for reading).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Protocol

import msgspec

from tracing.types import Assessment, AssessmentValue, SpanView, Trace

__all__ = (
    "Admission",
    "Assessments",
    "Candidate",
    "Claim",
    "Judge",
    "JudgeCall",
    "JudgeCaller",
    "JudgeReply",
    "JudgeReport",
    "JudgeStats",
    "Judgement",
    "JudgementState",
    "Key",
    "Outcome",
    "ResultType",
    "RunProgress",
    "TraceSource",
    "Verdict",
    "Why",
)


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
    """Where a judgement stands.

    ``SCORED``, ``FAILED``, ``SAMPLED_OUT`` and ``SUPERSEDED`` are final: no worker takes them up. A wider sample reopens what it now
    admits, a run that somebody asked for reopens what failed, and a revision that turns out to be the current one is reopened too.
    """

    QUEUED = "queued"
    CLAIMED = "claimed"
    RETRY = "retry"
    SCORED = "scored"
    FAILED = "failed"
    SAMPLED_OUT = "sampled_out"
    SUPERSEDED = "superseded"


class Candidate(Protocol):
    """A trace that is at rest, as ``tracing.store`` tells of it. ``revision`` is a digest of its spans, ``cursor`` its place among the sealed."""

    @property
    def trace_id(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def cursor(self) -> str: ...


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What a line of the ledger is about: this version of this judge, this revision of this trace."""

    judge_name: str
    judge_version: str
    trace_id: str
    trace_revision: str


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """What a page of candidates changes in the ledger. ``known`` counts those whose line needs no change."""

    queued: list[Key] = []
    sampled_out: dict[Key, str] = {}
    reopened: list[Key] = []
    superseded: list[Key] = []
    known: int = 0

    @property
    def changes(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.queued or self.sampled_out or self.reopened or self.superseded)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One worker's right to judge now. ``attempts`` counts this one; it also tells this claim from a later one on the same line."""

    key: Key
    worker: str
    attempts: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one attempt: a new state, why, what it cost (``None``: not known), and what is to be stored with the trace."""

    state: JudgementState
    reason: str = ""
    cost: Decimal | None = None
    judge_trace_id: str = ""
    assessment: Assessment | None = None
    retry_after: float | None = None
    spent: bool = True
    """Whether the attempt counts. ``False`` when the judge was never at fault, for instance while storage was away."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger. Times are RFC 3339 text in UTC; ``not_before`` is when a retry is due, ``None`` otherwise."""

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
    not_before: str | None = None
    created_at: str = ""
    updated_at: str = ""


class JudgeStats(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one version of a judge. ``mean`` is the mean of ``scored`` numbers, or the share of true; ``None`` when there is none.

    ``cost`` is what the priced judgements cost, ``None`` when no price is known; ``unpriced`` counts judgements without a price.
    """

    scored: int = 0
    failed: int = 0
    waiting: int = 0
    sampled_out: int = 0
    superseded: int = 0
    cost: Decimal | None = None
    unpriced: int = 0
    mean: float | None = None
    mean_of: int = 0
    categories: dict[str, int] = {}


class JudgeReport(msgspec.Struct, frozen=True, kw_only=True):
    """A judge and what became of the traces it was meant to see. ``trouble`` is why it does not get on now, ``""`` while it does."""

    judge: Judge
    stats: JudgeStats
    trouble: str = ""


class RunProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is. ``total`` grows until ``state`` leaves ``listing``; ``skipped`` were judged before or are not in the sample.

    ``reason`` is why it failed, was cancelled, or found nothing to judge; ``""`` otherwise.
    """

    id: str
    judge_name: str
    judge_version: str
    state: Literal["listing", "judging", "done", "failed", "cancelled"] = "listing"
    total: int = 0
    scored: int = 0
    failed: int = 0
    skipped: int = 0
    cost: Decimal | None = None
    reason: str = ""


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Why a trace has the score it has, or none. ``answer`` is a ledger state, or one of the words of ``evals.why``."""

    judge_name: str
    judge_version: str
    trace_id: str
    answer: str
    explanation: str
    judgements: list[Judgement] = []


class TraceSource(Protocol):
    """The traces, as judges see them: ``tracing.store.TraceStore``."""

    async def sealed(
        self,
        after: str | None,
        filter: str | None,
        since_ns: int | None,
        until_ns: int | None,
        limit: int,
    ) -> Sequence[Candidate]:
        """Traces at rest that hold no span of a judge, in the order in which they came to rest, beginning behind ``after``."""
        ...

    async def spans(self, trace_ids: Sequence[str]) -> Mapping[str, Sequence[SpanView]]:
        """What was said in these traces, which is all that a judge reads; those that are not stored are absent."""
        ...

    async def get(self, trace_id: str) -> Trace:
        """The whole trace. Raises ``tracing.errors.TraceNotFound``."""
        ...


class Assessments(Protocol):
    """Where verdicts go: ``tracing.assessments.AssessmentStore``."""

    def put(self, assessments: Sequence[Assessment]) -> None:
        """Write to the journal before returning. Raises ``tracing.errors.Unavailable`` when nothing was kept."""
        ...
