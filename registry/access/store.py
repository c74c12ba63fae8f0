"""Users, roles and tokens in the metadata database: each function is one step of a transaction. SQLite and PostgreSQL alike."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from registry.access.permissions import Grant
from registry.access.types import Role, RoleGrant, Token, User
from storage.access_tables import access_roles, access_tokens, access_versions, role_permissions, user_roles, users

__all__ = (
    "Accounts",
    "add_grant",
    "assign",
    "assignments_of_role",
    "change_grant",
    "change_role",
    "change_user",
    "count_users",
    "delete_grant",
    "delete_role",
    "delete_token",
    "delete_user",
    "forget_resource",
    "insert_role",
    "insert_token",
    "insert_user",
    "read_accounts",
    "read_grant",
    "read_role",
    "read_role_named",
    "read_tokens",
    "read_user",
    "rename_resource",
    "roles",
    "roles_of",
    "set_grant",
    "touch",
    "unassign",
    "version",
)


class Accounts(msgspec.Struct, frozen=True):
    """All that decides who a request comes from: users with the hashes of their passwords, their grants, and tokens by digest."""

    version: int
    users: dict[str, tuple[User, str]]
    grants: dict[int, list[tuple[str, str, Grant]]]
    """By user: workspace and name of the role, and what it grants."""
    role_names: dict[int, set[tuple[str, str]]]
    """By user: workspaces and names of roles."""
    tokens: dict[str, tuple[int, datetime | None]]


def read_accounts(connection: Connection) -> Accounts:
    """All users, roles and tokens, read at one moment."""
    grants: dict[int, list[tuple[str, str, Grant]]] = defaultdict(list)
    names: dict[int, set[tuple[str, str]]] = defaultdict(set)
    joined = (
        select(user_roles.c.user_id, access_roles.c.workspace, access_roles.c.name, role_permissions)
        .join(access_roles, access_roles.c.id == user_roles.c.role_id)
        .outerjoin(role_permissions, role_permissions.c.role_id == access_roles.c.id)
    )
    for row in connection.execute(joined):
        names[row.user_id].add((row.workspace, row.name))
        if row.permission is not None:
            grants[row.user_id].append((row.workspace, row.name, Grant(row.resource_type, row.resource_pattern, row.permission)))
    return Accounts(
        version=version(connection),
        users={row.username: (_user(row), row.password_hash) for row in connection.execute(select(users))},
        grants=dict(grants),
        role_names=dict(names),
        tokens={row.digest: (row.user_id, row.expires_at) for row in connection.execute(select(access_tokens))},
    )


def version(connection: Connection) -> int:
    """The number of changes so far, those of other processes included."""
    return int(connection.scalar(select(access_versions.c.version)) or 0)


def touch(connection: Connection) -> None:
    """Count a change of the accounts."""
    connection.execute(update(access_versions).values(version=access_versions.c.version + 1))


# Users


def count_users(connection: Connection) -> int:
    """0 or 1: whether there is any user."""
    return len(connection.execute(select(users.c.id).limit(1)).all())


def insert_user(connection: Connection, username: str, password_hash: str, *, is_admin: bool = False) -> User:
    """Store a new user. Raises ``IntegrityError`` when the name is taken."""
    row = {"username": username, "password_hash": password_hash, "is_admin": is_admin, "created_at": datetime.now(UTC)}
    return User(_number(connection, insert(users).values(row)), username, is_admin)


def read_user(connection: Connection, username: str) -> User | None:
    """One user."""
    row = connection.execute(select(users).where(users.c.username == username)).first()
    return None if row is None else _user(row)


def change_user(connection: Connection, user_id: int, **changes: Any) -> None:
    """Set columns of a user."""
    connection.execute(update(users).where(users.c.id == user_id).values(**changes))


def delete_user(connection: Connection, user: User, own: str) -> None:
    """Remove a user, and the role that was theirs alone."""
    connection.execute(delete(users).where(users.c.id == user.id))
    connection.execute(delete(access_roles).where(access_roles.c.name == own))


# Roles


def insert_role(connection: Connection, workspace: str, name: str, description: str | None) -> int:
    """Store a new role and give its number. Raises ``IntegrityError`` when the name is taken."""
    return _number(connection, insert(access_roles).values(workspace=workspace, name=name, description=description))


def read_role(connection: Connection, role_id: int) -> Role | None:
    """One role with its permissions."""
    return next(iter(_roles(connection, access_roles.c.id == role_id)), None)


def read_role_named(connection: Connection, workspace: str, name: str) -> Role | None:
    """One role, by its name."""
    return next(iter(_roles(connection, (access_roles.c.workspace == workspace) & (access_roles.c.name == name))), None)


def roles(connection: Connection, workspaces: Iterable[str]) -> list[Role]:
    """The roles of some workspaces, of all when none is named."""
    named = list(workspaces)
    return _roles(connection, access_roles.c.workspace.in_(named) if named else None)


def roles_of(connection: Connection, user_id: int) -> list[Role]:
    """The roles of a user."""
    theirs = select(user_roles.c.role_id).where(user_roles.c.user_id == user_id)
    return _roles(connection, access_roles.c.id.in_(theirs))


def change_role(connection: Connection, role_id: int, **changes: Any) -> None:
    """Set columns of a role. Raises ``IntegrityError`` when the name is taken."""
    connection.execute(update(access_roles).where(access_roles.c.id == role_id).values(**changes))


def delete_role(connection: Connection, role_id: int) -> None:
    """Remove a role with its permissions; nobody has it any more."""
    connection.execute(delete(access_roles).where(access_roles.c.id == role_id))


def assign(connection: Connection, user_id: int, role_id: int) -> int:
    """Give a role to a user; the number of the assignment. Raises ``IntegrityError`` when they have it."""
    return _number(connection, insert(user_roles).values(user_id=user_id, role_id=role_id))


def unassign(connection: Connection, user_id: int, role_id: int) -> bool:
    """Take a role from a user. ``False`` when they did not have it."""
    these = (user_roles.c.user_id == user_id, user_roles.c.role_id == role_id)
    return connection.execute(delete(user_roles).where(*these)).rowcount > 0


def assignments_of_role(connection: Connection, role_id: int) -> list[tuple[int, int]]:
    """Assignments of a role: their numbers, and the users'."""
    found = connection.execute(
        select(user_roles.c.id, user_roles.c.user_id).where(user_roles.c.role_id == role_id).order_by(user_roles.c.id)
    )
    return [(row.id, row.user_id) for row in found]


