"""Assessments between MLflow's messages and the stored form."""

from typing import Any, Final, Literal
from uuid import uuid4

import msgspec

from registry.errors import InvalidParameterValue
from registry.traces import assessment_messages as wire
from registry.traces.times import timestamp_ms, timestamp_text
from tracing.payload import decode, encode
from tracing.types import Assessment, AssessmentSource, AssessmentValue

__all__ = ("assessment_message", "new_assessment", "value_of_expectation", "value_of_feedback")

JSON: Final = "JSON_FORMAT"
MAX_NAME: Final = 250


def new_assessment(given: wire.Assessment, trace_id: str, now_ms: int) -> Assessment:
    """What is to be stored. Raises ``InvalidParameterValue``."""
    if len(given.assessment_name) > MAX_NAME:
        raise InvalidParameterValue(f"'assessment_name' exceeds the maximum length of {MAX_NAME} characters")
    kind, value, error = _said(given)
    source_type, source_id = _source(given.source)
    created = timestamp_ms(given.create_time, "assessment.create_time") if given.create_time else now_ms
    updated = timestamp_ms(given.last_update_time, "assessment.last_update_time") if given.last_update_time else created
    error = error or given.error
    return Assessment(
        assessment_id=given.assessment_id or f"a-{uuid4().hex}",
        trace_id=trace_id,
        span_id=given.span_id or "",
        name=given.assessment_name,
        kind=kind,
        value=value,
        rationale=given.rationale or "",
        source_type=source_type,
        source_id=source_id,
        error_code=(error.error_code or "ERROR") if error else "",
        error_message=(error.error_message or "") if error else "",
        error_stack=(error.stack_trace or "") if error else "",
        overrides=given.overrides or "",
        valid=given.valid is not False,
        metadata=given.metadata,
        created_at=timestamp_text(created),
        updated_at=timestamp_text(updated),
    )


def assessment_message(stored: Assessment, trace_id: str) -> wire.Assessment:
    """The same, the other way; ``trace_id`` is the name that clients know."""
    return wire.Assessment(
        assessment_id=stored.assessment_id,
        assessment_name=stored.name,
        trace_id=trace_id,
        span_id=stored.span_id or None,
        source=wire.AssessmentSource(source_type=wire.SourceType[stored.source_type], source_id=stored.source_id),
        create_time=stored.created_at,
        last_update_time=stored.updated_at,
        feedback=_feedback(stored) if stored.kind == "FEEDBACK" else None,
        expectation=_expectation(stored) if stored.kind == "EXPECTATION" else None,
        issue=wire.IssueReference(issue_name=str(stored.value)) if stored.kind == "ISSUE" else None,
        rationale=stored.rationale or None,
        metadata={**_judge(stored), **stored.metadata},
        overrides=stored.overrides or None,
        valid=stored.valid,
    )


def value_of_feedback(given: wire.Feedback) -> AssessmentValue:
    """The verdict."""
    return _value(given.value)


def value_of_expectation(given: wire.Expectation) -> AssessmentValue:
    """What would have been right. Raises ``InvalidParameterValue``."""
    serialized = given.serialized_value
    if serialized is None:
        return _value(given.value)
    if serialized.serialization_format not in (None, JSON):
        raise InvalidParameterValue(f"Unknown serialization format: {serialized.serialization_format}. Only JSON_FORMAT is supported.")
    return _value(decode(serialized.value or "null"))


def _said(given: wire.Assessment) -> tuple[Literal["FEEDBACK", "EXPECTATION", "ISSUE"], AssessmentValue, wire.AssessmentError | None]:
    if given.expectation is not None:
        return "EXPECTATION", value_of_expectation(given.expectation), None
    if given.feedback is not None:
        return "FEEDBACK", value_of_feedback(given.feedback), given.feedback.error
    if given.issue is not None:
        return "ISSUE", given.issue.issue_name, None
    raise InvalidParameterValue("An assessment says one thing: give `feedback`, `expectation` or `issue`.")


def _source(given: wire.AssessmentSource | None) -> tuple[AssessmentSource, str]:
    if given is None or given.source_type in (None, wire.SourceType.SOURCE_TYPE_UNSPECIFIED):
        return "CODE", (given.source_id if given else None) or "default"
    return msgspec.convert(given.source_type.value, AssessmentSource), given.source_id or "default"


def _value(given: Any) -> AssessmentValue:
    """Any value of JSON; whole numbers become floats, as protobuf's do. Raises ``InvalidParameterValue``."""
    if isinstance(given, bool) or not isinstance(given, int):
        return given
    try:
        return float(given)
    except OverflowError:
        raise InvalidParameterValue("A number in an assessment must be within ±1.8e308; send larger ones as text.") from None


def _feedback(stored: Assessment) -> wire.Feedback:
    if not stored.error_code:
        return wire.Feedback(value=stored.value)
    error = wire.AssessmentError(
        error_code=stored.error_code, error_message=stored.error_message or None, stack_trace=stored.error_stack or None
    )
    return wire.Feedback(value=stored.value, error=error)


def _expectation(stored: Assessment) -> wire.Expectation:
    if isinstance(stored.value, list | dict):
        return wire.Expectation(serialized_value=wire.SerializedValue(serialization_format=JSON, value=encode(stored.value)))
    return wire.Expectation(value=stored.value)


def _judge(stored: Assessment) -> dict[str, str]:
    """Which judge of ours it was, and where its own trace and costs are, in MLflow's words."""
    named = {
        "mlflow.assessment.scorerName": stored.judge_name,
        "mlflow.assessment.scorerVersion": stored.judge_version,
        "mlflow.assessment.scorerTraceId": f"tr-{stored.judge_trace_id}" if stored.judge_trace_id else "",
        "mlflow.assessment.judgeCost": "" if stored.judge_cost is None else str(stored.judge_cost),
    }
    return {key: value for key, value in named.items() if value}
