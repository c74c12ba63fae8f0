"""Users and roles as MLflow's clients see them."""

from registry.access.messages import PermissionRow, RolePermissionView, RoleView, UserView
from registry.access.types import Role, RoleGrant, User

__all__ = ("grant_view", "permission_rows", "role_view", "user_view")


def user_view(user: User) -> UserView:
    """A user."""
    return UserView(id=user.id, username=user.username, is_admin=user.is_admin)


def grant_view(given: RoleGrant) -> RolePermissionView:
    """A permission of a role."""
    grant = given.grant
    return RolePermissionView(
        id=given.id,
        role_id=given.role_id,
        resource_type=grant.resource_type,
        resource_pattern=grant.resource_pattern,
        permission=grant.permission,
    )


def role_view(role: Role) -> RoleView:
    """A role."""
    return RoleView(
        id=role.id,
        name=role.name,
        workspace=role.workspace,
        description=role.description,
        permissions=[grant_view(each) for each in role.grants],
    )


def permission_rows(role: Role) -> list[PermissionRow]:
    """What a role lets its users do."""
    return [
        PermissionRow(
            role_id=role.id,
            role_name=role.name,
            workspace=role.workspace,
            resource_type=each.grant.resource_type,
            resource_pattern=each.grant.resource_pattern,
            permission=each.grant.permission,
        )
        for each in role.grants
    ]
