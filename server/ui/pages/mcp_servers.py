"""``/mcp-servers``: the servers that agents are connected to, their versions and tools. Icons lie on other sites, so none is shown."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from registry.errors import PermissionDenied
from registry.mcp_servers.messages import (
    GetMcpServer,
    GetMcpServerVersion,
    GetMcpServerVersionByAlias,
    McpServer,
    McpServerVersion,
    SearchMcpServers,
    SearchMcpServerVersions,
)
from server.ui.asked import expression
from server.ui.format import indented
from server.ui.pages.listing import Found, listing
from server.ui.pages.page import Services, base_url, page
from server.ui.services import UiServices

__all__ = ("mcp_server", "mcp_servers")

AnyRequest = Request[Any, Any, Any]
PAGE: Final = 100
VERSIONS: Final = 50


class Tool(msgspec.Struct, frozen=True):
    """A tool of a server, with what it takes as JSON text, ``""`` where it does not say."""

    name: str
    description: str
    schema: str


@get("/mcp-servers")
async def mcp_servers(request: AnyRequest, services: Services) -> Response[str]:
    """The list, by name: words are looked for in names, anything that compares is MLflow's language."""

    async def search(typed: str, cursor: str | None) -> Found:
        asked = SearchMcpServers(filter_string=expression(typed, "name"), max_results=PAGE, page_token=cursor)
        found = await services.registry.ask(asked)
        return found.mcp_servers, found.next_page_token

    return await listing(request, services, "MCP servers", "mcp-servers", search)


@get("/mcp-servers/{namespace:str}/{slug:str}")
async def mcp_server(namespace: FromPath[str], slug: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """A server with the version that ``v`` names, by itself or by an alias, or its latest."""
    name, cursor = f"{namespace}/{slug}", request.query_params.get("cursor", "")
    server: McpServer = await services.registry.ask(GetMcpServer(server=name))
    wanted = request.query_params.get("v") or server.latest_version
    versions, older, shown = await _versions(services, server, cursor, wanted)
    return page(
        services,
        "mcp_server.html",
        title=name,
        section="mcp-servers",
        server=server,
        versions=versions,
        older=older,
        shown=shown,
        tools=tools_of(shown.tools) if shown else [],
        server_json=indented(shown.server_json) if shown else "",
        snippet=_snippet(name, shown, base_url(request, services.settings())),
        moves=[each for each in (await services.registry.moves.log(name, limit=50)).moves if each.kind == "mcp_server"],
        now=datetime.now(UTC),
    )


async def _versions(
    services: UiServices, server: McpServer, cursor: str, wanted: str | None
) -> tuple[Sequence[McpServerVersion], str | None, McpServerVersion | None]:
    """Some versions, newest first, where older ones begin, and the wanted one. Nothing for whoever may not read versions."""
    ask = services.registry.ask
    order = SearchMcpServerVersions(server=server.name, max_results=VERSIONS, order_by=["version DESC"], page_token=cursor or None)
    try:
        found = await ask(order)
        if wanted is None:
            return found.mcp_server_versions, found.next_page_token, None
        if any(each.alias == wanted for each in server.aliases):
            shown = await ask(GetMcpServerVersionByAlias(server=server.name, alias=wanted))
        else:
            shown = await ask(GetMcpServerVersion(server=server.name, server_version=wanted))
    except PermissionDenied:
        return [], None, None
    return found.mcp_server_versions, found.next_page_token, shown


def tools_of(said: Sequence[dict[str, Any]]) -> list[Tool]:
    """Tools as they are shown: nothing is taken for granted of what servers say of themselves."""
    return [
        Tool(
            name=str(tool.get("title") or tool.get("name") or ""),
            description=str(tool.get("description") or ""),
            schema=indented(tool["inputSchema"]) if tool.get("inputSchema") else "",
        )
        for tool in said
    ]


def _snippet(name: str, version: McpServerVersion | None, address: str) -> str:
    """Python that reads a version: by alias where one points at it, since aliases are what apps should name."""
    if version is None:
        return ""
    found = f'_by_alias("{name}", "{version.aliases[0]}")' if version.aliases else f'("{name}", "{version.version}")'
    return f'import mlflow\n\nmlflow.set_tracking_uri("{address}")\nversion = mlflow.genai.get_mcp_server_version{found}'
