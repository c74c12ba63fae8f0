"""Where MCP servers are reached, in the metadata database, and to which version each leads."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, func, insert, select, update

from registry.versioned.types import DELETED, LATEST, Changed
from storage.mcp_tables import mcp_access_endpoints, mcp_server_aliases, mcp_server_versions, mcp_servers

__all__ = (
    "EndpointRow",
    "change_endpoint",
    "delete_endpoint",
    "delete_endpoints_to_alias",
    "delete_endpoints_to_version",
    "endpoints_to_versions",
    "insert_endpoint",
    "read_endpoint",
    "read_endpoints_of",
)


class EndpointRow(Changed, frozen=True, kw_only=True):
    """A row of ``mcp_access_endpoints``; ``resolved`` is the version that it leads to."""

    id: str
    server_id: int
    server_version: str | None
    server_alias: str | None
    url: str
    transport_type: str
    resolved: str | None = None


_STORED: Final = tuple(name for name in EndpointRow.__struct_fields__ if name != "resolved")
_COLUMNS: Final = tuple(mcp_access_endpoints.c[name] for name in _STORED)
_TARGET: Final[ColumnElement[str]] = func.coalesce(
    mcp_access_endpoints.c.server_version,
    mcp_server_aliases.c.version,
    case((mcp_access_endpoints.c.server_alias == LATEST, mcp_servers.c.latest)),
)


def endpoints_to_versions() -> Select[Any]:
    """Endpoints that lead to a version, with it. Those whose version is gone are left out."""
    endpoints = mcp_access_endpoints.c
    named = and_(mcp_server_aliases.c.server_id == endpoints.server_id, mcp_server_aliases.c.alias == endpoints.server_alias)
    version = and_(
        mcp_server_versions.c.server_id == endpoints.server_id,
        mcp_server_versions.c.version == _TARGET,
        mcp_server_versions.c.status != DELETED,
    )
    joined = mcp_access_endpoints.join(mcp_servers, mcp_servers.c.id == endpoints.server_id)
    return select(*_COLUMNS, mcp_server_versions.c.version.label("resolved")).select_from(
        joined.outerjoin(mcp_server_aliases, named).join(mcp_server_versions, version)
    )


def insert_endpoint(connection: Connection, row: EndpointRow) -> None:
    """Store a new endpoint."""
    connection.execute(insert(mcp_access_endpoints), {name: getattr(row, name) for name in _STORED})


def read_endpoint(connection: Connection, workspace: str, endpoint_id: str, *, resolved: bool) -> tuple[EndpointRow, str] | None:
    """One endpoint of a workspace and the name of its server; with ``resolved``, only if it leads somewhere."""
    plain = select(*_COLUMNS).join(mcp_servers, mcp_servers.c.id == mcp_access_endpoints.c.server_id)
    statement = endpoints_to_versions() if resolved else plain
    statement = statement.add_columns(mcp_servers.c.name).where(
        mcp_access_endpoints.c.id == endpoint_id, mcp_servers.c.workspace == workspace
    )
    row = connection.execute(statement).mappings().first()
    return None if row is None else (EndpointRow(**{key: value for key, value in row.items() if key != "name"}), row["name"])


def read_endpoints_of(connection: Connection, ids: Sequence[int]) -> list[EndpointRow]:
    """The endpoints of servers that lead to a version."""
    statement = endpoints_to_versions().where(mcp_access_endpoints.c.server_id.in_(ids)).order_by(mcp_access_endpoints.c.id)
    return [EndpointRow(**row) for row in connection.execute(statement).mappings()]


def change_endpoint(connection: Connection, endpoint_id: str, changes: Mapping[str, Any]) -> None:
    """Set some columns."""
    connection.execute(update(mcp_access_endpoints).where(mcp_access_endpoints.c.id == endpoint_id).values(**changes))


def delete_endpoint(connection: Connection, endpoint_id: str) -> None:
    """Remove an endpoint."""
    connection.execute(delete(mcp_access_endpoints).where(mcp_access_endpoints.c.id == endpoint_id))


def delete_endpoints_to_alias(connection: Connection, server_id: int, alias: str) -> None:
    """Forget those that lead to an alias."""
    table = mcp_access_endpoints.c
    connection.execute(delete(mcp_access_endpoints).where(table.server_id == server_id, table.server_alias == alias))


def delete_endpoints_to_version(connection: Connection, server_id: int, version: str) -> None:
    """Forget those that lead to a version itself."""
    table = mcp_access_endpoints.c
    connection.execute(delete(mcp_access_endpoints).where(table.server_id == server_id, table.server_version == version))
