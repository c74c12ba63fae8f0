"""MLflow's messages of issues."""

from registry.wire import Int64, Message, RequiredText

__all__ = ("CreateIssue", "GetIssue", "Issue", "SearchIssues", "UpdateIssue")


class Issue(Message):
    """A known problem."""

    issue_id: str
    experiment_id: str
    name: str
    description: str
    status: str
    severity: str | None = None
    root_causes: list[str] = []
    source_run_id: str | None = None
    created_timestamp: Int64
    last_updated_timestamp: Int64
    created_by: str | None = None
    categories: list[str] = []
    trace_count: int | None = None
    last_seen_timestamp: Int64 | None = None
    last_updated_by: str | None = None
    metadata: dict[str, str] = {}


class CreateIssue(Message):
    """Write down a problem."""

    experiment_id: RequiredText
    name: RequiredText
    description: RequiredText
    status: str | None = None
    severity: str | None = None
    root_causes: list[str] = []
    source_run_id: str | None = None
    created_by: str | None = None
    categories: list[str] = []
    issue_id: str | None = None
    last_seen_timestamp: Int64 | None = None
    metadata: dict[str, str] = {}

    class Response(Message):
        """As it was stored."""

        issue: Issue


class UpdateIssue(Message):
    """Change what is named; metadata is added to, categories are replaced."""

    issue_id: RequiredText
    name: str | None = None
    description: str | None = None
    status: str | None = None
    severity: str | None = None
    categories: list[str] | None = None
    last_seen_timestamp: Int64 | None = None
    last_updated_by: str | None = None
    metadata: dict[str, str] = {}
    delete_metadata_keys: list[str] = []

    class Response(Message):
        """As it is now."""

        issue: Issue


class GetIssue(Message):
    """One problem."""

    issue_id: RequiredText

    class Response(Message):
        """That problem."""

        issue: Issue


class SearchIssues(Message):
    """Problems, the gravest first."""

    experiment_id: str | None = None
    filter_string: str | None = None
    max_results: int | None = None
    page_token: str | None = None
    include_trace_count: bool = False
    name: str | None = None
    statuses: list[str] = []
    severities: list[str] = []
    categories: list[str] = []
    order_by: list[str] = []
    include_total_count: bool = False
    view: str | None = None

    class Response(Message):
        """A page of them."""

        issues: list[Issue] = []
        next_page_token: str | None = None
        """Empty on the last page: these areas of MLflow's always say it."""
        total_count: Int64 | None = None
