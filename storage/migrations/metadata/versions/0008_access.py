"""Users, roles, permissions and tokens."""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Moment

revision = "0008_access"
down_revision = "0001_prompts_and_judgements"


def upgrade() -> None:
    """Create the tables."""
    _users()
    _roles()
    _tokens()


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, autoincrement=True, nullable=False)


def _users() -> None:
    op.create_table(
        "users",
        _number(),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("is_admin", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
    )
    op.create_index("ix_users_username", "users", ["username"], unique=True)


def _roles() -> None:
    op.create_table(
        "access_roles",
        _number(),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_access_roles"),
    )
    op.create_index("ix_access_roles_workspace_name", "access_roles", ["workspace", "name"], unique=True)
    op.create_table(
        "role_permissions",
        _number(),
        sa.Column("role_id", sa.Integer, nullable=False),
        sa.Column("resource_type", sa.Text, nullable=False),
        sa.Column("resource_pattern", sa.Text, nullable=False),
        sa.Column("permission", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_role_permissions"),
        sa.ForeignKeyConstraint(["role_id"], ["access_roles.id"], name="fk_role_permissions_access_roles", ondelete="CASCADE"),
    )
    one = ["role_id", "resource_type", "resource_pattern"]
    op.create_index("ix_role_permissions_role_id_resource_type_resource_pattern", "role_permissions", one, unique=True)
    op.create_index("ix_role_permissions_resource_type_resource_pattern", "role_permissions", one[1:])
    op.create_table(
        "user_roles",
        _number(),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("role_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_roles"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_roles_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["access_roles.id"], name="fk_user_roles_access_roles", ondelete="CASCADE"),
    )
    op.create_index("ix_user_roles_user_id_role_id", "user_roles", ["user_id", "role_id"], unique=True)
    op.create_index("ix_user_roles_role_id", "user_roles", ["role_id"])


def _tokens() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment),
        sa.PrimaryKeyConstraint("id", name="pk_access_tokens"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_access_tokens_users", ondelete="CASCADE"),
    )
    op.create_index("ix_access_tokens_digest", "access_tokens", ["digest"], unique=True)
    op.create_index("ix_access_tokens_user_id_name", "access_tokens", ["user_id", "name"], unique=True)
    op.create_table(
        "access_versions",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_access_versions"),
    )
    op.execute(sa.text("INSERT INTO access_versions (id, version) VALUES (1, 0)"))
