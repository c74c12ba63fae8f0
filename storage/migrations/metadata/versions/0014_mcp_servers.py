"""MCP servers, their versions, and where they are reached."""

import sqlalchemy as sa
from alembic import op

from storage.metadata_types import Document

revision = "0014_mcp_servers"
down_revision = "0001_prompts_and_judgements"
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "mcp_servers",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("icons", Document),
        sa.Column("latest", sa.Text),
        sa.Column("status", sa.Text),
        *_changes(),
        sa.PrimaryKeyConstraint("id", name="pk_mcp_servers"),
    )
    op.create_index("ix_mcp_servers_workspace_name", "mcp_servers", ["workspace", "name"], unique=True)
    op.create_table(
        "mcp_server_versions",
        sa.Column("server_id", sa.Integer, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("precedence", sa.Text, nullable=False),
        sa.Column("server_json", Document, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("tools", Document),
        sa.Column("source", sa.Text),
        sa.Column("connect_options", Document),
        *_changes(),
        sa.PrimaryKeyConstraint("server_id", "version", name="pk_mcp_server_versions"),
        _of_server("mcp_server_versions"),
    )
    _part("mcp_server_tags", "key", "value")
    _part("mcp_server_version_tags", "version", "key", "value")
    _part("mcp_server_aliases", "alias", "version")
    op.create_table(
        "mcp_access_endpoints",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("server_id", sa.Integer, nullable=False),
        sa.Column("server_version", sa.Text),
        sa.Column("server_alias", sa.Text),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("transport_type", sa.Text, nullable=False),
        *_changes(),
        sa.PrimaryKeyConstraint("id", name="pk_mcp_access_endpoints"),
        _of_server("mcp_access_endpoints"),
    )
    op.create_index("ix_mcp_access_endpoints_server_id", "mcp_access_endpoints", ["server_id"])


def _part(table: str, *columns: str) -> None:
    """A table of texts; all but the last are its key."""
    op.create_table(
        table,
        sa.Column("server_id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in columns),
        sa.PrimaryKeyConstraint("server_id", *columns[:-1], name=f"pk_{table}"),
        _of_server(table),
    )


def _changes() -> tuple[sa.Column[str], sa.Column[str], sa.Column[int], sa.Column[int]]:
    return (
        sa.Column("created_by", sa.Text),
        sa.Column("last_updated_by", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_updated_at", sa.BigInteger, nullable=False),
    )


def _of_server(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["server_id"], ["mcp_servers.id"], name=f"fk_{table}_mcp_servers", ondelete="CASCADE")
