"""The tables of users, of what they may do, and of their tokens. Passwords and tokens are kept as hashes alone."""

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, Table, Text, false

from storage.metadata_tables import EMPTY, metadata
from storage.metadata_types import Moment

__all__ = ("access_roles", "access_tokens", "access_versions", "role_permissions", "user_roles", "users")

users: Final = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("username", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_admin", Boolean, nullable=False, server_default=false()),
    Column("created_at", Moment, nullable=False),
    Index(None, "username", unique=True),
)

access_roles: Final = Table(
    "access_roles",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("workspace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Index(None, "workspace", "name", unique=True),
)

role_permissions: Final = Table(
    "role_permissions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("role_id", Integer, nullable=False),
    Column("resource_type", Text, nullable=False),
    Column("resource_pattern", Text, nullable=False),
    Column("permission", Text, nullable=False),
    ForeignKeyConstraint(["role_id"], ["access_roles.id"], ondelete="CASCADE"),
    Index(None, "role_id", "resource_type", "resource_pattern", unique=True),
    Index(None, "resource_type", "resource_pattern"),
)

user_roles: Final = Table(
    "user_roles",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("user_id", Integer, nullable=False),
    Column("role_id", Integer, nullable=False),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["role_id"], ["access_roles.id"], ondelete="CASCADE"),
    Index(None, "user_id", "role_id", unique=True),
    Index(None, "role_id"),
)

access_tokens: Final = Table(
    "access_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("prefix", Text, nullable=False, server_default=EMPTY),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index(None, "digest", unique=True),
    Index(None, "user_id", "name", unique=True),
)

# One row, counted up with every change of the tables above: so other processes see that there was one.
access_versions: Final = Table(
    "access_versions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)
