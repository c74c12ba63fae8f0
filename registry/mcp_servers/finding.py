"""Servers and versions by name, or MLflow's words for that there is none."""

from sqlalchemy import Connection

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.mcp_servers import store
from registry.mcp_servers.access_store import LATEST
from registry.mcp_servers.store import ServerRow, VersionRow
from registry.workspaces.scope import current

__all__ = ("aliased_version", "find_server", "find_version", "hold_server", "live_version", "no_version")


def no_version(name: str, version: str) -> ResourceDoesNotExist:
    """That a server has no such version."""
    return ResourceDoesNotExist(f"MCP server version '{name}' version '{version}' not found")


def find_server(connection: Connection, name: str) -> ServerRow:
    """A server of the request's workspace. Raises ``ResourceDoesNotExist``."""
    found = store.read_server(connection, current(), name)
    if found is None:
        raise ResourceDoesNotExist(f"MCPServer not found (name='{name}')")
    return found


def hold_server(connection: Connection, name: str) -> ServerRow:
    """The same; others who would change it or what is part of it wait until the transaction ends."""
    found = find_server(connection, name)
    store.change_server(connection, found.id, {"name": found.name})
    return find_server(connection, name)


def find_version(connection: Connection, name: str, version: str) -> tuple[ServerRow, VersionRow]:
    """A version, deleted or not. Raises ``ResourceDoesNotExist``."""
    server = store.read_server(connection, current(), name)
    row = None if server is None else store.read_version(connection, server.id, version)
    if server is None or row is None:
        raise no_version(name, version)
    return server, row


def live_version(connection: Connection, name: str, version: str) -> tuple[ServerRow, VersionRow]:
    """A version that is not deleted. Raises ``ResourceDoesNotExist``."""
    server, row = find_version(connection, name, version)
    if row.status == "deleted":
        raise no_version(name, version)
    return server, row


def aliased_version(connection: Connection, name: str, alias: str) -> tuple[ServerRow, VersionRow]:
    """The version that an alias means; ``latest`` always means one. Raises ``ResourceDoesNotExist``."""
    if alias == LATEST:
        server = find_server(connection, name)
        if server.latest is None:
            raise ResourceDoesNotExist(f"No resolved latest version found for MCP server '{name}'")
        return live_version(connection, name, server.latest)
    known = store.read_server(connection, current(), name)
    version = None if known is None else store.read_aliases(connection, [known.id]).get(known.id, {}).get(alias)
    if version is None:
        raise ResourceDoesNotExist(f"Alias '{alias}' not found for MCP server '{name}'")
    return live_version(connection, name, version)


def check_target(row: VersionRow, refusal: str) -> None:
    """What is deleted is led to no more. Raises ``InvalidParameterValue``."""
    if row.status == "deleted":
        raise InvalidParameterValue(refusal)
