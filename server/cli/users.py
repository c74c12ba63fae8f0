"""``tidegate users list|show|add|password|role|grant|revoke|delete``, and ``tidegate users token …`` in a file of its own."""

import sys
from typing import TYPE_CHECKING

import rich_click as click

from server.cli.api import Api, with_api
from server.cli.errors import BadUsage, Refused
from server.cli.output import emit, json_option, message, plain, show, table
from server.cli.user_tokens import token

if TYPE_CHECKING:
    from registry.access.messages import ListUsers, RoleView

__all__ = ("users",)

USERS = "/api/2.0/mlflow/users"
PERMISSIONS = "/api/3.0/mlflow/users/permissions"
ROLES = "/api/3.0/mlflow/roles"
OWN = "__user_"
"""Begins the names of roles that hold what single users were granted: ``show`` tells of these as permissions."""

PERMISSION_WORDS = ("READ", "USE", "EDIT", "MANAGE", "DENY")
from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from stdin, instead of asking for it.")


@click.group()
def users() -> None:
    """Manage people who sign in, and what they may do."""


users.add_command(token)


@users.command("list")
@json_option
@with_api
def list_users(api: Api, *, as_json: bool) -> None:
    """List users with their roles."""
    from registry.access.messages import ListUsers

    page = api.get(f"{USERS}/list", ListUsers.Response)
    if as_json:
        emit(page)
        return
    if not page.users:
        message("There are no users. `security.users: true` lets people sign in; `tidegate users add NAME` makes one.")
        return
    made = table("name", "admin", "roles", ("permissions", {"justify": "right"}))
    for user in page.users:
        granted = sum(len(role.permissions) for role in user.roles if role.name.startswith(OWN))
        made.add_row(plain(user.username), "yes" if user.is_admin else "", plain(_roles(user)), str(granted) if granted else "")
    show(made)


@users.command("show")
@click.argument("name")
@json_option
@with_api
def show_user(api: Api, name: str, *, as_json: bool) -> None:
    """Show what NAME may do, and by which role."""
    from registry.access.messages import PermissionRows

    rows = api.get(f"{PERMISSIONS}/list", PermissionRows, {"username": name})
    if as_json:
        emit(rows)
        return
    if rows.is_admin:
        message(f"{name} is an administrator and may do everything.")
    made = table("on", "which", "permission", "by")
    for row in rows.permissions:
        by = "granted" if row.role_name.startswith(OWN) else f"role {row.role_name}"
        made.add_row(row.resource_type, plain(row.resource_pattern), row.permission, plain(by))
    show(made)


@users.command("add")
@click.argument("name")
@click.option("--role", "roles", multiple=True, help="Role to give: viewer, editor, admin, or one of your own; may be given several times.")
@click.option("--admin", is_flag=True, help="Let them do everything.")
@from_stdin
@with_api
def add(api: Api, name: str, roles: tuple[str, ...], *, admin: bool, password_stdin: bool) -> None:
    """Make a user called NAME."""
    from registry.access.messages import WithUser

    numbers = [_role(api, role) for role in roles]
    api.post(f"{USERS}/create", {"username": name, "password": _password(from_stdin=password_stdin)}, WithUser)
    if admin:
        api.send("PATCH", f"{USERS}/update-admin", {"username": name, "is_admin": True})
    for number in numbers:
        api.send("POST", f"{ROLES}/assign", {"username": name, "role_id": number})
    known_as = ", ".join((*roles, *(["an administrator"] if admin else [])))
    message(f"The user {name!r} can sign in{', as ' + known_as if known_as else ''}.")


@users.command("password")
@click.argument("name")
@from_stdin
@with_api
def password(api: Api, name: str, *, password_stdin: bool) -> None:
    """Set NAME's password. Their sessions end; their tokens stay."""
    api.send("PATCH", f"{USERS}/update-password", {"username": name, "password": _password(from_stdin=password_stdin)})
    message(f"The password of {name!r} is changed.")


@users.command("role")
@click.argument("name")
@click.argument("role")
@click.option("--remove", is_flag=True, help="Take the role away.")
@with_api
def role(api: Api, name: str, role: str, *, remove: bool) -> None:
    """Give NAME the role ROLE (viewer, editor, admin, or one of your own; WORKSPACE/ROLE for one of another workspace)."""
    asked = {"username": name, "role_id": _role(api, role)}
    if remove:
        api.send("DELETE", f"{ROLES}/unassign", asked)
    else:
        api.send("POST", f"{ROLES}/assign", asked)
    message(f"{name} {'no longer has' if remove else 'has'} the role {role}.")


@users.command("grant")
@click.argument("name")
@click.argument("kind")
@click.argument("resource")
@click.argument("permission", type=click.Choice(PERMISSION_WORDS, case_sensitive=False))
@with_api
def grant(api: Api, name: str, kind: str, resource: str, permission: str) -> None:
    """Let NAME do PERMISSION with RESOURCE of KIND: `grant ada experiment 7 EDIT`; `*` is all of a kind."""
    asked = {"username": name, "resource_type": kind, "resource_id": resource}
    try:
        api.send("POST", f"{PERMISSIONS}/grant", {**asked, "permission": permission.upper()})
    except Refused as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        api.send("POST", f"{PERMISSIONS}/revoke", asked)
        api.send("POST", f"{PERMISSIONS}/grant", {**asked, "permission": permission.upper()})
    message(f"{name} has {permission.upper()} on {kind} {resource}.")


@users.command("revoke")
@click.argument("name")
@click.argument("kind")
@click.argument("resource")
@with_api
def revoke(api: Api, name: str, kind: str, resource: str) -> None:
    """Take back what was granted to NAME on RESOURCE of KIND. What roles say stays."""
    api.send("POST", f"{PERMISSIONS}/revoke", {"username": name, "resource_type": kind, "resource_id": resource})
    message(f"{name} has no permission of their own on {kind} {resource} any more.")


@users.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_api
def delete(api: Api, name: str, *, yes: bool) -> None:
    """Remove NAME with their tokens and permissions. What they made stays."""
    if not yes:
        if not sys.stdin.isatty():
            raise BadUsage(f"removing {name!r} must be confirmed, and there is no terminal to ask at", "Add --yes.")
        click.confirm(f"Remove {name!r} with their tokens and permissions?", abort=True, err=True)
    api.send("DELETE", f"{USERS}/delete", {"username": name})
    message(f"The user {name!r} is removed.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise BadUsage("there is no password on stdin", "Send it there: `… --password-stdin < file`.")
        return given
    if not sys.stdin.isatty():
        raise BadUsage("a password is needed, and there is no terminal to ask at", "Add --password-stdin and send it there.")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked


def _role(api: Api, name: str) -> int:
    """A role's number by its name, or by ``WORKSPACE/NAME``. Raises ``BadUsage``."""
    from registry.access.messages import WithRoles

    workspace, _, name = name.rpartition("/")
    asked = {"workspace": workspace or "default"}
    known = {each.name: each for each in api.get(f"{ROLES}/list", WithRoles, asked).roles if not _is_own(each)}
    if name not in known:
        raise BadUsage(
            f"there is no role {name!r} in the workspace {asked['workspace']!r}",
            f"Roles are {', '.join(sorted(known)) or 'made at the first start with security.users'}.",
        )
    return known[name].id


def _roles(user: "ListUsers.UserWithRoles") -> str:
    return ", ".join(role.name for role in user.roles if not _is_own(role))


def _is_own(role: "RoleView") -> bool:
    return role.name.startswith(OWN)
