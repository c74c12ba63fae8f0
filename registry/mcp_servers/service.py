"""MCP servers: registered, changed, found, tagged, removed."""

from typing import Any

from msgspec import UNSET, UnsetType
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.actor import CURRENT
from registry.errors import InvalidParameterValue, ResourceAlreadyExists, ResourceDoesNotExist
from registry.mcp_servers import checks
from registry.mcp_servers import messages as wire
from registry.mcp_servers.finding import find_server, hold_server
from registry.mcp_servers.search import LARGEST_PAGE, SEARCHED_SERVERS
from registry.mcp_servers.search_store import search_servers
from registry.mcp_servers.store import SERVERS, ServerRow
from registry.mcp_servers.views import kept_name, server_views
from registry.outbound.guard import AddressGuard
from registry.runs.types import Metadata, now_ms
from registry.search import next_token, offset_of
from registry.search.attributes import parse_conditions, parse_orders, search_size
from registry.versioned.types import Owners
from registry.workspaces.scope import current

__all__ = ("McpServerService", "new_server")


class McpServerService:
    """What is done with servers. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata, guard: AddressGuard, owners: Owners) -> None:
        self._metadata = metadata
        self._guard = guard
        self._owners = owners

    async def create(self, request: wire.CreateMcpServer) -> wire.McpServer:
        """Register a server."""
        checks.read_server_name(request.name)
        icons = await checks.written_icons(self._guard, request.icons)
        row = new_server(request.name, description=request.description, icons=icons)

        def write(connection: Connection) -> wire.McpServer:
            SERVERS.insert(connection, row)
            return server_views(connection, [find_server(connection, request.name)])[0]

        try:
            made = await self._metadata.run(write)
        except IntegrityError:
            raise ResourceAlreadyExists(f"MCP server with name '{request.name}' already exists") from None
        await self._owners.made("mcp_server", kept_name(row))
        return made

    async def get(self, request: wire.GetMcpServer) -> wire.McpServer:
        """One server."""

        def read(connection: Connection) -> wire.McpServer:
            server = SERVERS.read(connection, workspace=current(), name=request.server)
            if server is None:
                raise ResourceDoesNotExist(f"MCP server '{request.server}' not found")
            return server_views(connection, [server])[0]

        return await self._metadata.read(read)

    async def search(self, request: wire.SearchMcpServers) -> wire.SearchMcpServers.Response:
        """A page of servers."""
        size, offset = search_size(request.max_results, LARGEST_PAGE), offset_of(request.page_token)
        conditions, order = parse_conditions(SEARCHED_SERVERS, request.filter_string), parse_orders(SEARCHED_SERVERS, request.order_by)
        workspace = current()

        def read(connection: Connection) -> tuple[list[wire.McpServer], bool]:
            found = search_servers(connection, workspace, conditions, order, offset=offset, limit=size + 1)
            return server_views(connection, found[:size]), len(found) > size

        page, more = await self._metadata.read(read)
        return wire.SearchMcpServers.Response(mcp_servers=page, next_page_token=next_token(offset + size) if more else None)

    async def update(self, request: wire.UpdateMcpServer) -> wire.McpServer:
        """Change the fields that are given."""
        if request.latest_version is not UNSET:
            raise InvalidParameterValue(
                "Invalid request: Value error, latest_version is read-only; it is resolved automatically from semantic-version ordering"
            )
        changes: dict[str, Any] = {"last_updated_by": CURRENT.get().name or None, "last_updated_at": now_ms()}
        if request.description is not UNSET:
            changes["description"] = request.description
        if not isinstance(request.display_name, UnsetType):
            checks.check_length("display_name", request.display_name, checks.LONGEST_NAME)
            changes["display_name"] = request.display_name
        if not isinstance(request.icons, UnsetType):
            changes["icons"] = await checks.written_icons(self._guard, request.icons)

        def write(connection: Connection) -> wire.McpServer:
            SERVERS.change(connection, find_server(connection, request.server).id, changes)
            return server_views(connection, [find_server(connection, request.server)])[0]

        return await self._metadata.run(write)

    async def delete(self, request: wire.DeleteMcpServer) -> None:
        """Remove a server, unless a version of it is active."""

        def write(connection: Connection) -> ServerRow:
            server = hold_server(connection, request.server)
            if server.status == "active":
                raise InvalidParameterValue(
                    f"Cannot delete MCP server '{server.name}' while it still has an active version ('{server.latest}'). "
                    "Delete or deactivate the active version first."
                )
            SERVERS.delete(connection, server.id)
            return server

        await self._owners.removed("mcp_server", kept_name(await self._metadata.run(write)))

    async def set_tag(self, request: wire.SetMcpServerTag) -> None:
        """Put a tag on a server."""
        checks.check_length("key", request.key, checks.LONGEST_KEY)
        checks.check_length("value", request.value, checks.LONGEST_VALUE)

        def write(connection: Connection) -> None:
            SERVERS.put_tag(connection, find_server(connection, request.server).id, request.key, request.value)

        await self._metadata.run(write)

    async def delete_tag(self, request: wire.DeleteMcpServerTag) -> None:
        """Remove a tag of a server."""

        def write(connection: Connection) -> None:
            server = SERVERS.read(connection, workspace=current(), name=request.server)
            if server is None or not SERVERS.delete_tag(connection, server.id, request.key):
                raise ResourceDoesNotExist(f"Tag '{request.key}' not found on MCP server '{request.server}'")

        await self._metadata.run(write)


def new_server(name: str, *, description: str | None = None, icons: list[dict[str, Any]] | None = None) -> ServerRow:
    """A server of whoever asks, in the request's workspace."""
    actor, now = CURRENT.get().name or None, now_ms()
    return ServerRow(
        workspace=current(),
        name=name,
        description=description,
        icons=icons,
        created_by=actor,
        last_updated_by=actor,
        created_at=now,
        last_updated_at=now,
    )
