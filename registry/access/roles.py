"""Roles, who has them, and what single users were allowed beside them."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.access import messages as access
from registry.access import store
from registry.access.accounts import DENIED, AccessBook, administrator_only, found_role, found_user, self_or_administrator
from registry.access.messages import AssignmentView, PermissionRows, WithRole, WithRolePermission, WithRoles
from registry.access.permissions import ANY, NAMED, PARTS, WORKSPACE, Grant, allows, canonical, check_grant, check_type
from registry.access.types import CALLER, DEFAULT_WORKSPACE, OWN_ROLES, Role, RoleGrant, own_role
from registry.access.users import signed_in
from registry.access.views import grant_view, permission_rows, role_view
from registry.errors import InvalidParameterValue, PermissionDenied, ResourceAlreadyExists, ResourceDoesNotExist

__all__ = ("RoleService", "manages", "own_role_of")

STANDARD: Final = (
    ("viewer", "Reads everything.", tuple(Grant(kind, "*", "READ") for kind in sorted(NAMED))),
    (
        "editor",
        "Makes and changes everything, and calls models.",
        (Grant(WORKSPACE, "*", "USE"), *(Grant(kind, "*", "EDIT") for kind in sorted(NAMED))),
    ),
    ("admin", "Does everything, users and roles too.", (Grant(WORKSPACE, "*", "MANAGE"),)),
)
"""Roles that are there from the start, for those who want no finer ones."""

LONGEST_NAME: Final = 255
"""Characters of a role's name, as MLflow's column holds."""


class RoleService:
    """Everything that is done with roles and permissions. Methods raise the tree of ``registry.errors``."""

    def __init__(self, book: AccessBook) -> None:
        self._book = book

    async def found(self) -> None:
        """Make the standard roles, where there are no roles at all."""

        def write(connection: Connection) -> None:
            if store.roles(connection, []):
                return
            for name, description, grants in STANDARD:
                role_id = store.insert_role(connection, DEFAULT_WORKSPACE, name, description)
                for grant in grants:
                    store.add_grant(connection, role_id, grant)

        await self._book.change(write)

    async def create(self, request: access.CreateRole) -> WithRole:
        """Make a role without permissions."""
        administrator_only()
        _check_name(request.name)
        if not request.workspace.strip():
            raise InvalidParameterValue("Workspace cannot be empty.")

        def write(connection: Connection) -> Role:
            return found_role(connection, store.insert_role(connection, request.workspace, request.name, request.description))

        try:
            return WithRole(role=role_view(await self._book.change(write)))
        except IntegrityError:
            raise ResourceAlreadyExists(f"Role (name={request.name}, workspace={request.workspace}) already exists.") from None

    async def get(self, request: access.GetRole) -> WithRole:
        """A role. Everybody may read roles that they have, and the others of a workspace where they have one; administrators all."""
        return WithRole(role=role_view(await self._visible(request.role_id)))

    async def list(self, request: access.ListRoles) -> WithRoles:
        """The roles of some workspaces. Who has a role in each of them is shown those that are nobody's own, administrators all."""
        caller, places = CALLER.get(), [each for each in request.workspace if each.strip()]
        everything = caller is None or caller.is_administrator
        if caller is not None and not everything and not (places and all(map(caller.has_role_in, places))):
            raise PermissionDenied(DENIED)
        found = await self._book.read(lambda connection: store.roles(connection, request.workspace))
        return WithRoles(roles=[role_view(role) for role in found if everything or not role.name.startswith(OWN_ROLES)])

    async def update(self, request: access.UpdateRole) -> WithRole:
        """Rename or describe a role."""
        administrator_only()
        if request.name is None and request.description is None:
            raise InvalidParameterValue("At least one of 'name' or 'description' must be provided to update a role.")
        changes: dict[str, Any] = {}
        if request.name is not None:
            _check_name(request.name)
            changes["name"] = request.name
        if request.description is not None:
            changes["description"] = request.description

        def write(connection: Connection) -> Role:
            found_role(connection, request.role_id)
            store.change_role(connection, request.role_id, **changes)
            return found_role(connection, request.role_id)

        try:
            return WithRole(role=role_view(await self._book.change(write)))
        except IntegrityError:
            raise ResourceAlreadyExists(f"Role with name={request.name} already exists in its workspace.") from None

    async def delete(self, request: access.DeleteRole) -> None:
        """Remove a role."""
        administrator_only()

        def write(connection: Connection) -> None:
            store.delete_role(connection, found_role(connection, request.role_id).id)

        await self._book.change(write)

    async def add_permission(self, request: access.AddRolePermission) -> WithRolePermission:
        """Add a permission to a role."""
        administrator_only()
        grant = check_grant(request.resource_type, request.resource_pattern, request.permission)

        def write(connection: Connection) -> RoleGrant:
            return store.add_grant(connection, found_role(connection, request.role_id).id, grant)

        try:
            return WithRolePermission(role_permission=grant_view(await self._book.change(write)))
        except IntegrityError:
            raise ResourceAlreadyExists(
                f"Role permission (role_id={request.role_id}, resource_type={grant.resource_type}, "
                f"resource_pattern={grant.resource_pattern}) already exists."
            ) from None

    async def remove_permission(self, request: access.RemoveRolePermission) -> None:
        """Take a permission from a role."""
        administrator_only()

        def write(connection: Connection) -> None:
            store.delete_grant(connection, _found_grant(connection, request.role_permission_id).id)

        await self._book.change(write)

    async def list_permissions(self, request: access.ListRolePermissions) -> access.ListRolePermissions.Response:
        """The permissions of a role."""
        role = await self._visible(request.role_id)
        return access.ListRolePermissions.Response(role_permissions=[grant_view(each) for each in role.grants])

    async def update_permission(self, request: access.UpdateRolePermission) -> WithRolePermission:
        """Change how much a permission of a role permits."""
        administrator_only()

        def write(connection: Connection) -> RoleGrant:
            known = _found_grant(connection, request.role_permission_id).grant
            check_grant(known.resource_type, known.resource_pattern, request.permission)
            store.change_grant(connection, request.role_permission_id, request.permission)
            return _found_grant(connection, request.role_permission_id)

        return WithRolePermission(role_permission=grant_view(await self._book.change(write)))

    async def assign(self, request: access.AssignRole) -> access.AssignRole.Response:
        """Give a role to a user."""
        administrator_only()

        def write(connection: Connection) -> AssignmentView:
            user, role = found_user(connection, request.username), found_role(connection, request.role_id)
            return AssignmentView(id=store.assign(connection, user.id, role.id), user_id=user.id, role_id=role.id)

        try:
            return access.AssignRole.Response(assignment=await self._book.change(write))
        except IntegrityError:
            raise ResourceAlreadyExists(f"User {request.username} already has the role with id={request.role_id}.") from None

    async def unassign(self, request: access.UnassignRole) -> None:
        """Take a role from a user."""
        administrator_only()

        def write(connection: Connection) -> None:
            user = found_user(connection, request.username)
            if not store.unassign(connection, user.id, request.role_id):
                raise ResourceDoesNotExist(f"User {request.username} does not have the role with id={request.role_id}.")

        await self._book.change(write)

    async def of_user(self, request: access.ListUserRoles) -> WithRoles:
        """The roles of a user."""
        self_or_administrator(request.username)
        return WithRoles(roles=[role_view(role) for role in await self._roles_of(request.username)])

    async def users_of(self, request: access.ListRoleUsers) -> access.ListRoleUsers.Response:
        """The users who have a role."""
        administrator_only()

        def read(connection: Connection) -> Sequence[tuple[int, int]]:
            return store.assignments_of_role(connection, found_role(connection, request.role_id).id)

        found = await self._book.read(read)
        return access.ListRoleUsers.Response(
            assignments=[AssignmentView(id=number, user_id=user_id, role_id=request.role_id) for number, user_id in found]
        )

    # What one user may do

    async def grant(self, request: access.GrantUserPermission) -> None:
        """Give one user a permission on one thing. Allowed for whoever manages the thing."""
        manages(request.resource_type, request.resource_id)
        grant = check_grant(request.resource_type, request.resource_id, request.permission)

        def write(connection: Connection) -> None:
            store.add_grant(connection, own_role_of(connection, request.username), grant)

        try:
            await self._book.change(write)
        except IntegrityError:
            raise ResourceAlreadyExists(
                f"Permission for user={request.username} on resource_type={grant.resource_type}, "
                f"resource_id={grant.resource_pattern} already exists."
            ) from None

    async def revoke(self, request: access.RevokeUserPermission) -> None:
        """Take back a permission that one user was given on one thing."""
        check_type(request.resource_type)
        manages(request.resource_type, request.resource_id)
        pattern = canonical(request.resource_type, request.resource_id)

        def write(connection: Connection) -> None:
            user = found_user(connection, request.username)
            role = store.read_role_named(connection, DEFAULT_WORKSPACE, own_role(user.id))
            on = (request.resource_type, pattern)
            known = [each for each in (role.grants if role else ()) if (each.grant.resource_type, each.grant.resource_pattern) == on]
            if not known:
                raise ResourceDoesNotExist(
                    f"Permission for user={request.username} on resource_type={request.resource_type}, resource_id={pattern} not found."
                )
            store.delete_grant(connection, known[0].id)

        await self._book.change(write)

    async def check(self, request: access.GetUserPermission) -> access.GetUserPermission.Response:
        """The permission of a user on one thing, exactly as one of their requests would find it."""
        if (caller := CALLER.get()) is not None and caller.user.username != request.username:
            manages(request.resource_type, request.resource_id)
        check_type(request.resource_type)
        user = await self._book.read(lambda connection: found_user(connection, request.username))
        subject = self._book.index.caller(user)
        permission = subject.permission(request.resource_type, canonical(request.resource_type, request.resource_id))
        return access.GetUserPermission.Response(allowed=allows(permission, "use"), permission=permission)

    async def permissions_of(self, request: access.ListUserPermissions) -> PermissionRows:
        """Every permission of a user."""
        self_or_administrator(request.username)
        return await self._rows(request.username)

    async def permissions_of_caller(self, request: access.ListCurrentUserPermissions) -> PermissionRows:
        """Every permission of the caller."""
        return await self._rows(signed_in().username)

    # What happens to things

    async def made(self, resource_type: str, resource_id: str) -> None:
        """Let the maker of a new thing manage it."""
        if (caller := CALLER.get()) is None:
            return
        grant = Grant(resource_type, canonical(resource_type, resource_id), "MANAGE")
        await self._book.change(lambda connection: store.set_grant(connection, own_role_of(connection, caller.user.username), grant))

    async def renamed(self, resource_type: str, old: str, new: str) -> None:
        """Move the permissions on a thing to its new name."""
        await self._book.change(lambda connection: store.rename_resource(connection, resource_type, old, new))

    async def removed(self, resource_type: str, resource_id: str) -> None:
        """Forget the permissions on a thing that is gone: the next thing of this name is another one."""
        await self._book.change(lambda connection: store.forget_resource(connection, resource_type, resource_id))

    async def _rows(self, username: str) -> PermissionRows:
        user = await self._book.read(lambda connection: found_user(connection, username))
        rows = [row for role in await self._roles_of(username) for row in permission_rows(role)]
        return PermissionRows(is_admin=user.is_admin, permissions=rows)

    async def _roles_of(self, username: str) -> Sequence[Role]:
        return await self._book.read(lambda connection: store.roles_of(connection, found_user(connection, username).id))

    async def _visible(self, role_id: int) -> Role:
        role = await self._book.read(lambda connection: found_role(connection, role_id))
        caller = CALLER.get()
        if caller is None or caller.is_administrator or (caller.has_role_in(role.workspace) and not role.name.startswith(OWN_ROLES)):
            return role
        if role.id in {each.id for each in await self._roles_of(caller.user.username)}:  # what they alone were granted
            return role
        raise PermissionDenied(DENIED)


