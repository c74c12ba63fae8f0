"""Servers and versions by name, or MLflow's words for that there is none."""

from sqlalchemy import Connection

from registry.errors import InvalidParameterValue, ResourceDoesNotExist
from registry.mcp_servers.store import SERVERS, ServerRow, VersionRow
from registry.versioned.types import DELETED, LATEST
from registry.workspaces.scope import current

__all__ = ("aliased_version", "find_server", "find_version", "hold_server", "live_version", "no_version")


def no_version(name: str, version: str) -> ResourceDoesNotExist:
    """The error for a server that has no such version."""
    return ResourceDoesNotExist(f"MCP server version '{name}' version '{version}' not found")


def find_server(connection: Connection, name: str) -> ServerRow:
    """A server of the request's workspace. Raises ``ResourceDoesNotExist``."""
    found = SERVERS.read(connection, workspace=current(), name=name)
    if found is None:
        raise ResourceDoesNotExist(f"MCPServer not found (name='{name}')")
    return found


def hold_server(connection: Connection, name: str) -> ServerRow:
    """The same; others who would change it or what is part of it wait until the transaction ends."""
    found = find_server(connection, name)
    SERVERS.hold(connection, found)
    return find_server(connection, name)


def find_version(connection: Connection, name: str, version: str) -> tuple[ServerRow, VersionRow]:
    """A version, deleted or not. Raises ``ResourceDoesNotExist``."""
    server = SERVERS.read(connection, workspace=current(), name=name)
    row = None if server is None else SERVERS.read_version(connection, server.id, version)
    if server is None or row is None:
        raise no_version(name, version)
    return server, row


def live_version(connection: Connection, name: str, version: str) -> tuple[ServerRow, VersionRow]:
    """A version that is not deleted. Raises ``ResourceDoesNotExist``."""
    server, row = find_version(connection, name, version)
    if row.status == DELETED:
        raise no_version(name, version)
    return server, row


def aliased_version(connection: Connection, name: str, alias: str) -> tuple[ServerRow, VersionRow]:
    """The version that an alias means; ``latest`` always means one. Raises ``ResourceDoesNotExist``."""
    if alias == LATEST:
        server = find_server(connection, name)
        if server.latest is None:
            raise ResourceDoesNotExist(f"No resolved latest version found for MCP server '{name}'")
        return live_version(connection, name, server.latest)
    known = SERVERS.read(connection, workspace=current(), name=name)
    version = None if known is None else SERVERS.aliases_of(connection, known).get(alias)
    if version is None:
        raise ResourceDoesNotExist(f"Alias '{alias}' not found for MCP server '{name}'")
    return live_version(connection, name, version)


def check_target(row: VersionRow, refusal: str) -> None:
    """What is deleted is led to no more. Raises ``InvalidParameterValue``."""
    if row.status == DELETED:
        raise InvalidParameterValue(refusal)
