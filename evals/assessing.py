"""From a verdict, or the lack of one, to the assessment that is stored with the trace. Pure."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from evals.types import Claim, Judge, JudgeReply, Verdict
from tracing.types import Assessment

__all__ = ("assessment_id", "cost_of", "rfc3339", "scored", "unscored")


def assessment_id(judge_name: str, trace_id: str, span_id: str = "") -> str:
    """The id of the one opinion that a judge has of a trace (or a span): judging again replaces it, whichever process does it.

    The judge's version and the trace's revision are no part of it. See ``docs/decisions/0004-judgement-ledger.md``.
    """
    return "a-" + hashlib.sha256(f"{judge_name}\0{trace_id}\0{span_id}".encode()).hexdigest()[:32]


def rfc3339(moment: datetime) -> str:
    """A time in UTC with milliseconds, as assessments carry it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cost_of(replies: list[JudgeReply]) -> Decimal | None:
    """What all replies cost together in US dollars; ``None`` as soon as one of them has no known price."""
    costs = [reply.cost for reply in replies]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(costs) else None


def scored(judge: Judge, claim: Claim, verdict: Verdict, replies: list[JudgeReply], note: str, now: datetime) -> Assessment:
    """The assessment of a verdict. ``note`` tells how the verdict came about when it took more than one question."""
    blank = _blank(judge, claim, replies, now)
    metadata = {**blank.metadata, **({"note": note} if note else {})}
    return msgspec.structs.replace(blank, value=verdict.result, rationale=verdict.rationale, metadata=metadata)


def unscored(judge: Judge, claim: Claim, code: str, reason: str, replies: list[JudgeReply], now: datetime) -> Assessment:
    """The assessment of a judge that could not say anything, with the reason.

    It has no value: nobody can take it for a pass or for a zero.
    """
    return msgspec.structs.replace(_blank(judge, claim, replies, now), error_code=code, error_message=reason)


def _blank(judge: Judge, claim: Claim, replies: list[JudgeReply], now: datetime) -> Assessment:
    return Assessment(
        assessment_id=assessment_id(judge.name, claim.key.trace_id),
        trace_id=claim.key.trace_id,
        trace_revision=claim.key.trace_revision,
        name=judge.name,
        source_type="LLM_JUDGE",
        source_id=judge.model,
        judge_name=judge.name,
        judge_version=judge.version,
        judge_trace_id=replies[-1].trace_id if replies else "",
        judge_cost=cost_of(replies),
        metadata=_metadata(claim, replies),
        created_at=rfc3339(now),
        updated_at=rfc3339(now),
    )


def _metadata(claim: Claim, replies: list[JudgeReply]) -> dict[str, str]:
    """Facts beside the verdict; a sum that is not wholly known is left out."""
    sums = {
        "input_tokens": _sum([reply.input_tokens for reply in replies]),
        "output_tokens": _sum([reply.output_tokens for reply in replies]),
    }
    known = {name: str(value) for name, value in sums.items() if value is not None}
    return {"attempts": str(claim.attempts), "questions": str(len(replies)), **known}


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None
