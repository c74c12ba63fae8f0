"""MLflow's messages of assessments."""

from typing import Any

from registry.wire import Message, RequiredText, WireEnum

__all__ = (
    "Assessment",
    "AssessmentError",
    "AssessmentSource",
    "CreateAssessment",
    "DeleteAssessment",
    "Expectation",
    "Feedback",
    "GetAssessmentRequest",
    "IssueReference",
    "SerializedValue",
    "SourceType",
    "UpdateAssessment",
)


class SourceType(WireEnum):
    """Who assessed."""

    SOURCE_TYPE_UNSPECIFIED = "SOURCE_TYPE_UNSPECIFIED", 0
    HUMAN = "HUMAN", 1
    LLM_JUDGE = "LLM_JUDGE", 2
    CODE = "CODE", 3


class AssessmentSource(Message):
    """Who assessed, and which one of them."""

    source_type: SourceType | None = None
    source_id: str | None = None


class AssessmentError(Message):
    """Why there is no verdict."""

    error_code: str | None = None
    error_message: str | None = None
    stack_trace: str | None = None


class SerializedValue(Message):
    """A value that is a list or an object, as text."""

    serialization_format: str | None = None
    value: str | None = None


class Expectation(Message):
    """What would have been right; one of the two."""

    value: Any = None
    serialized_value: SerializedValue | None = None


class Feedback(Message):
    """A verdict, or why there is none."""

    value: Any = None
    error: AssessmentError | None = None


class IssueReference(Message):
    """A known problem that the trace is an example of."""

    issue_name: RequiredText


class Assessment(Message):
    """What somebody said of a trace, or of one of its spans: one of feedback, expectation and issue."""

    assessment_id: str | None = None
    assessment_name: RequiredText
    trace_id: str | None = None
    span_id: str | None = None
    source: AssessmentSource | None = None
    create_time: str | None = None
    last_update_time: str | None = None
    feedback: Feedback | None = None
    expectation: Expectation | None = None
    issue: IssueReference | None = None
    rationale: str | None = None
    error: AssessmentError | None = None
    metadata: dict[str, str] = {}
    overrides: str | None = None
    valid: bool | None = None
    """Always said in answers; in requests, ``None`` means valid."""


class CreateAssessment(Message):
    """Say something of a trace. ``trace_id`` stands in the path."""

    trace_id: RequiredText
    assessment: Assessment

    class Response(Message):
        """As it was stored."""

        assessment: Assessment


class GetAssessmentRequest(Message):
    """One assessment."""

    trace_id: RequiredText
    assessment_id: RequiredText

    class Response(Message):
        """That assessment."""

        assessment: Assessment


class ChangedAssessment(Message):
    """The new values; of which fields, the mask says."""

    assessment_name: str | None = None
    feedback: Feedback | None = None
    expectation: Expectation | None = None
    rationale: str | None = None
    metadata: dict[str, str] = {}
    valid: bool = True


class UpdateAssessment(Message):
    """Change some fields; ``update_mask`` names them, with commas between."""

    trace_id: RequiredText
    assessment_id: RequiredText
    assessment: ChangedAssessment
    update_mask: RequiredText

    class Response(Message):
        """As it is now."""

        assessment: Assessment


class DeleteAssessment(Message):
    """Take back what was said."""

    trace_id: RequiredText
    assessment_id: RequiredText
