"""MLflow's messages of workspaces. Fields stand in the order in which they are checked."""

from typing import Any

from registry.wire import Message, RequiredText

__all__ = ("CreateWorkspace", "DeleteWorkspace", "GetWorkspace", "ListWorkspaces", "UpdateWorkspace", "WithWorkspace", "WorkspaceView")


class WorkspaceView(Message):
    """A part of the server."""

    name: str
    description: str | None = None
    default_artifact_root: str | None = None


class WithWorkspace(Message):
    """A workspace."""

    workspace: WorkspaceView


class ListWorkspaces(Message):
    """Read all that one may enter."""

    class Response(Message):
        """All of them, the default one first."""

        workspaces: list[WorkspaceView]


class GetWorkspace(Message):
    """Read one."""

    workspace_name: RequiredText


class CreateWorkspace(Message):
    """Make one."""

    name: RequiredText
    description: str | None = None
    default_artifact_root: str | None = None
    trace_archival_config: dict[str, Any] | None = None


class UpdateWorkspace(Message):
    """Describe one anew, or send its artifacts elsewhere; ``""`` takes back what was said."""

    workspace_name: RequiredText
    description: str | None = None
    default_artifact_root: str | None = None
    trace_archival_config: dict[str, Any] | None = None


class DeleteWorkspace(Message):
    """Remove one.

    ``mode``: only if it is empty (``RESTRICT``), with all that is in it (``CASCADE``), or all goes to the default one first (``SET_DEFAULT``).
    """

    workspace_name: RequiredText
    mode: str | None = None
