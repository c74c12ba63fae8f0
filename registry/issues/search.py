"""Which issues a search means, and in what order: decided here, as there are few."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from registry.errors import InvalidParameterValue
from registry.issues.messages import SearchIssues
from registry.issues.store import IssueRow
from registry.search import Clause, parse_filter

__all__ = ("SEVERITIES", "STATUSES", "matching", "ordered")

STATUSES: Final = ("pending", "rejected", "resolved")
SEVERITIES: Final = ("not_an_issue", "low", "medium", "high")
VIEWS: Final = (None, "", "basic", "full")
FILTERED: Final[Mapping[str, Callable[[IssueRow], str | None]]] = {
    "status": lambda row: row.status,
    "source_run_id": lambda row: row.source_run_id,
}


def _gravity(row: IssueRow) -> int:
    return SEVERITIES.index(row.severity) if row.severity in SEVERITIES else -1


ORDERED: Final[Mapping[str, Callable[[IssueRow], Any]]] = {
    "name": lambda row: row.name.lower(),
    "status": lambda row: STATUSES.index(row.status),
    "severity": _gravity,
    "created_timestamp": lambda row: row.created_time,
    "last_updated_timestamp": lambda row: row.last_update_time,
    "last_seen_timestamp": lambda row: row.last_seen_time or row.created_time,
}


def matching(rows: Sequence[IssueRow], request: SearchIssues) -> list[IssueRow]:
    """The issues that a request asks for. Raises ``InvalidParameterValue``."""
    if request.view not in VIEWS:
        raise InvalidParameterValue("view must be basic or full")
    clauses = [_clause(clause) for clause in parse_filter(request.filter_string)]
    wanted = (request.name or "").lower()
    return [
        row
        for row in rows
        if wanted in row.name.lower()
        and (not request.statuses or row.status in request.statuses)
        and (not request.severities or row.severity in request.severities)
        and (not request.categories or not set(request.categories).isdisjoint(row.categories))
        and all(holds(row) for holds in clauses)
    ]


def ordered(rows: Sequence[IssueRow], order_by: Sequence[str], counts: Mapping[str, int]) -> list[IssueRow]:
    """As asked; else the gravest first, then those with most traces, then the newest. Raises ``InvalidParameterValue``."""
    found = sorted(rows, key=lambda row: (_gravity(row), counts.get(row.issue_id, 0), row.created_time, row.issue_id), reverse=True)
    for text in reversed(order_by):  # the last key first: sorting keeps the order of equals
        words = text.split()
        direction = words[1].upper() if len(words) == 2 else "ASC"
        if not 1 <= len(words) <= 2 or words[0] not in ORDERED or direction not in {"ASC", "DESC"}:
            raise InvalidParameterValue(f"Invalid issue order_by: {text!r}. Issues are ordered by {', '.join(ORDERED)}.")
        found.sort(key=ORDERED[words[0]], reverse=direction == "DESC")
    return found


def _clause(clause: Clause) -> Callable[[IssueRow], bool]:
    read = FILTERED.get(clause.key) if clause.entity in {"", "attribute", "attributes"} else None
    if read is None:
        raise InvalidParameterValue(f"Invalid attribute key '{clause.key}' specified. Valid keys are '{sorted(FILTERED)}'")
    if clause.operator not in {"=", "!="} or clause.operand is None or clause.operand.kind != "text":
        raise InvalidParameterValue(f"Invalid comparator for {clause.key}: compare it with = or != and a text in quotes.")
    value, equal = clause.operand.text, clause.operator == "="
    return lambda row: (read(row) == value) is equal and read(row) is not None
