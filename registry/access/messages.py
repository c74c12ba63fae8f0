"""MLflow's messages of users, roles and permissions. Fields stand in the order in which they are checked."""

from typing import Any

from registry.wire import Int64, Message, RequiredText

__all__ = (
    "AddRolePermission",
    "AssignRole",
    "CreateRole",
    "CreateUser",
    "DeleteRole",
    "DeleteUser",
    "ExperimentPermission",
    "GetCurrentUser",
    "GetRole",
    "GetUser",
    "GetUserPermission",
    "GrantUserPermission",
    "ListCurrentUserPermissions",
    "ListRolePermissions",
    "ListRoleUsers",
    "ListRoles",
    "ListUserPermissions",
    "ListUserRoles",
    "ListUsers",
    "RegisteredModelPermission",
    "RemoveRolePermission",
    "RevokeUserPermission",
    "ScorerPermission",
    "UnassignRole",
    "UpdateRole",
    "UpdateRolePermission",
    "UpdateUserAdmin",
    "UpdateUserPassword",
    "UserWithPermissions",
)


class UserView(Message):
    """A user; what is kept of the password is told nobody."""

    id: int
    username: str
    is_admin: bool


class RolePermissionView(Message):
    """A permission of a role."""

    id: int
    role_id: int
    resource_type: str
    resource_pattern: str
    permission: str


class RoleView(Message):
    """A role with its permissions."""

    id: int
    name: str
    workspace: str
    description: str | None
    permissions: list[RolePermissionView]


class AssignmentView(Message):
    """A role that a user has."""

    id: int
    user_id: int
    role_id: int


class PermissionRow(Message):
    """A permission that a user has, and the role that gives it."""

    role_id: int
    role_name: str
    workspace: str
    resource_type: str
    resource_pattern: str
    permission: str


class ExperimentPermission(Message):
    """What a user may do with an experiment, in the words of clients up to 3.9."""

    experiment_id: str
    user_id: int
    permission: str


class RegisteredModelPermission(Message):
    """What a user may do with a registered model, in the same words."""

    name: str
    user_id: int
    permission: str
    workspace: str


class ScorerPermission(Message):
    """What a user may do with a scorer, in the same words."""

    experiment_id: str
    scorer_name: str
    user_id: int
    permission: str


class UserWithPermissions(UserView):
    """A user and what they alone were allowed: clients up to 3.9 read no user without it."""

    experiment_permissions: list[ExperimentPermission]
    registered_model_permissions: list[RegisteredModelPermission]
    scorer_permissions: list[ScorerPermission]


class WithUser(Message):
    """A user."""

    user: UserWithPermissions


class WithRole(Message):
    """A role."""

    role: RoleView


class WithRoles(Message):
    """Roles."""

    roles: list[RoleView]


class WithRolePermission(Message):
    """A permission of a role."""

    role_permission: RolePermissionView


class PermissionRows(Message):
    """All that a user may do."""

    is_admin: bool
    permissions: list[PermissionRow]


class CreateUser(Message):
    """Make a user, who is no admin."""

    username: RequiredText
    password: RequiredText


class GetUser(Message):
    """Read a user."""

    username: RequiredText


class ListUsers(Message):
    """Read all users with their roles."""

    class UserWithRoles(UserView):
        """A user and their roles."""

        roles: list[RoleView]

    class Response(Message):
        """All of them."""

        users: "list[ListUsers.UserWithRoles]"


class GetCurrentUser(Message):
    """Ask who one is."""

    class Response(Message):
        """Who signed in; ``is_basic_auth``: with a password that can be changed here."""

        user: UserView
        is_basic_auth: bool


class UpdateUserPassword(Message):
    """Set a password. Whoever sets their own says the old one."""

    username: RequiredText
    password: RequiredText
    current_password: str | None = None


class UpdateUserAdmin(Message):
    """Make a user an admin, or no longer one."""

    username: RequiredText
    is_admin: Any

    # A flag that is not there is missing, and one that is no flag is told as MLflow tells it: by the service.


class DeleteUser(Message):
    """Remove a user."""

    username: RequiredText


class CreateRole(Message):
    """Make a role."""

    name: RequiredText
    workspace: RequiredText
    description: str | None = None


class GetRole(Message):
    """Read a role."""

    role_id: Int64


class ListRoles(Message):
    """Read the roles of workspaces, of all when none is named."""

    workspace: list[str] = []


class UpdateRole(Message):
    """Rename or describe a role."""

    role_id: Int64
    name: str | None = None
    description: str | None = None


class DeleteRole(Message):
    """Remove a role."""

    role_id: Int64


class AddRolePermission(Message):
    """Let a role do more."""

    role_id: Int64
    resource_type: RequiredText
    resource_pattern: RequiredText
    permission: RequiredText


class RemoveRolePermission(Message):
    """Take a permission from a role."""

    role_permission_id: Int64


class ListRolePermissions(Message):
    """Read what a role may do."""

    role_id: Int64

    class Response(Message):
        """All of it."""

        role_permissions: list[RolePermissionView]


class UpdateRolePermission(Message):
    """Change a permission of a role."""

    role_permission_id: Int64
    permission: RequiredText


class AssignRole(Message):
    """Give a role to a user."""

    username: RequiredText
    role_id: Int64

    class Response(Message):
        """What was given."""

        assignment: AssignmentView


class UnassignRole(Message):
    """Take a role from a user."""

    username: RequiredText
    role_id: Int64


class ListUserRoles(Message):
    """Read the roles of a user."""

    username: RequiredText


class ListRoleUsers(Message):
    """Read who has a role."""

    role_id: Int64

    class Response(Message):
        """All of them."""

        assignments: list[AssignmentView]


class GrantUserPermission(Message):
    """Let one user do something with one thing."""

    username: RequiredText
    resource_type: RequiredText
    resource_id: RequiredText
    permission: RequiredText


class RevokeUserPermission(Message):
    """Take that back."""

    username: RequiredText
    resource_type: RequiredText
    resource_id: RequiredText


class GetUserPermission(Message):
    """Ask what a user may do with one thing."""

    username: RequiredText
    resource_type: RequiredText
    resource_id: RequiredText

    class Response(Message):
        """``allowed``: at least to use it."""

        allowed: bool
        permission: str


class ListUserPermissions(Message):
    """Read all that a user may do."""

    username: RequiredText


class ListCurrentUserPermissions(Message):
    """Read all that one may do oneself."""
