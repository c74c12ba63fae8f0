"""MCP servers, versions and endpoints as clients see them, with all that belongs to them read in a few statements."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from registry.access.checks import may
from registry.access.permissions import Action
from registry.mcp_servers import messages as wire
from registry.mcp_servers.access_store import EndpointRow, read_endpoints_of
from registry.mcp_servers.store import SERVERS, ServerRow, VersionRow
from registry.versioned.views import changed
from registry.workspaces.scope import prefix_of

__all__ = ("endpoint_views", "kept_name", "server_views", "version_views")

ACTIONS: Final[tuple[Action, ...]] = ("use", "update", "delete", "manage")
Versions = Mapping[tuple[int, str], tuple[VersionRow, wire.McpServerVersion]]


def kept_name(server: ServerRow) -> str:
    """How permissions and moves call a server."""
    return prefix_of(server.workspace) + server.name


def server_views(connection: Connection, servers: Sequence[ServerRow]) -> list[wire.McpServer]:
    """Servers, each with its endpoints and what they lead to."""
    ids = [server.id for server in servers]
    endpoints, tags, aliases = (
        read_endpoints_of(connection, ids),
        SERVERS.tags(connection, ids),
        SERVERS.aliases(connection, ids),
    )
    latest = SERVERS.live_versions(connection, [(server.id, server.latest) for server in servers if server.latest is not None])
    versions = _versions_at(connection, servers, endpoints)
    return [
        wire.McpServer(
            name=server.name,
            display_name=server.display_name,
            description=server.description if server.description is not None else _of_latest(server, latest).get("description"),
            icons=_icons(server.icons, _of_latest(server, latest).get("icons")),
            workspace=server.workspace,
            status=server.status,
            access_endpoints=[_summary(server, each, versions) for each in endpoints if each.server_id == server.id],
            latest_version=server.latest,
            aliases=[wire.Alias(alias=alias, version=version) for alias, version in aliases.get(server.id, {}).items()],
            tags=tags.get(server.id, {}),
            allowed_actions=[action.upper() for action in ACTIONS if may(action, "mcp_server", kept_name(server))],
            **changed(server),
        )
        for server in servers
    ]


def version_views(connection: Connection, servers: Sequence[ServerRow], rows: Sequence[VersionRow]) -> list[wire.McpServerVersion]:
    """Versions of servers."""
    by_id = {server.id: server for server in servers}
    tags, aliases = SERVERS.version_tags(connection, by_id), SERVERS.aliases(connection, by_id)
    return [
        wire.McpServerVersion(
            name=by_id[row.server_id].name,
            version=row.version,
            server_json=row.server_json,
            workspace=by_id[row.server_id].workspace,
            status=row.status,
            tools=_whole_tools(row),
            aliases=[alias for alias, version in aliases.get(row.server_id, {}).items() if version == row.version],
            tags=tags.get((row.server_id, row.version), {}),
            connect_options=row.connect_options or {},
            source=row.source,
            **changed(row),
        )
        for row in rows
    ]


def endpoint_views(connection: Connection, found: Sequence[tuple[EndpointRow, ServerRow]]) -> list[wire.AccessEndpoint]:
    """Endpoints, each with the version that it leads to."""
    versions = _versions_at(connection, [server for _, server in found], [endpoint for endpoint, _ in found])
    return [_endpoint(server, endpoint, versions) for endpoint, server in found]


def _versions_at(connection: Connection, servers: Sequence[ServerRow], endpoints: Sequence[EndpointRow]) -> Versions:
    rows = SERVERS.live_versions(connection, [(each.server_id, each.resolved) for each in endpoints if each.resolved is not None])
    views = version_views(connection, servers, list(rows.values())) if rows else []
    return {key: (row, view) for (key, row), view in zip(rows.items(), views, strict=True)}


def _endpoint(server: ServerRow, endpoint: EndpointRow, versions: Versions) -> wire.AccessEndpoint:
    summary = _summary(server, endpoint, versions)
    fields = {name: getattr(summary, name) for name in summary.__struct_fields__}
    row = _target(endpoint, versions)[0] if summary.resolved_version is not None else None
    return wire.AccessEndpoint(**fields, tools=None if row is None or row.tools is None else _whole_tools(row))


def _target(endpoint: EndpointRow, versions: Versions) -> tuple[VersionRow | None, wire.McpServerVersion | None]:
    return versions.get((endpoint.server_id, endpoint.resolved or ""), (None, None))


def _summary(server: ServerRow, endpoint: EndpointRow, versions: Versions) -> wire.AccessEndpointSummary:
    """Whoever may not read versions is not told to which one it leads."""
    open_ = may("read", "mcp_server_version", kept_name(server))
    return wire.AccessEndpointSummary(
        id=endpoint.id,
        server_name=server.name,
        url=endpoint.url,
        transport_type=endpoint.transport_type,
        workspace=server.workspace,
        server_version=endpoint.server_version if open_ else None,
        server_alias=endpoint.server_alias if open_ else None,
        resolved_version=_target(endpoint, versions)[1] if open_ else None,
        **changed(endpoint),
    )


def _of_latest(server: ServerRow, latest: Mapping[tuple[int, str], VersionRow]) -> Mapping[str, Any]:
    """What the newest version says of the server."""
    row = latest.get((server.id, server.latest or ""))
    return {} if row is None else row.server_json


def _icons(own: list[dict[str, Any]] | None, of_version: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """The server's own icons, and for themes that it has none for, those of its newest version. An empty list means none at all."""
    if own == []:
        return []
    themes = {icon.get("theme") for icon in own or ()}
    found = [{**icon, "source": "server"} for icon in own or ()]
    found += [{**icon, "source": "version"} for icon in of_version or () if icon.get("theme") not in themes]
    return found or None


TOOL: Final = ("name", "title", "description", "inputSchema", "outputSchema", "annotations", "icons", "execution")


def _whole_tools(row: VersionRow) -> list[dict[str, Any]]:
    return [{field: tool.get(field) for field in TOOL} for tool in row.tools or ()]
