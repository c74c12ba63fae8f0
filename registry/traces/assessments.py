"""Assessments: said, read, changed, taken back, overridden."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.runs.types import now_ms
from registry.traces import assessment_messages as wire
from registry.traces.assessment_forms import assessment_message, new_assessment, value_of_expectation, value_of_feedback
from registry.traces.identifiers import stored_id
from registry.traces.reading import TraceReader
from registry.traces.times import timestamp_ms, timestamp_text
from tracing.assessments import AssessmentStore
from tracing.types import Assessment

__all__ = ("AssessmentService",)

NAMES: Final = {"assessmentName": "assessment_name"}


class AssessmentService:
    """What people, judges and code say of traces. Methods raise the tree of ``registry.errors``."""

    def __init__(self, reader: TraceReader, assessments: AssessmentStore) -> None:
        self._reader = reader
        self._assessments = assessments

    async def create(self, request: wire.CreateAssessment) -> wire.CreateAssessment.Response:
        """Keep what is said. What it overrides is no longer valid."""
        trace = await self._reader.one(request.trace_id)
        created = new_assessment(request.assessment, trace.trace_id, now_ms())
        overridden = []
        if created.overrides:
            overridden = [_changed(_pick(trace.assessments, created.overrides, request.trace_id), valid=False)]
        self._assessments.put([created, *overridden])
        return wire.CreateAssessment.Response(assessment=assessment_message(created, trace.wire_id))

    async def get(self, request: wire.GetAssessmentRequest) -> wire.GetAssessmentRequest.Response:
        """One assessment, valid or not."""
        trace = await self._reader.one(request.trace_id)
        found = _pick(trace.assessments, request.assessment_id, request.trace_id)
        return wire.GetAssessmentRequest.Response(assessment=assessment_message(found, trace.wire_id))

    async def update(self, request: wire.UpdateAssessment) -> wire.UpdateAssessment.Response:
        """Change what the mask names; metadata is added to what is there."""
        trace = await self._reader.one(request.trace_id)
        before = _pick(trace.assessments, request.assessment_id, request.trace_id)
        after = _changed(before, **_changes(request, before))
        self._assessments.put([after])
        return wire.UpdateAssessment.Response(assessment=assessment_message(after, trace.wire_id))

    async def delete(self, request: wire.DeleteAssessment) -> None:
        """Take back what was said. What it had overridden is valid again. One that nobody knows is no error."""
        stored = stored_id(request.trace_id)
        trace = await self._reader.one(request.trace_id)
        known = {each.assessment_id: each for each in trace.assessments}
        gone = known.get(request.assessment_id)
        if gone is None:
            return
        if (restored := known.get(gone.overrides)) is not None:
            self._assessments.put([_changed(restored, valid=True)])
        self._assessments.remove(_changed(gone, trace_id=stored))


def _pick(assessments: Sequence[Assessment], assessment_id: str, trace_id: str) -> Assessment:
    found = next((each for each in assessments if each.assessment_id == assessment_id), None)
    if found is None:
        raise ResourceDoesNotExist(f"Assessment with ID '{assessment_id}' not found for trace '{trace_id}'")
    return found


def _changed(before: Assessment, **changes: Any) -> Assessment:
    """A later state: its time is later too, even when the clock has not gone on, as the latest state counts."""
    at = max(now_ms(), timestamp_ms(before.updated_at, "updated_at") + 1)
    return msgspec.structs.replace(before, **changes, updated_at=timestamp_text(at))


def _changes(request: wire.UpdateAssessment, before: Assessment) -> dict[str, Any]:
    given, changes = request.assessment, dict[str, Any]()
    for path in (NAMES.get(each.strip(), each.strip()) for each in request.update_mask.split(",")):
        match path:
            case "assessment_name":
                changes["name"] = given.assessment_name or before.name
            case "feedback":
                changes |= _feedback(given.feedback or wire.Feedback(), before)
            case "expectation":
                changes |= _expectation(given.expectation or wire.Expectation(), before)
            case "rationale":
                changes["rationale"] = given.rationale or ""
            case "metadata":
                changes["metadata"] = {**before.metadata, **given.metadata}
            case "valid":
                changes["valid"] = given.valid
            case _:
                raise InvalidParameterValue(
                    f"The update mask names '{path}'. Fields that can change are assessment_name, feedback, expectation, rationale, metadata, valid."
                )
    return changes


def _feedback(given: wire.Feedback, before: Assessment) -> dict[str, Any]:
    if before.kind != "FEEDBACK":
        raise InvalidParameterValue("Cannot update feedback value on an Expectation assessment.")
    error = given.error or wire.AssessmentError()
    return {
        "value": value_of_feedback(given),
        "error_code": (error.error_code or "ERROR") if given.error else "",
        "error_message": error.error_message or "",
        "error_stack": error.stack_trace or "",
    }


def _expectation(given: wire.Expectation, before: Assessment) -> dict[str, Any]:
    if before.kind != "EXPECTATION":
        raise InvalidParameterValue("Cannot update expectation value on a Feedback assessment.")
    return {"value": value_of_expectation(given)}
