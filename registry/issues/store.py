"""Issues in the metadata database: each function is one step of a transaction."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select, update

from storage.genai_tables import issues

__all__ = ("IssueRow", "change_issue", "insert_issue", "read_issue", "read_issues")


class IssueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``issues``."""

    issue_id: str
    experiment_id: int
    name: str
    description: str
    status: str
    severity: str | None
    root_causes: list[str]
    categories: list[str]
    details: dict[str, str]
    source_run_id: str | None
    created_by: str | None
    last_updated_by: str | None
    created_time: int
    last_update_time: int
    last_seen_time: int | None


_COLUMNS: Final = tuple(issues.c[name] for name in IssueRow.__struct_fields__)


def insert_issue(connection: Connection, row: IssueRow) -> None:
    """Store a new issue. Raises ``IntegrityError`` when the id is taken."""
    connection.execute(issues.insert(), msgspec.structs.asdict(row))


def read_issue(connection: Connection, issue_id: str) -> IssueRow | None:
    """One issue."""
    found = connection.execute(select(*_COLUMNS).where(issues.c.issue_id == issue_id)).mappings().first()
    return None if found is None else IssueRow(**found)


def change_issue(connection: Connection, issue_id: str, changes: Mapping[str, Any]) -> None:
    """Set some columns."""
    connection.execute(update(issues).where(issues.c.issue_id == issue_id).values(**changes))


def read_issues(connection: Connection, experiment_id: int | None) -> list[IssueRow]:
    """The issues of an experiment, or all, by their ids. People write them, so they are few."""
    statement = select(*_COLUMNS).order_by(issues.c.issue_id)
    if experiment_id is not None:
        statement = statement.where(issues.c.experiment_id == experiment_id)
    return [IssueRow(**found) for found in connection.execute(statement).mappings()]