# Permissions


def add_grant(connection: Connection, role_id: int, grant: Grant) -> RoleGrant:
    """Add a permission to a role. Raises ``IntegrityError`` when it has one on the same."""
    return RoleGrant(_number(connection, insert(role_permissions).values(role_id=role_id, **msgspec.structs.asdict(grant))), role_id, grant)


def set_grant(connection: Connection, role_id: int, grant: Grant) -> None:
    """Give a role this permission in place of the one it has on the same."""
    connection.execute(
        delete(role_permissions).where(role_permissions.c.role_id == role_id, *_on(grant.resource_type, grant.resource_pattern))
    )
    add_grant(connection, role_id, grant)


def read_grant(connection: Connection, grant_id: int) -> RoleGrant | None:
    """One permission of a role."""
    row = connection.execute(select(role_permissions).where(role_permissions.c.id == grant_id)).first()
    return None if row is None else _grant(row)


def change_grant(connection: Connection, grant_id: int, permission: str) -> None:
    """Set the permission of a grant."""
    connection.execute(update(role_permissions).where(role_permissions.c.id == grant_id).values(permission=permission))


def delete_grant(connection: Connection, grant_id: int) -> None:
    """Remove a grant."""
    connection.execute(delete(role_permissions).where(role_permissions.c.id == grant_id))


def forget_resource(connection: Connection, resource_type: str, resource_id: str) -> int:
    """Remove every grant on a thing that is gone. Returns how many there were."""
    return connection.execute(delete(role_permissions).where(*_on(resource_type, resource_id))).rowcount


def rename_resource(connection: Connection, resource_type: str, old: str, new: str) -> int:
    """Move every grant on a thing to its new name. Returns how many there were."""
    return connection.execute(update(role_permissions).where(*_on(resource_type, old)).values(resource_pattern=new)).rowcount


# Tokens


def insert_token(connection: Connection, user_id: int, token: Token, digest: str) -> None:
    """Store a new token. Raises ``IntegrityError`` when the user has one of this name."""
    connection.execute(insert(access_tokens).values(user_id=user_id, digest=digest, **msgspec.structs.asdict(token)))


def read_tokens(connection: Connection, user_id: int) -> list[Token]:
    """The tokens of a user, by name."""
    found = connection.execute(select(access_tokens).where(access_tokens.c.user_id == user_id).order_by(access_tokens.c.name))
    return [Token(row.id, row.name, row.prefix, row.created_at, row.expires_at) for row in found]


def delete_token(connection: Connection, user_id: int, name: str) -> bool:
    """Remove a token. ``False`` when there was none."""
    these = (access_tokens.c.user_id == user_id, access_tokens.c.name == name)
    return connection.execute(delete(access_tokens).where(*these)).rowcount > 0


def _number(connection: Connection, statement: Any) -> int:
    key = connection.execute(statement).inserted_primary_key
    assert key is not None  # noqa: S101 - the tables have one
    return int(key[0])


def _on(resource_type: str, pattern: str) -> tuple[Any, ...]:
    return role_permissions.c.resource_type == resource_type, role_permissions.c.resource_pattern == pattern


def _roles(connection: Connection, where: Any) -> list[Role]:
    wanted = select(access_roles).order_by(access_roles.c.id)
    rows = connection.execute(wanted if where is None else wanted.where(where)).all()
    grants: dict[int, list[RoleGrant]] = defaultdict(list)
    named = role_permissions.c.role_id.in_([row.id for row in rows])
    for row in connection.execute(select(role_permissions).where(named).order_by(role_permissions.c.id)):
        grants[row.role_id].append(_grant(row))
    return [Role(row.id, row.workspace, row.name, row.description, tuple(grants[row.id])) for row in rows]


def _grant(row: Row[Any]) -> RoleGrant:
    return RoleGrant(row.id, row.role_id, Grant(row.resource_type, row.resource_pattern, row.permission))


def _user(row: Row[Any]) -> User:
    return User(row.id, row.username, bool(row.is_admin))
