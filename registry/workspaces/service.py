"""Workspaces: making, reading, changing and removing them."""

from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.access import store as access
from registry.access.accounts import AccessBook, administrator_only
from registry.access.roles import STANDARD
from registry.access.types import CALLER
from registry.errors import InvalidParameterValue, InvalidState, PermissionDenied, ResourceAlreadyExists, ResourceDoesNotExist
from registry.models.clock import now
from registry.runs.checks import check_location
from registry.workspaces import store
from registry.workspaces.book import WorkspaceBook
from registry.workspaces.messages import (
    CreateWorkspace,
    DeleteWorkspace,
    GetWorkspace,
    ListWorkspaces,
    UpdateWorkspace,
    WithWorkspace,
    WorkspaceView,
)
from registry.workspaces.names import check_name
from registry.workspaces.scope import DEFAULT
from registry.workspaces.types import Workspace

__all__ = ("WorkspaceService",)

MODES: Final = ("SET_DEFAULT", "CASCADE", "RESTRICT")
THE_DEFAULT: Final = WorkspaceView(name=DEFAULT, description="Everything that was put nowhere else.")


class WorkspaceService:
    """Everything that is done with workspaces. Methods raise the tree of ``registry.errors``."""

    def __init__(self, book: WorkspaceBook, accounts: AccessBook) -> None:
        self._book = book
        self._accounts = accounts

    async def list(self, request: ListWorkspaces) -> ListWorkspaces.Response:
        """All that the caller may enter."""
        caller = CALLER.get()
        found = await self._book.read(store.read_workspaces)
        seen = [_view(each) for each in found if caller is None or caller.belongs_to(each.name)]
        return ListWorkspaces.Response(workspaces=[THE_DEFAULT, *seen])

    async def get(self, request: GetWorkspace) -> WithWorkspace:
        """One of them."""
        name, caller = request.workspace_name, CALLER.get()
        if name == DEFAULT:
            return WithWorkspace(workspace=THE_DEFAULT)
        check_name(name)
        found = await self._book.read(lambda connection: _found(connection, name))
        if caller is not None and not caller.belongs_to(name):
            raise PermissionDenied(f"Permission denied for workspace '{name}'.")
        return WithWorkspace(workspace=_view(found))

    async def create(self, request: CreateWorkspace) -> WithWorkspace:
        """Make one, with the standard roles."""
        administrator_only()
        if request.name == DEFAULT:
            raise InvalidParameterValue(f"The '{DEFAULT}' workspace is reserved and cannot be created")
        check_name(request.name)
        _no_archive(request.trace_archival_config)
        check_location(request.default_artifact_root or "")
        made = Workspace(
            name=request.name,
            description=request.description or "",
            artifact_root=request.default_artifact_root or "",
            created_at=now(),
        )

        def write(connection: Connection) -> None:
            store.insert_workspace(connection, made)
            for name, description, grants in STANDARD:
                role_id = access.insert_role(connection, made.name, name, description)
                for grant in grants:
                    access.add_grant(connection, role_id, grant)

        try:
            await self._book.change(write)
        except IntegrityError:
            raise ResourceAlreadyExists(f"Workspace '{request.name}' already exists.") from None
        return WithWorkspace(workspace=_view(made))

    async def update(self, request: UpdateWorkspace) -> WithWorkspace:
        """Change what is said of one."""
        administrator_only()
        name = request.workspace_name
        _not_the_default(name, "changed")
        check_name(name)
        _no_archive(request.trace_archival_config)
        if request.description is None and request.default_artifact_root is None:
            raise InvalidParameterValue("Workspace update must have at least one key")
        check_location(request.default_artifact_root or "")
        changes = {"description": request.description, "artifact_root": request.default_artifact_root}

        def write(connection: Connection) -> Workspace:
            _found(connection, name)
            store.change_workspace(connection, name, {key: value for key, value in changes.items() if value is not None})
            return _found(connection, name)

        return WithWorkspace(workspace=_view(await self._book.change(write)))

    async def delete(self, request: DeleteWorkspace) -> None:
        """Remove one, as the mode says."""
        administrator_only()
        name, mode = request.workspace_name, request.mode or "RESTRICT"
        _not_the_default(name, "deleted")
        check_name(name)
        if mode not in MODES:
            raise InvalidParameterValue(f"Invalid deletion mode '{mode}'. Must be one of: {', '.join(MODES)}")

        def write(connection: Connection) -> None:
            _found(connection, name)
            EMPTIED[mode](connection, name)
            store.delete_workspace(connection, name)

        await self._book.change(write)
        await self._accounts.change(lambda _: None)  # its roles are gone


def _no_archive(given: object) -> None:
    if given is not None:
        raise InvalidParameterValue(
            "Traces are not archived here: leave out 'trace_archival_config'. They are kept for telemetry.retention_days."
        )


def _restrict(connection: Connection, name: str) -> None:
    left = {"experiments": store.experiments_in(connection, name), "registered_models": len(store.models_in(connection, name))}
    left |= store.others_in(connection, name)
    for table, count in left.items():
        if count:
            raise InvalidState(
                f"Cannot delete workspace '{name}': table '{table}' still contains {count} resource(s). "
                "Remove or reassign them before deleting the workspace."
            )


def _to_default(connection: Connection, name: str) -> None:
    if taken := store.taken_in_default(connection, name):
        listed = ", ".join(repr(each) for each in taken[:20])
        raise InvalidState(f"Cannot move workspace '{name}' to the default workspace: these names are taken there: {listed}.")
    store.move_to_default(connection, name)


EMPTIED: Final[dict[str, Any]] = {"RESTRICT": _restrict, "CASCADE": store.remove_contents, "SET_DEFAULT": _to_default}


def _not_the_default(name: str, what: str) -> None:
    if name == DEFAULT:
        raise InvalidParameterValue(f"The '{DEFAULT}' workspace is reserved and cannot be {what}")


def _found(connection: Connection, name: str) -> Workspace:
    found = store.read_workspace(connection, name)
    if found is None:
        raise ResourceDoesNotExist(f"Workspace '{name}' not found")
    return found


def _view(workspace: Workspace) -> WorkspaceView:
    return WorkspaceView(
        name=workspace.name,
        description=workspace.description or None,
        default_artifact_root=workspace.artifact_root or None,
    )
