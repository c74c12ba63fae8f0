"""The endpoints of users, roles and permissions."""

from typing import Any

from registry.access import messages as access
from registry.access.roles import RoleService
from registry.access.users import UserService
from registry.wire import Endpoint

__all__ = ("endpoints",)

USERS = "/2.0/mlflow/users"
PERMISSIONS = "/3.0/mlflow/users/permissions"
ROLES = "/3.0/mlflow/roles"


def endpoints(users: UserService, roles: RoleService) -> list[Endpoint[Any]]:
    """Every endpoint of users, roles and permissions, for MLflow's table."""
    return [*_users(users), *_permissions(roles), *_roles(roles)]


def _users(service: UserService) -> list[Endpoint[Any]]:
    return [
        Endpoint("POST", f"{USERS}/create", access.CreateUser, service.create),
        Endpoint("GET", f"{USERS}/get", access.GetUser, service.get),
        Endpoint("GET", f"{USERS}/list", access.ListUsers, service.list),
        Endpoint("GET", f"{USERS}/current", access.GetCurrentUser, service.current),
        Endpoint("PATCH", f"{USERS}/update-password", access.UpdateUserPassword, service.set_password),
        Endpoint("PATCH", f"{USERS}/update-admin", access.UpdateUserAdmin, service.set_admin),
        Endpoint("DELETE", f"{USERS}/delete", access.DeleteUser, service.delete),
    ]


def _permissions(service: RoleService) -> list[Endpoint[Any]]:
    return [
        Endpoint("POST", f"{PERMISSIONS}/grant", access.GrantUserPermission, service.grant),
        Endpoint("POST", f"{PERMISSIONS}/revoke", access.RevokeUserPermission, service.revoke),
        Endpoint("GET", f"{PERMISSIONS}/get", access.GetUserPermission, service.check),
        Endpoint("GET", f"{PERMISSIONS}/list", access.ListUserPermissions, service.permissions_of),
        Endpoint("GET", "/3.0/mlflow/users/current/permissions", access.ListCurrentUserPermissions, service.permissions_of_caller),
        Endpoint("GET", "/3.0/mlflow/users/roles/list", access.ListUserRoles, service.of_user),
    ]


def _roles(service: RoleService) -> list[Endpoint[Any]]:
    return [
        Endpoint("POST", f"{ROLES}/create", access.CreateRole, service.create),
        Endpoint("GET", f"{ROLES}/get", access.GetRole, service.get),
        Endpoint("GET", f"{ROLES}/list", access.ListRoles, service.list),
        Endpoint("PATCH", f"{ROLES}/update", access.UpdateRole, service.update),
        Endpoint("DELETE", f"{ROLES}/delete", access.DeleteRole, service.delete),
        Endpoint("POST", f"{ROLES}/permissions/add", access.AddRolePermission, service.add_permission),
        Endpoint("DELETE", f"{ROLES}/permissions/remove", access.RemoveRolePermission, service.remove_permission),
        Endpoint("GET", f"{ROLES}/permissions/list", access.ListRolePermissions, service.list_permissions),
        Endpoint("PATCH", f"{ROLES}/permissions/update", access.UpdateRolePermission, service.update_permission),
        Endpoint("POST", f"{ROLES}/assign", access.AssignRole, service.assign),
        Endpoint("DELETE", f"{ROLES}/unassign", access.UnassignRole, service.unassign),
        Endpoint("GET", f"{ROLES}/users/list", access.ListRoleUsers, service.users_of),
    ]
