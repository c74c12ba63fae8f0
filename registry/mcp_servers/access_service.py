"""Where MCP servers are reached."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from msgspec import UNSET
from sqlalchemy import Connection

from registry.actor import CURRENT
from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.mcp_servers import access_store, checks
from registry.mcp_servers import messages as wire
from registry.mcp_servers.access_store import EndpointRow
from registry.mcp_servers.finding import aliased_version, check_target, find_server, find_version
from registry.mcp_servers.search import ENDPOINTS
from registry.mcp_servers.search_store import EndpointsAsked, search_endpoints
from registry.mcp_servers.views import endpoint_views
from registry.runs.types import Metadata, now_ms
from registry.search import next_token, offset_of
from registry.search.attributes import parse_conditions, parse_orders, search_size
from registry.workspaces.scope import current

__all__ = ("AccessEndpointService",)


class AccessEndpointService:
    """What is done with endpoints. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    async def create(self, request: wire.CreateAccessEndpoint) -> wire.AccessEndpoint:
        """Say where a version, or whatever an alias means, is reached."""
        transport = checks.read_transport(request.transport_type)
        if (request.server_version is None) == (request.server_alias is None):
            raise InvalidParameterValue("Exactly one of server_version or server_alias must be provided")
        checks.check_url(request.url)
        actor, now = CURRENT.get().name or None, now_ms()

        def write(connection: Connection) -> wire.AccessEndpoint:
            server = find_server(connection, request.server)
            _check_target(connection, request.server, request.server_version, request.server_alias, "create")
            row = EndpointRow(
                id=f"ae-{uuid4().hex}",
                server_id=server.id,
                server_version=request.server_version,
                server_alias=request.server_alias,
                url=request.url,
                transport_type=transport,
                created_by=actor,
                last_updated_by=actor,
                created_at=now,
                last_updated_at=now,
            )
            access_store.insert_endpoint(connection, row)
            return _view(connection, request.server, row.id)

        return await self._metadata.run(write)

    async def get(self, request: wire.GetAccessEndpoint) -> wire.AccessEndpoint:
        """One endpoint."""
        return await self._metadata.read(lambda connection: _view(connection, request.server, request.endpoint_id))

    async def search(self, request: wire.SearchAccessEndpoints) -> wire.SearchAccessEndpoints.Response:
        """A page of those that lead somewhere."""
        size, offset = search_size(request.max_results), offset_of(request.page_token)
        conditions, order = parse_conditions(ENDPOINTS, request.filter_string), parse_orders(ENDPOINTS, request.order_by)
        asked = EndpointsAsked(
            workspace=current(),
            server=request.server if isinstance(request, wire.SearchAccessEndpointsOfServer) else None,
            version=request.server_version,
            alias=request.server_alias,
            conditions=tuple(conditions),
            order=tuple(order),
        )

        def read(connection: Connection) -> tuple[Sequence[wire.AccessEndpoint], bool]:
            found = search_endpoints(connection, asked, offset=offset, limit=size + 1)
            return endpoint_views(connection, found[:size]), len(found) > size

        page, more = await self._metadata.read(read)
        return wire.SearchAccessEndpoints.Response(
            mcp_access_endpoints=list(page), next_page_token=next_token(offset + size) if more else None
        )

    async def update(self, request: wire.UpdateAccessEndpoint) -> wire.AccessEndpoint:
        """Change the fields that are given."""
        changes = _changes(request)
        version, alias = request.server_version or None, request.server_alias or None
        if version is not None and alias is not None:
            raise InvalidParameterValue("Cannot set both server_version and server_alias in a single update")

        def write(connection: Connection) -> wire.AccessEndpoint:
            _find(connection, request.server, request.endpoint_id)
            _check_target(connection, request.server, version, alias, "update")
            access_store.change_endpoint(connection, request.endpoint_id, changes)
            return _view(connection, request.server, request.endpoint_id)

        return await self._metadata.run(write)

    async def delete(self, request: wire.DeleteAccessEndpoint) -> None:
        """Remove an endpoint."""

        def write(connection: Connection) -> None:
            access_store.delete_endpoint(connection, _find(connection, request.server, request.endpoint_id).id)

        await self._metadata.run(write)


def _changes(request: wire.UpdateAccessEndpoint) -> dict[str, Any]:
    changes: dict[str, Any] = {"last_updated_by": CURRENT.get().name or None, "last_updated_at": now_ms()}
    if isinstance(request.server_version, str):
        changes |= {"server_version": request.server_version, "server_alias": None}
    if isinstance(request.server_alias, str):
        changes |= {"server_alias": request.server_alias, "server_version": None}
    if request.url is None:
        raise InvalidParameterValue("MCP access endpoint url cannot be None")
    if request.url is not UNSET:
        checks.check_url(request.url)
        changes["url"] = request.url
    if isinstance(request.transport_type, str):
        changes["transport_type"] = checks.read_transport(request.transport_type)
    return changes


def _check_target(connection: Connection, server: str, version: str | None, alias: str | None, verb: str) -> None:
    if version is not None:
        _, row = find_version(connection, server, version)
        check_target(row, f"Cannot {verb} MCP access endpoint to deleted MCP server version '{server}' version '{version}'")
    if alias is not None:
        aliased_version(connection, server, alias)


def _find(connection: Connection, server: str, endpoint_id: str) -> EndpointRow:
    found = access_store.read_endpoint(connection, current(), endpoint_id, resolved=False)
    if found is None:
        raise ResourceDoesNotExist(f"MCPAccessEndpoint not found (id='{endpoint_id}')")
    return _of_server(found, server)


def _view(connection: Connection, server: str, endpoint_id: str) -> wire.AccessEndpoint:
    found = access_store.read_endpoint(connection, current(), endpoint_id, resolved=True)
    if found is None:
        raise ResourceDoesNotExist(f"MCPAccessEndpoint {endpoint_id} not found")
    return endpoint_views(connection, [(_of_server(found, server), find_server(connection, server))])[0]


def _of_server(found: tuple[EndpointRow, str], server: str) -> EndpointRow:
    endpoint, name = found
    if name != server:
        raise ResourceDoesNotExist(f"MCPAccessEndpoint {endpoint.id} does not belong to server '{server}'")
    return endpoint
