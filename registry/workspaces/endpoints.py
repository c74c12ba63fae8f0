"""The endpoints of workspaces."""

from typing import Any, Final

from registry.wire import Endpoint
from registry.workspaces import messages
from registry.workspaces.service import WorkspaceService

__all__ = ("endpoints",)

PATH: Final = "/3.0/mlflow/workspaces"
ONE: Final = f"{PATH}/{{workspace_name}}"


def endpoints(service: WorkspaceService) -> list[Endpoint[Any]]:
    """Every endpoint of workspaces, for MLflow's table."""
    return [
        Endpoint("GET", PATH, messages.ListWorkspaces, service.list),
        Endpoint("POST", PATH, messages.CreateWorkspace, service.create, status=201),
        Endpoint("GET", ONE, messages.GetWorkspace, service.get),
        Endpoint("PATCH", ONE, messages.UpdateWorkspace, service.update),
        Endpoint("DELETE", ONE, messages.DeleteWorkspace, service.delete, status=204),
    ]
