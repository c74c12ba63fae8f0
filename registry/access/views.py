"""Users and roles as MLflow's clients see them."""

from collections.abc import Iterable

from registry.access.messages import (
    ExperimentPermission,
    PermissionRow,
    RegisteredModelPermission,
    RolePermissionView,
    RoleView,
    ScorerPermission,
    UserView,
    UserWithPermissions,
)
from registry.access.permissions import Grant
from registry.access.types import DEFAULT_WORKSPACE, Role, RoleGrant, User

__all__ = (
    "experiment_permission",
    "grant_view",
    "older_word",
    "permission_rows",
    "registered_model_permission",
    "role_view",
    "scorer_permission",
    "user_view",
    "user_with_permissions",
)


def user_view(user: User) -> UserView:
    """A user."""
    return UserView(id=user.id, username=user.username, is_admin=user.is_admin)


def user_with_permissions(user: User, grants: Iterable[Grant]) -> UserWithPermissions:
    """A user, and what they alone were allowed."""
    by_type: dict[str, list[Grant]] = {"experiment": [], "registered_model": [], "scorer": []}
    for each in grants:
        by_type.setdefault(each.resource_type, []).append(each)
    return UserWithPermissions(
        id=user.id,
        username=user.username,
        is_admin=user.is_admin,
        experiment_permissions=[experiment_permission(user.id, each) for each in by_type["experiment"]],
        registered_model_permissions=[registered_model_permission(user.id, each) for each in by_type["registered_model"]],
        scorer_permissions=[scorer_permission(user.id, each) for each in by_type["scorer"]],
    )


def experiment_permission(user_id: int, grant: Grant) -> ExperimentPermission:
    """A permission on an experiment."""
    return ExperimentPermission(experiment_id=grant.resource_pattern, user_id=user_id, permission=older_word(grant))


def registered_model_permission(user_id: int, grant: Grant) -> RegisteredModelPermission:
    """A permission on a registered model."""
    return RegisteredModelPermission(
        name=grant.resource_pattern, user_id=user_id, permission=older_word(grant), workspace=DEFAULT_WORKSPACE
    )


def scorer_permission(user_id: int, grant: Grant) -> ScorerPermission:
    """A permission on a scorer."""
    experiment_id, _, name = grant.resource_pattern.partition("/")
    return ScorerPermission(experiment_id=experiment_id, scorer_name=name, user_id=user_id, permission=older_word(grant))


def older_word(grant: Grant) -> str:
    """A permission in the words of the older clients, which have no ``DENY``."""
    return "NO_PERMISSIONS" if grant.permission == "DENY" else grant.permission


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
