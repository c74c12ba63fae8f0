"""The tables of MCP servers: what they are, their versions, and where they are reached.

``latest`` and ``status`` of a server are what its versions make of it; whoever changes a version settles them in the same transaction.
"""

from typing import Final

from sqlalchemy import Column, Index, Integer, Table, Text

from storage.metadata_tables import metadata
from storage.metadata_types import Document
from storage.versioned_tables import changed_columns, of_thing, versioned_tables

__all__ = ("MCP_SERVERS", "mcp_access_endpoints", "mcp_server_aliases", "mcp_server_versions", "mcp_servers")

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
    *changed_columns(),
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
    *changed_columns(),
    of_thing(mcp_servers, "server_id"),
)

MCP_SERVERS: Final = versioned_tables(mcp_servers, mcp_server_versions, owner="server_id", prefix="mcp_server")
mcp_server_aliases: Final = MCP_SERVERS.aliases

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
    *changed_columns(),
    of_thing(mcp_servers, "server_id"),
    Index("ix_mcp_access_endpoints_server_id", "server_id"),
)
