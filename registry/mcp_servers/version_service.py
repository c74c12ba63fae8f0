"""Versions of MCP servers, and the aliases that point at them."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.access.checks import require, require_to_make
from registry.actor import CURRENT
from registry.errors import InvalidParameterValue, ResourceAlreadyExists, ResourceDoesNotExist
from registry.mcp_servers import access_store, checks
from registry.mcp_servers import messages as wire
from registry.mcp_servers.finding import aliased_version, check_target, find_server, find_version, hold_server, live_version
from registry.mcp_servers.search import VERSIONS
from registry.mcp_servers.search_store import search_server_versions
from registry.mcp_servers.semver import precedence
from registry.mcp_servers.service import new_server
from registry.mcp_servers.store import SERVERS, ServerRow, VersionRow
from registry.mcp_servers.views import kept_name, version_views
from registry.models.moves import Moves, named_move
from registry.models.moves_store import insert_move
from registry.models.types import Move
from registry.outbound.guard import AddressGuard
from registry.runs.types import Metadata, now_ms
from registry.search import next_token, offset_of
from registry.search.attributes import parse_conditions, parse_orders, search_size
from registry.versioned.aliases import point_alias
from registry.versioned.statuses import check_status_change
from registry.versioned.types import DELETED, LATEST, Owners
from registry.workspaces.scope import current

__all__ = ("McpVersionService",)


class McpVersionService:
    """What is done with versions and aliases. Methods raise the tree of ``registry.errors``."""

    def __init__(self, metadata: Metadata, guard: AddressGuard, owners: Owners, moves: Moves) -> None:
        self._metadata = metadata
        self._guard = guard
        self._owners = owners
        self._moves = moves

    async def create(self, request: wire.CreateMcpServerVersion) -> wire.McpServerVersion:
        """Register a version. Whoever asks must be allowed to change its server, or, where there is none yet, to make one."""
        draft = await self._draft(request)

        def write(connection: Connection) -> tuple[wire.McpServerVersion, ServerRow | None]:
            known = SERVERS.read(connection, workspace=current(), name=request.server)
            made = None if known is not None else new_server(request.server)
            if known is not None:
                require("update", "mcp_server", kept_name(known))
            else:
                require_to_make()
                SERVERS.insert(connection, new_server(request.server))
            server = hold_server(connection, request.server)
            row = msgspec.structs.replace(draft, server_id=server.id)
            if SERVERS.read_version(connection, server.id, row.version) is not None:
                raise ResourceAlreadyExists(f"MCP server version '{server.name}' version '{row.version}' already exists")
            SERVERS.insert_version(connection, row)
            SERVERS.settle(connection, server.id)
            return version_views(connection, [server], [row])[0], made

        try:
            version, made = await self._metadata.run(write)
        except IntegrityError:  # somebody made the server meanwhile
            version, made = await self._metadata.run(write)
        if made is not None:
            await self._owners.made("mcp_server", kept_name(made))
        return version

    async def get(self, request: wire.GetMcpServerVersion) -> wire.McpServerVersion:
        """One version."""
        return await self._metadata.read(
            lambda connection: _view(connection, live_version(connection, request.server, request.server_version))
        )

    async def get_by_alias(self, request: wire.GetMcpServerVersionByAlias) -> wire.McpServerVersion:
        """The version that an alias means."""
        return await self._metadata.read(lambda connection: _view(connection, aliased_version(connection, request.server, request.alias)))

    async def search(self, request: wire.SearchMcpServerVersions) -> wire.SearchMcpServerVersions.Response:
        """A page of versions; none of a server that is not there."""
        size, offset = search_size(request.max_results), offset_of(request.page_token)
        conditions, order = parse_conditions(VERSIONS, request.filter_string), parse_orders(VERSIONS, request.order_by)
        workspace = current()

        def read(connection: Connection) -> tuple[list[wire.McpServerVersion], bool]:
            server = SERVERS.read(connection, workspace=workspace, name=request.server)
            number = 0 if server is None else server.id
            found = search_server_versions(connection, number, conditions, order, offset=offset, limit=size + 1)
            return version_views(connection, [server], found[:size]) if server is not None else [], len(found) > size

        page, more = await self._metadata.read(read)
        return wire.SearchMcpServerVersions.Response(mcp_server_versions=page, next_page_token=next_token(offset + size) if more else None)

    async def update(self, request: wire.UpdateMcpServerVersion) -> wire.McpServerVersion:
        """Change the fields that are given."""
        changes = await self._changes(request)

        def write(connection: Connection) -> wire.McpServerVersion:
            live_version(connection, request.server, request.server_version)
            hold_server(connection, request.server)
            server, row = live_version(connection, request.server, request.server_version)
            if "status" in changes:
                check_status_change(row.status, changes["status"])
            SERVERS.change_version(connection, server.id, row.version, changes)
            if "status" in changes:
                _settle(connection, server)
            changed = SERVERS.read_version(connection, server.id, row.version)
            return version_views(connection, [server], [changed or row])[0]

        return await self._metadata.run(write)

    async def delete(self, request: wire.DeleteMcpServerVersion) -> None:
        """Remove a version, and what leads to it."""
        actor, at = CURRENT.get(), datetime.now(UTC)

        def write(connection: Connection) -> None:
            find_version(connection, request.server, request.server_version)
            hold_server(connection, request.server)
            server, row = find_version(connection, request.server, request.server_version)
            check_status_change(row.status, DELETED)
            for alias, version in SERVERS.aliases_of(connection, server).items():
                if version == row.version:
                    access_store.delete_endpoints_to_alias(connection, server.id, alias)
                    SERVERS.delete_alias(connection, server.id, alias)
                    insert_move(connection, named_move("mcp_server", kept_name(server), alias, version, "", at, actor))
            access_store.delete_endpoints_to_version(connection, server.id, row.version)
            SERVERS.change_version(connection, server.id, row.version, {"status": DELETED, "last_updated_at": now_ms()})
            _settle(connection, server)

        await self._metadata.run(write)

    async def set_tag(self, request: wire.SetMcpServerVersionTag) -> None:
        """Put a tag on a version."""
        checks.check_length("key", request.key, checks.LONGEST_KEY)
        checks.check_length("value", request.value, checks.LONGEST_VALUE)

        def write(connection: Connection) -> None:
            server, row = live_version(connection, request.server, request.server_version)
            SERVERS.put_version_tag(connection, server.id, row.version, request.key, request.value)

        await self._metadata.run(write)

    async def delete_tag(self, request: wire.DeleteMcpServerVersionTag) -> None:
        """Remove a tag of a version."""

        def write(connection: Connection) -> None:
            server, row = live_version(connection, request.server, request.server_version)
            if not SERVERS.delete_version_tag(connection, server.id, row.version, request.key):
                raise ResourceDoesNotExist(
                    f"Tag '{request.key}' not found on MCP server version '{request.server}' version '{request.server_version}'"
                )

        await self._metadata.run(write)

    async def set_alias(self, request: wire.SetMcpServerAlias) -> None:
        """Point an alias at a version. A check may refuse it; what happens is written down."""
        if request.alias == LATEST:
            raise InvalidParameterValue("The alias name 'latest' is reserved for automatic resolution")
        checks.check_length("alias", request.alias, checks.LONGEST_NAME)
        actor, at = CURRENT.get(), datetime.now(UTC)

        def intended(connection: Connection) -> tuple[ServerRow, Move]:
            find_server(connection, request.server)
            server, row = find_version(connection, request.server, request.version)
            refusal = f"Cannot set alias '{request.alias}' to deleted MCP server version '{request.server}' version '{request.version}'"
            check_target(row, refusal)
            before = SERVERS.aliases_of(connection, server).get(request.alias, "")
            return server, named_move("mcp_server", kept_name(server), request.alias, before, row.version, at, actor)

        await point_alias(self._metadata, self._moves, SERVERS, request.version, intended)

    async def delete_alias(self, request: wire.DeleteMcpServerAlias) -> None:
        """Remove an alias, and the endpoints that lead to it."""
        actor, at = CURRENT.get(), datetime.now(UTC)

        def write(connection: Connection) -> None:
            server = SERVERS.read(connection, workspace=current(), name=request.server)
            before = None if server is None else SERVERS.aliases_of(connection, server).get(request.alias)
            if server is None or before is None:
                raise ResourceDoesNotExist(f"Alias '{request.alias}' not found on MCP server '{request.server}'")
            access_store.delete_endpoints_to_alias(connection, server.id, request.alias)
            SERVERS.delete_alias(connection, server.id, request.alias)
            insert_move(connection, named_move("mcp_server", kept_name(server), request.alias, before, "", at, actor))

        await self._metadata.run(write)

    async def _draft(self, request: wire.CreateMcpServerVersion) -> VersionRow:
        name, version = request.server_json["name"], request.server_json["version"]
        checks.read_server_name(name)
        checks.read_server_name(request.server)
        if name != request.server:
            raise InvalidParameterValue(f"server_json.name '{name}' does not match path parameter '{request.server}'")
        checks.read_status(request.status)
        if not version:
            raise InvalidParameterValue("server_json must contain 'name' and 'version' keys")
        server_json = await checks.written_server_json(self._guard, request.server_json)
        order = precedence(version, "server_json.version")
        checks.check_length("source", request.source, 512)
        actor, now = CURRENT.get().name or None, now_ms()
        return VersionRow(
            server_id=0,
            version=version,
            precedence=order,
            server_json=server_json,
            status=checks.initial_status(request.status),
            tools=await checks.written_tools(self._guard, request.tools),
            source=request.source,
            connect_options=msgspec.to_builtins(request.connect_options),
            created_by=actor,
            last_updated_by=actor,
            created_at=now,
            last_updated_at=now,
        )

    async def _changes(self, request: wire.UpdateMcpServerVersion) -> dict[str, Any]:
        changes: dict[str, Any] = {"last_updated_by": CURRENT.get().name or None, "last_updated_at": now_ms()}
        if request.status is None:
            raise InvalidParameterValue("status cannot be null; omit the field to leave it unchanged")
        if request.status is not UNSET:
            changes["status"] = checks.read_status(request.status)
        if request.tools is not UNSET:
            changes["tools"] = await checks.written_tools(self._guard, request.tools)
        if request.connect_options is not UNSET:
            changes["connect_options"] = msgspec.to_builtins(request.connect_options)
        return changes


def _view(connection: Connection, found: tuple[ServerRow, VersionRow]) -> wire.McpServerVersion:
    return version_views(connection, [found[0]], [found[1]])[0]


def _settle(connection: Connection, server: ServerRow) -> None:
    """Find the latest version anew; without one, nothing leads to it."""
    if SERVERS.settle(connection, server.id) is None:
        access_store.delete_endpoints_to_alias(connection, server.id, LATEST)
