"""The tables of MCP servers: what they are, their versions, and where they are reached.

Times are milliseconds since the epoch, as MLflow's clients read them. ``latest`` and ``status`` of a server are what its versions make of
it; whoever changes a version settles them in the same transaction.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Integer, Table, Text

from storage.metadata_tables import metadata
from storage.metadata_types import Document

__all__ = (
    "mcp_access_endpoints",
    "mcp_server_aliases",
    "mcp_server_tags",
    "mcp_server_version_tags",
    "mcp_server_versions",
    "mcp_servers",
)

_OF_SERVER: Final = (["server_id"], ["mcp_servers.id"])

mcp_servers: Final = Table(
    "mcp_servers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("workspace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("display_name", Text),
    Column("description", Text),
    Column("icons", Document),
    Column("latest", Text),
    Column("status", Text),
    Column("created_by", Text),
    Column("last_updated_by", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("last_updated_at", BigInteger, nullable=False),
    Index("ix_mcp_servers_workspace_name", "workspace", "name", unique=True),
)

# `precedence` is a text whose bytes are in the order of semantic versions.
mcp_server_versions: Final = Table(
    "mcp_server_versions",
    metadata,
    Column("server_id", Integer, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("precedence", Text, nullable=False),
    Column("server_json", Document, nullable=False),
    Column("status", Text, nullable=False),
    Column("tools", Document),
    Column("source", Text),
    Column("connect_options", Document),
    Column("created_by", Text),
    Column("last_updated_by", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("last_updated_at", BigInteger, nullable=False),
    ForeignKeyConstraint(*_OF_SERVER, ondelete="CASCADE"),
)

mcp_server_tags: Final = Table(
    "mcp_server_tags",
    metadata,
    Column("server_id", Integer, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(*_OF_SERVER, ondelete="CASCADE"),
)

mcp_server_version_tags: Final = Table(
    "mcp_server_version_tags",
    metadata,
    Column("server_id", Integer, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(*_OF_SERVER, ondelete="CASCADE"),
)

mcp_server_aliases: Final = Table(
    "mcp_server_aliases",
    metadata,
    Column("server_id", Integer, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("version", Text, nullable=False),
    ForeignKeyConstraint(*_OF_SERVER, ondelete="CASCADE"),
)

# An endpoint leads to a version, or to an alias, of which `latest` is one.
mcp_access_endpoints: Final = Table(
    "mcp_access_endpoints",
    metadata,
    Column("id", Text, primary_key=True),
    Column("server_id", Integer, nullable=False),
    Column("server_version", Text),
    Column("server_alias", Text),
    Column("url", Text, nullable=False),
    Column("transport_type", Text, nullable=False),
    Column("created_by", Text),
    Column("last_updated_by", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("last_updated_at", BigInteger, nullable=False),
    ForeignKeyConstraint(*_OF_SERVER, ondelete="CASCADE"),
    Index("ix_mcp_access_endpoints_server_id", "server_id"),
)
