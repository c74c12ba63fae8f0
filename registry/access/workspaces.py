"""Workspaces as MLflow's client asks for them: there is one, ``default``, and everything is in it."""

from typing import Any, Final

from registry.access.types import DEFAULT_WORKSPACE
from registry.errors import FeatureDisabled, ResourceDoesNotExist
from registry.wire import Endpoint, Message, RequiredText

__all__ = ("endpoints",)

PATH: Final = "/3.0/mlflow/workspaces"


class Workspace(Message):
    """What a server is divided into."""

    name: str
    description: str | None = None


class ListWorkspaces(Message):
    """Read them all."""

    class Response(Message):
        """All of them."""

        workspaces: list[Workspace]


class GetWorkspace(Message):
    """Read one."""

    workspace_name: RequiredText

    class Response(Message):
        """The workspace."""

        workspace: Workspace


class CreateWorkspace(Message):
    """Make one."""

    name: RequiredText


class ChangeWorkspace(Message):
    """Change or remove one."""

    workspace_name: RequiredText


def endpoints() -> list[Endpoint[Any]]:
    """All of them."""
    one = f"{PATH}/{{workspace_name}}"
    return [
        Endpoint("GET", PATH, ListWorkspaces, _list),
        Endpoint("POST", PATH, CreateWorkspace, _refuse),
        Endpoint("GET", one, GetWorkspace, _get),
        Endpoint("PATCH", one, ChangeWorkspace, _refuse),
        Endpoint("DELETE", one, ChangeWorkspace, _refuse),
    ]


THE_ONE: Final = Workspace(name=DEFAULT_WORKSPACE, description="Everything on this server.")


async def _list(request: ListWorkspaces) -> ListWorkspaces.Response:
    return ListWorkspaces.Response(workspaces=[THE_ONE])


async def _get(request: GetWorkspace) -> GetWorkspace.Response:
    if request.workspace_name != DEFAULT_WORKSPACE:
        raise ResourceDoesNotExist(f"Workspace '{request.workspace_name}' not found")
    return GetWorkspace.Response(workspace=THE_ONE)


async def _refuse(request: Message) -> None:
    raise FeatureDisabled(f"This server has one workspace, '{DEFAULT_WORKSPACE}'. Roles and permissions keep teams apart in it.")
