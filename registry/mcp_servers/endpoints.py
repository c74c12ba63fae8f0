"""The table of MCP servers. Names have a slash: the longer paths come first, as MLflow looks for them."""

from typing import Any, Final

from registry.mcp_servers import messages as wire
from registry.mcp_servers.access_service import AccessEndpointService
from registry.mcp_servers.service import McpServerService
from registry.mcp_servers.version_service import McpVersionService
from registry.wire import Endpoint

__all__ = ("endpoints",)

ROOT: Final = "/3.0/mlflow/mcp-servers"
SERVER: Final = f"{ROOT}/{{server:path}}"
VERSION: Final = f"{SERVER}/versions/{{server_version:path}}"


def endpoints(servers: McpServerService, versions: McpVersionService, access: AccessEndpointService) -> list[Endpoint[Any]]:
    """Every endpoint of MCP servers, for MLflow's table."""
    return [
        Endpoint("POST", ROOT, wire.CreateMcpServer, servers.create),
        Endpoint("GET", ROOT, wire.SearchMcpServers, servers.search),
        Endpoint("GET", f"{ROOT}/endpoints", wire.SearchAccessEndpoints, access.search),
        Endpoint("POST", f"{VERSION}/tags", wire.SetMcpServerVersionTag, versions.set_tag),
        Endpoint("DELETE", f"{VERSION}/tags/{{key:path}}", wire.DeleteMcpServerVersionTag, versions.delete_tag),
        Endpoint("GET", VERSION, wire.GetMcpServerVersion, versions.get),
        Endpoint("PATCH", VERSION, wire.UpdateMcpServerVersion, versions.update),
        Endpoint("DELETE", VERSION, wire.DeleteMcpServerVersion, versions.delete),
        Endpoint("POST", f"{SERVER}/versions", wire.CreateMcpServerVersion, versions.create),
        Endpoint("GET", f"{SERVER}/versions", wire.SearchMcpServerVersions, versions.search),
        Endpoint("POST", f"{SERVER}/endpoints", wire.CreateAccessEndpoint, access.create),
        Endpoint("GET", f"{SERVER}/endpoints/{{endpoint_id}}", wire.GetAccessEndpoint, access.get),
        Endpoint("PATCH", f"{SERVER}/endpoints/{{endpoint_id}}", wire.UpdateAccessEndpoint, access.update),
        Endpoint("DELETE", f"{SERVER}/endpoints/{{endpoint_id}}", wire.DeleteAccessEndpoint, access.delete),
        Endpoint("GET", f"{SERVER}/endpoints", wire.SearchAccessEndpointsOfServer, access.search),
        Endpoint("POST", f"{SERVER}/tags", wire.SetMcpServerTag, servers.set_tag),
        Endpoint("DELETE", f"{SERVER}/tags/{{key:path}}", wire.DeleteMcpServerTag, servers.delete_tag),
        Endpoint("POST", f"{SERVER}/aliases", wire.SetMcpServerAlias, versions.set_alias),
        Endpoint("GET", f"{SERVER}/aliases/{{alias:path}}", wire.GetMcpServerVersionByAlias, versions.get_by_alias),
        Endpoint("DELETE", f"{SERVER}/aliases/{{alias:path}}", wire.DeleteMcpServerAlias, versions.delete_alias),
        Endpoint("GET", SERVER, wire.GetMcpServer, servers.get),
        Endpoint("PATCH", SERVER, wire.UpdateMcpServer, servers.update),
        Endpoint("DELETE", SERVER, wire.DeleteMcpServer, servers.delete),
    ]
