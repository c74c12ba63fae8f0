"""Issues: written down, changed, found."""

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol
from uuid import uuid4

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.errors import InvalidParameterValue, ResourceAlreadyExists, ResourceDoesNotExist
from registry.issues import messages as wire
from registry.issues import store
from registry.issues.search import SEVERITIES, STATUSES, matching, ordered
from registry.issues.store import IssueRow
from registry.reviews.checks import page_size
from registry.runs.checks import experiment_number
from registry.runs.experiments import active_experiment
from registry.runs.reading import find_run
from registry.runs.types import Metadata, now_ms
from registry.search import next_token, offset_of

__all__ = ("IssueService", "TraceCounts")

MAX_TEXT: Final = 250
MAX_ENTRIES: Final = 100
_ID: Final = re.compile(r"iss-[A-Za-z0-9_-]{1,32}")


class TraceCounts(Protocol):
    """How many traces each issue has."""

    async def by_issue(self, issue_ids: Sequence[str]) -> dict[str, int]:
        """Counts; issues without a trace are absent."""
        ...


class IssueService:
    """What is done with issues. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata, counts: TraceCounts) -> None:
        self._metadata = metadata
        self._counts = counts

    async def create(self, request: wire.CreateIssue) -> wire.CreateIssue.Response:
        """Write down a problem."""
        _check(request)
        if request.issue_id is not None and not _ID.fullmatch(request.issue_id):
            raise InvalidParameterValue("issue_id must be iss-* and at most 36 characters")
        row = _new(request)

        def write(connection: Connection) -> None:
            active_experiment(connection, row.experiment_id)
            if row.source_run_id and find_run(connection, row.source_run_id).experiment_id != row.experiment_id:
                raise InvalidParameterValue("Source run must belong to the Issue experiment")
            store.insert_issue(connection, row)

        try:
            await self._metadata.run(write)
        except IntegrityError:
            raise ResourceAlreadyExists("Issue ID already exists") from None
        return wire.CreateIssue.Response(issue=_message(row))

    async def get(self, request: wire.GetIssue) -> wire.GetIssue.Response:
        """One problem."""
        return wire.GetIssue.Response(issue=_message(await self._metadata.read(lambda connection: _find(connection, request.issue_id))))

    async def update(self, request: wire.UpdateIssue) -> wire.UpdateIssue.Response:
        """Change the fields that are given."""
        _check(request)
        if overlap := set(request.metadata).intersection(request.delete_metadata_keys):
            raise InvalidParameterValue(f"Cannot update and delete the same key: {', '.join(sorted(overlap))}")

        def write(connection: Connection) -> IssueRow:
            # Written before it is read, which locks it: of two clients that add metadata at once, neither loses what it says.
            store.change_issue(connection, request.issue_id, {"last_update_time": now_ms()})
            store.change_issue(connection, request.issue_id, _changes(request, _find(connection, request.issue_id)))
            return _find(connection, request.issue_id)

        return wire.UpdateIssue.Response(issue=_message(await self._metadata.run(write)))

    async def search(self, request: wire.SearchIssues) -> wire.SearchIssues.Response:
        """A page of problems."""
        size, offset = page_size(request.max_results), offset_of(request.page_token)
        number = experiment_number(request.experiment_id) if request.experiment_id else None
        rows = matching(await self._metadata.read(lambda connection: store.read_issues(connection, number)), request)
        counts = await self._counts.by_issue([row.issue_id for row in rows]) if request.include_trace_count and rows else {}
        found = ordered(rows, request.order_by, counts)
        page = [
            _message(row, counts.get(row.issue_id, 0) if request.include_trace_count else None) for row in found[offset : offset + size]
        ]
        return wire.SearchIssues.Response(
            issues=[_brief(each) for each in page] if request.view == "basic" else page,
            next_page_token=next_token(offset + size) if len(found) > offset + size else "",
            total_count=len(found) if request.include_total_count else None,
        )


def _check(request: wire.CreateIssue | wire.UpdateIssue) -> None:
    if request.name is not None and not 1 <= len(request.name.strip()) <= MAX_TEXT:
        raise InvalidParameterValue(f"Issue name must contain 1 to {MAX_TEXT} characters")
    for field, value, allowed in (("status", request.status, STATUSES), ("severity", request.severity, SEVERITIES)):
        if value is not None and value not in allowed:
            raise InvalidParameterValue(f"Invalid issue {field}: {value!r}. It is one of {', '.join(allowed)}.")
    if request.last_seen_timestamp is not None and request.last_seen_timestamp < 0:
        raise InvalidParameterValue("last_seen_timestamp must be nonnegative milliseconds")
    categories = request.categories or []
    if len(categories) > MAX_ENTRIES or any(not 1 <= len(each.strip()) <= MAX_TEXT for each in categories):
        raise InvalidParameterValue(f"categories must contain at most {MAX_ENTRIES} nonempty strings of at most {MAX_TEXT} characters")
    if len(request.metadata) > MAX_ENTRIES:
        raise InvalidParameterValue(f"metadata must be a string map with at most {MAX_ENTRIES} entries")


def _new(request: wire.CreateIssue) -> IssueRow:
    now = now_ms()
    return IssueRow(
        issue_id=request.issue_id or f"iss-{uuid4().hex}",
        experiment_id=experiment_number(request.experiment_id),
        name=request.name,
        description=request.description,
        status=request.status or STATUSES[0],
        severity=request.severity,
        root_causes=request.root_causes,
        categories=request.categories,
        details=request.metadata,
        source_run_id=request.source_run_id or None,
        created_by=request.created_by,
        last_updated_by=request.created_by,
        created_time=now,
        last_update_time=now,
        last_seen_time=request.last_seen_timestamp,
    )


def _changes(request: wire.UpdateIssue, before: IssueRow) -> dict[str, Any]:
    named = {
        "name": request.name,
        "description": request.description,
        "status": request.status,
        "severity": request.severity,
        "categories": request.categories,
        "last_updated_by": request.last_updated_by,
    }
    details = {key: value for key, value in {**before.details, **request.metadata}.items() if key not in request.delete_metadata_keys}
    if len(details) > MAX_ENTRIES:
        raise InvalidParameterValue(f"metadata must be a string map with at most {MAX_ENTRIES} entries")
    seen = max(request.last_seen_timestamp or 0, before.last_seen_time or 0) or None
    return {key: value for key, value in named.items() if value is not None} | {
        "details": details,
        "last_seen_time": seen,
        "last_update_time": now_ms(),
    }


def _find(connection: Connection, issue_id: str) -> IssueRow:
    found = store.read_issue(connection, issue_id)
    if found is None:
        raise ResourceDoesNotExist(f"Issue with ID '{issue_id}' not found")
    return found


def _message(row: IssueRow, traces: int | None = None) -> wire.Issue:
    return wire.Issue(
        issue_id=row.issue_id,
        experiment_id=str(row.experiment_id),
        name=row.name,
        description=row.description,
        status=row.status,
        severity=row.severity,
        root_causes=row.root_causes,
        source_run_id=row.source_run_id,
        created_timestamp=row.created_time,
        last_updated_timestamp=row.last_update_time,
        created_by=row.created_by,
        categories=row.categories,
        trace_count=traces,
        last_seen_timestamp=row.last_seen_time or row.created_time,
        last_updated_by=row.last_updated_by,
        metadata=row.details,
    )


def _brief(issue: wire.Issue) -> wire.Issue:
    return msgspec.structs.replace(issue, description="", root_causes=[], metadata={})
