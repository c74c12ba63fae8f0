"""Assessments, stored through the journal and read with FINAL: writing one twice under the same id leaves the later one."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from storage.records import SpanLog
from storage.telemetry import Telemetry
from tracing.assessment_rows import AssessmentRecord, assessment, assessment_row, removal_row, score
from tracing.barrier import settled
from tracing.errors import JournalFull
from tracing.types import Assessment, ScoreSummary

__all__ = ("AssessmentStore", "assessments_of", "scores_of")

_COLUMNS: Final = """
    assessment_id, trace_id, span_id, trace_revision, name, kind, value_type, value_number, value_text, rationale, source_type, source_id,
    judge_name, judge_version, judge_trace_id, judge_cost, error_code, error_message, error_stack, overrides, valid, metadata,
    toUnixTimestamp64Milli(created_at) AS created_ms, toUnixTimestamp64Milli(updated_at) AS updated_ms"""

_OF_TRACES: Final = f"""SELECT {_COLUMNS} FROM assessments FINAL
    WHERE project_id = 'default' AND trace_id IN {{trace_ids:Array(String)}} AND valid ORDER BY created_at, assessment_id"""

_EVERY_OF_TRACES: Final = _OF_TRACES.replace("AND valid ", "")

_BY_ID: Final = f"""SELECT {_COLUMNS} FROM assessments FINAL
    WHERE project_id = 'default' AND assessment_id IN {{ids:Array(String)}}"""

_LATEST: Final = f"""SELECT {_COLUMNS} FROM assessments FINAL
    WHERE project_id = 'default' AND trace_id IN {{trace_ids:Array(String)}} AND valid AND kind = 'FEEDBACK'
    ORDER BY name, updated_at DESC, assessment_id LIMIT 1 BY trace_id, name"""


_ISSUES: Final = """SELECT name AS issue_id, uniqExact(trace_id) AS traces FROM assessments FINAL
    WHERE project_id = 'default' AND kind = 'ISSUE' AND name IN {names:Array(String)} GROUP BY name"""


class _IssueCount(msgspec.Struct, frozen=True):
    issue_id: str
    traces: int


class AssessmentStore:
    """Keeps assessments of traces. ``flush`` returns when everything journalled before is stored."""

    def __init__(self, telemetry: Telemetry, log: SpanLog, flush: Callable[[], Awaitable[None]]) -> None:
        self._telemetry = telemetry
        self._log = log
        self._flush = flush

    def put(self, assessments: Sequence[Assessment]) -> None:
        """Journal them, with one write. Raises ``JournalFull`` when none was kept, ``ValueError`` for a time that is not RFC 3339."""
        rows = [assessment_row(given) for given in assessments]
        if rows and not self._log.append([*rows]):
            raise JournalFull("the journal is full: the assessments were not kept", hint="storage must catch up first; see /health")

    async def for_trace(self, trace_id: str) -> list[Assessment]:
        """All valid assessments of a trace and of its spans, the oldest first."""
        await settled(self._flush)
        return await assessments_of(self._telemetry, trace_id)

    async def of_traces(self, trace_ids: Sequence[str]) -> dict[str, list[Assessment]]:
        """All assessments of these traces, overridden ones too, the oldest first; traces without any are absent."""
        if not trace_ids:
            return {}
        await settled(self._flush)
        found: dict[str, list[Assessment]] = {}
        for record in await self._telemetry.query(_EVERY_OF_TRACES, {"trace_ids": list(trace_ids)}, AssessmentRecord):
            found.setdefault(record.trace_id, []).append(assessment(record))
        return found

    def remove(self, given: Assessment) -> None:
        """Journal that this assessment is taken back. Raises ``JournalFull``."""
        if not self._log.append([removal_row(given)]):
            raise JournalFull("the journal is full: the assessment was not removed", hint="storage must catch up first; see /health")

    async def by_issue(self, issue_ids: Sequence[str]) -> dict[str, int]:
        """How many traces bear each of these issues; those that none bears are absent."""
        await settled(self._flush)
        found = await self._telemetry.query(_ISSUES, {"names": list(issue_ids)}, _IssueCount)
        return {each.issue_id: each.traces for each in found}

    async def by_id(self, ids: Sequence[str]) -> dict[str, Assessment]:
        """Assessments by their ids; those that are not stored are absent."""
        await settled(self._flush)
        records = await self._telemetry.query(_BY_ID, {"ids": list(ids)}, AssessmentRecord) if ids else []
        return {record.assessment_id: assessment(record) for record in records}


async def assessments_of(telemetry: Telemetry, trace_id: str) -> list[Assessment]:
    """The assessments of traces, of what is stored already."""
    return [assessment(record) for record in await telemetry.query(_OF_TRACES, {"trace_ids": [trace_id]}, AssessmentRecord)]


async def scores_of(telemetry: Telemetry, trace_ids: Sequence[str]) -> dict[str, list[ScoreSummary]]:
    """The latest feedback of each name, for each of these traces that has any."""
    found: dict[str, list[ScoreSummary]] = {}
    for record in await telemetry.query(_LATEST, {"trace_ids": list(trace_ids)}, AssessmentRecord):
        found.setdefault(record.trace_id, []).append(score(record))
    return found