def _check_name(name: str) -> None:
    if not name.strip():
        raise InvalidParameterValue("Role name cannot be empty.")
    if len(name) > LONGEST_NAME:
        raise InvalidParameterValue(f"'Role name' exceeds the maximum length of {LONGEST_NAME} characters")
    if name.startswith(OWN_ROLES):
        raise InvalidParameterValue(
            f"Names of roles that begin with {OWN_ROLES!r} are kept for what single users were granted: choose another."
        )


def _found_grant(connection: Connection, grant_id: int) -> RoleGrant:
    known = store.read_grant(connection, grant_id) if 0 < grant_id < 2**31 else None
    if known is None:
        raise ResourceDoesNotExist(f"Role permission with id={grant_id} not found")
    return known


def manages(resource_type: str, resource_id: str) -> None:
    """Refuse a caller who may not give permissions on a thing: whoever manages it may.

    The workspace as a whole, and parts of things, are for administrators and their roles.
    """
    if resource_type == WORKSPACE:
        raise InvalidParameterValue("Permissions on 'workspace' are given through roles: add one to a role, and assign the role.")
    caller = CALLER.get()
    if caller is None:
        return
    if resource_id == ANY:  # of the default workspace, whichever one the request is in
        caller = caller.home or caller
    if resource_type in PARTS or not caller.may("manage", resource_type, canonical(resource_type, resource_id)):
        administrator_only()


def own_role_of(connection: Connection, username: str) -> int:
    """The role that holds what one user alone was given. It is made when it is first needed."""
    user = found_user(connection, username)
    known = store.read_role_named(connection, DEFAULT_WORKSPACE, own_role(user.id))
    if known is not None:
        return known.id
    role_id = store.insert_role(connection, DEFAULT_WORKSPACE, own_role(user.id), None)
    store.assign(connection, user.id, role_id)
    return role_id
