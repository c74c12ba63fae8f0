"""The rows of MCP servers, and where they are kept."""

from typing import Any, Final

from registry.versioned.store import VersionedStore
from registry.versioned.types import Thing, Version
from storage.mcp_tables import MCP_SERVERS

__all__ = ("SERVERS", "ServerRow", "VersionRow")


class ServerRow(Thing, frozen=True, kw_only=True):
    """A row of ``mcp_servers``."""

    display_name: str | None = None
    latest: str | None = None


class VersionRow(Version, frozen=True, kw_only=True):
    """A row of ``mcp_server_versions``."""

    server_id: int
    version: str
    precedence: str
    server_json: dict[str, Any]
    tools: list[dict[str, Any]] | None
    source: str | None
    connect_options: dict[str, Any] | None


SERVERS: Final = VersionedStore[ServerRow, VersionRow, str](
    MCP_SERVERS, ServerRow, VersionRow, newest=("precedence", "created_at", "version"), shown=("status",)
)
