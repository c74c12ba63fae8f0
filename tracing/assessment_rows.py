"""Assessments as rows of ``assessments``, and back."""

from decimal import Decimal
from typing import Literal

import msgspec

from storage.records import Row
from tracing.payload import decode, encode
from tracing.times import milliseconds_text, nanoseconds
from tracing.types import Assessment, AssessmentSource, AssessmentValue, ScoreSummary

__all__ = ("AssessmentRecord", "assessment", "assessment_row", "removal_row", "score")

ValueType = Literal["NONE", "NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT", "JSON"]
_LONGEST_CATEGORY = 64
_encoder = msgspec.json.Encoder()


class _AssessmentRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row of ``assessments``, to be written."""

    assessment_id: str
    trace_id: str
    span_id: str = ""
    trace_revision: str = ""
    name: str
    kind: str
    value_type: ValueType = "NONE"
    value_number: float | None = None
    value_text: str = ""
    rationale: str = ""
    source_type: str
    source_id: str = ""
    judge_name: str = ""
    judge_version: str = ""
    judge_trace_id: str = ""
    judge_cost: Decimal | None = None
    error_code: str = ""
    error_message: str = ""
    error_stack: str = ""
    overrides: str = ""
    valid: bool = True
    metadata: dict[str, str] = {}
    created_at: str
    updated_at: str
    is_deleted: int = 0


class AssessmentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``assessments``, as it was read."""

    assessment_id: str
    trace_id: str
    span_id: str
    trace_revision: str
    name: str
    kind: Literal["FEEDBACK", "EXPECTATION", "ISSUE"]
    value_type: ValueType
    value_number: float | None
    value_text: str
    rationale: str
    source_type: AssessmentSource
    source_id: str
    judge_name: str
    judge_version: str
    judge_trace_id: str
    judge_cost: Decimal | None
    error_code: str
    error_message: str
    error_stack: str
    overrides: str
    valid: bool
    metadata: dict[str, str]
    created_ms: int
    updated_ms: int


def assessment_row(given: Assessment) -> Row:
    """The row to store. Raises ``ValueError`` for a time that is not RFC 3339."""
    return Row("assessments", _encoder.encode(_row(given)))


def removal_row(given: Assessment) -> Row:
    """The row that takes an assessment back, if it was last updated when ``given`` says, or before."""
    return Row("assessments", _encoder.encode(msgspec.structs.replace(_row(given), is_deleted=1)))


def _row(given: Assessment) -> _AssessmentRow:
    value_type, number, text = _stored(given.value)
    return _AssessmentRow(
        assessment_id=given.assessment_id,
        trace_id=given.trace_id,
        span_id=given.span_id,
        trace_revision=given.trace_revision,
        name=given.name,
        kind=given.kind,
        value_type=value_type,
        value_number=number,
        value_text=text,
        rationale=given.rationale,
        source_type=given.source_type,
        source_id=given.source_id,
        judge_name=given.judge_name,
        judge_version=given.judge_version,
        judge_trace_id=given.judge_trace_id,
        judge_cost=given.judge_cost,
        error_code=given.error_code,
        error_message=given.error_message,
        error_stack=given.error_stack,
        overrides=given.overrides,
        valid=given.valid,
        metadata=given.metadata,
        created_at=_seconds(given.created_at),
        updated_at=_seconds(given.updated_at),
    )


def assessment(record: AssessmentRecord) -> Assessment:
    """The assessment that was stored."""
    return Assessment(
        assessment_id=record.assessment_id,
        trace_id=record.trace_id,
        span_id=record.span_id,
        trace_revision=record.trace_revision,
        name=record.name,
        kind=record.kind,
        value=_value(record),
        rationale=record.rationale,
        source_type=record.source_type,
        source_id=record.source_id,
        judge_name=record.judge_name,
        judge_version=record.judge_version,
        judge_trace_id=record.judge_trace_id,
        judge_cost=record.judge_cost,
        error_code=record.error_code,
        error_message=record.error_message,
        error_stack=record.error_stack,
        overrides=record.overrides,
        valid=record.valid,
        metadata=record.metadata,
        created_at=milliseconds_text(record.created_ms * 1_000_000),
        updated_at=milliseconds_text(record.updated_ms * 1_000_000),
    )


def score(record: AssessmentRecord) -> ScoreSummary:
    """An assessment as a row of the traces table shows it."""
    return ScoreSummary(name=record.name, value=_value(record), error_code=record.error_code, source_type=record.source_type)


def _stored(value: AssessmentValue) -> tuple[ValueType, float | None, str]:
    if value is None:
        return "NONE", None, ""
    if isinstance(value, bool):
        return "BOOLEAN", float(value), "true" if value else "false"
    if isinstance(value, int | float):
        return "NUMERIC", float(value), ""
    if isinstance(value, str):
        return ("CATEGORICAL" if len(value) <= _LONGEST_CATEGORY else "TEXT"), None, value
    return "JSON", None, encode(value)


def _value(record: AssessmentRecord) -> AssessmentValue:
    if record.value_type == "BOOLEAN":
        return record.value_number == 1.0
    if record.value_type == "NUMERIC":
        return record.value_number
    if record.value_type == "JSON":
        return msgspec.convert(decode(record.value_text), list[object] | dict[str, object])
    return record.value_text if record.value_type in ("CATEGORICAL", "TEXT") else None


def _seconds(text: str) -> str:
    milliseconds = nanoseconds(text) // 1_000_000
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"
