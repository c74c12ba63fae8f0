"""What MLflow's client says of MCP servers (``mlflow/server/mcp_server_api.py`` of 3.18), and what it is told."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from registry.icons import Icon
from registry.mcp_servers.shapes import ConnectOption, ServerJson, Tool, unwrapped
from registry.wire.messages import Int64
from registry.wire.plain import PlainMessage, shaped

__all__ = (
    "AccessEndpoint",
    "AccessEndpointSummary",
    "Alias",
    "CreateAccessEndpoint",
    "CreateMcpServer",
    "CreateMcpServerVersion",
    "DeleteAccessEndpoint",
    "DeleteMcpServer",
    "DeleteMcpServerAlias",
    "DeleteMcpServerTag",
    "DeleteMcpServerVersion",
    "DeleteMcpServerVersionTag",
    "GetAccessEndpoint",
    "GetMcpServer",
    "GetMcpServerVersion",
    "GetMcpServerVersionByAlias",
    "McpServer",
    "McpServerVersion",
    "SearchAccessEndpoints",
    "SearchAccessEndpointsOfServer",
    "SearchMcpServerVersions",
    "SearchMcpServers",
    "SetMcpServerAlias",
    "SetMcpServerTag",
    "SetMcpServerVersionTag",
    "UpdateAccessEndpoint",
    "UpdateMcpServer",
    "UpdateMcpServerVersion",
)

MOST_ICONS: Final = 100
MOST_TOOLS: Final = 1000
Icons = Annotated[list[Annotated[dict[str, Any], shaped(Icon)]], msgspec.Meta(max_length=MOST_ICONS)]
Tools = Annotated[list[Tool], msgspec.Meta(max_length=MOST_TOOLS)]
ConnectOptions = dict[str, ConnectOption]
STREAMABLE: Final = "streamable-http"


class Alias(PlainMessage):
    """A name for a version."""

    alias: str
    version: str


class Changed(PlainMessage):
    """Who made a thing and who changed it, and when: milliseconds since the epoch."""

    created_by: str | None = None
    last_updated_by: str | None = None
    creation_timestamp: Int64
    last_updated_timestamp: Int64


class McpServerVersion(Changed):
    """A version as clients see it."""

    name: str
    version: str
    server_json: dict[str, Any]
    workspace: str
    status: str
    tools: list[dict[str, Any]]
    aliases: list[str]
    tags: dict[str, str]
    connect_options: dict[str, Any]
    source: str | None


class AccessEndpointSummary(Changed):
    """Where a server is reached, as its server shows it."""

    id: str
    server_name: str
    url: str
    transport_type: str
    workspace: str
    server_version: str | None
    server_alias: str | None
    resolved_version: McpServerVersion | None


class AccessEndpoint(AccessEndpointSummary):
    """The same on its own."""

    tools: list[dict[str, Any]] | None


class McpServer(Changed):
    """A server as clients see it; ``allowed_actions`` are those of whoever asks."""

    name: str
    display_name: str | None
    description: str | None
    icons: list[dict[str, Any]] | None
    workspace: str
    status: str | None
    access_endpoints: list[AccessEndpointSummary]
    latest_version: str | None
    aliases: list[Alias]
    tags: dict[str, str]
    allowed_actions: list[str]


class Search(PlainMessage):
    """What is asked of a search."""

    filter_string: str | None = None
    max_results: int = 100
    order_by: list[str] | None = None
    page_token: str | None = None


class CreateMcpServer(PlainMessage):
    """Register a server."""

    name: str
    description: str | None = None
    icons: Icons | None = None

    Response = McpServer


class SearchMcpServers(Search):
    """Servers, by name unless another order is asked for."""

    class Response(PlainMessage):
        """A page of them."""

        mcp_servers: list[McpServer]
        next_page_token: str | None = None


class GetMcpServer(PlainMessage):
    """One server."""

    server: str

    Response = McpServer


class UpdateMcpServer(PlainMessage):
    """Change what is named; null takes it away."""

    server: str
    display_name: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    icons: Icons | UnsetType | None = UNSET
    latest_version: Any = UNSET

    Response = McpServer


class DeleteMcpServer(PlainMessage):
    """Remove a server that has no active version."""

    server: str


class CreateMcpServerVersion(PlainMessage):
    """Register a version, and its server if there is none."""

    server: str
    server_json: Annotated[dict[str, Any], shaped(ServerJson, unwrapped)]
    status: str = "draft"
    source: str | None = None
    tools: Tools | None = None
    connect_options: ConnectOptions | None = None

    Response = McpServerVersion


class SearchMcpServerVersions(Search):
    """Versions of a server, the oldest first unless another order is asked for."""

    server: str

    class Response(PlainMessage):
        """A page of them."""

        mcp_server_versions: list[McpServerVersion]
        next_page_token: str | None = None


class GetMcpServerVersion(PlainMessage):
    """One version."""

    server: str
    server_version: str

    Response = McpServerVersion


class UpdateMcpServerVersion(PlainMessage):
    """Change what is named."""

    server: str
    server_version: str
    status: str | UnsetType | None = UNSET
    tools: Tools | UnsetType | None = UNSET
    connect_options: ConnectOptions | UnsetType | None = UNSET

    Response = McpServerVersion


class DeleteMcpServerVersion(PlainMessage):
    """Remove a version, with the aliases and endpoints that lead to it."""

    server: str
    server_version: str


class SetMcpServerTag(PlainMessage):
    """Put a tag on a server."""

    server: str
    key: str
    value: str


class DeleteMcpServerTag(PlainMessage):
    """Take it off."""

    server: str
    key: str


class SetMcpServerVersionTag(SetMcpServerTag):
    """Put a tag on a version."""

    server_version: str


class DeleteMcpServerVersionTag(DeleteMcpServerTag):
    """Take it off."""

    server_version: str


class SetMcpServerAlias(PlainMessage):
    """Point an alias at a version."""

    server: str
    alias: str
    version: str


class GetMcpServerVersionByAlias(PlainMessage):
    """The version that an alias means."""

    server: str
    alias: str

    Response = McpServerVersion


class DeleteMcpServerAlias(PlainMessage):
    """Remove an alias, with the endpoints that lead to it."""

    server: str
    alias: str


class CreateAccessEndpoint(PlainMessage):
    """Say where a version, or whatever an alias means, is reached."""

    server: str
    url: str
    server_version: str | None = None
    server_alias: str | None = None
    transport_type: str = STREAMABLE

    Response = AccessEndpoint


class GetAccessEndpoint(PlainMessage):
    """One endpoint."""

    server: str
    endpoint_id: str

    Response = AccessEndpoint


class UpdateAccessEndpoint(PlainMessage):
    """Change what is named."""

    server: str
    endpoint_id: str
    server_version: str | UnsetType | None = UNSET
    server_alias: str | UnsetType | None = UNSET
    url: str | UnsetType | None = UNSET
    transport_type: str | UnsetType | None = UNSET

    Response = AccessEndpoint


class DeleteAccessEndpoint(PlainMessage):
    """Forget an endpoint."""

    server: str
    endpoint_id: str


class SearchAccessEndpoints(Search):
    """Endpoints of all servers that lead somewhere."""

    server_version: str | None = None
    server_alias: str | None = None

    class Response(PlainMessage):
        """A page of them."""

        mcp_access_endpoints: list[AccessEndpoint]
        next_page_token: str | None = None


class SearchAccessEndpointsOfServer(SearchAccessEndpoints):
    """Those of one server."""

    server: str
