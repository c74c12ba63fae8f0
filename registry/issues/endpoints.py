"""The endpoints of issues."""

from typing import Any

from registry.issues import messages as wire
from registry.issues.service import IssueService
from registry.wire import Endpoint

__all__ = ("endpoints",)


def endpoints(service: IssueService) -> list[Endpoint[Any]]:
    """Every endpoint of issues, for MLflow's table."""
    return [
        Endpoint("POST", "/3.0/mlflow/issues", wire.CreateIssue, service.create),
        Endpoint("POST", "/3.0/mlflow/issues/search", wire.SearchIssues, service.search),
        Endpoint("GET", "/3.0/mlflow/issues/{issue_id}", wire.GetIssue, service.get),
        Endpoint("PATCH", "/3.0/mlflow/issues/{issue_id}", wire.UpdateIssue, service.update),
    ]
