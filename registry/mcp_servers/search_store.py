"""SQL of searches for MCP servers, their versions, and where they are reached."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, exists, select

from registry.errors import InvalidParameterValue
from registry.mcp_servers.access_store import EndpointRow, endpoints_to_versions
from registry.mcp_servers.semver import precedence
from registry.mcp_servers.store import SERVERS, ServerRow, VersionRow
from registry.search.attributes import Condition
from registry.search.comparison_store import compared, in_bytes
from registry.versioned.search_store import Order, search_things, search_versions, thing_tagged
from storage.mcp_tables import MCP_SERVERS, mcp_access_endpoints, mcp_server_versions, mcp_servers

__all__ = ("EndpointsAsked", "search_endpoints", "search_server_versions", "search_servers")

_ENDPOINT_COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "id": mcp_access_endpoints.c.id,
    "server_name": mcp_servers.c.name,
    "status": mcp_server_versions.c.status,
    "transport_type": mcp_access_endpoints.c.transport_type,
    "created_at": mcp_access_endpoints.c.created_at,
    "last_updated_at": mcp_access_endpoints.c.last_updated_at,
}


class EndpointsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which endpoints, and in what order; ``None`` does not ask."""

    workspace: str
    server: str | None
    version: str | None
    alias: str | None
    conditions: tuple[Condition, ...]
    order: tuple[tuple[str, bool], ...]


_SEMANTIC: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})


def search_servers(
    connection: Connection, workspace: str, conditions: Sequence[Condition], order: Order, *, offset: int, limit: int
) -> list[ServerRow]:
    """Servers of a workspace, at last by name."""
    asked = [mcp_servers.c.workspace == workspace, *map(_of_server, conditions)]
    return search_things(connection, SERVERS, asked, order, ("name",), offset=offset, limit=limit)


def search_server_versions(
    connection: Connection, server_id: int, conditions: Sequence[Condition], order: Order, *, offset: int, limit: int
) -> list[VersionRow]:
    """Versions of a server that are not deleted; at last the oldest first, and by their text."""
    semantic = [("precedence" if key == "version" else key, up) for key, up in order]
    asked = [_of_version(connection, each) for each in conditions]
    return search_versions(connection, SERVERS, server_id, asked, semantic, ("created_at", "version"), offset=offset, limit=limit)


def search_endpoints(connection: Connection, asked: EndpointsAsked, *, offset: int, limit: int) -> list[tuple[EndpointRow, ServerRow]]:
    """Endpoints that lead somewhere, each with its server; at last by identifier."""
    ordered = [*asked.order, *([] if any(key == "id" for key, _ in asked.order) else [("id", True)])]
    endpoints = mcp_access_endpoints.c
    statement = endpoints_to_versions().add_columns(*[column.label(f"of_{column.name}") for column in SERVERS.columns])
    named = ((mcp_servers.c.name, asked.server), (endpoints.server_version, asked.version), (endpoints.server_alias, asked.alias))
    statement = statement.where(
        mcp_servers.c.workspace == asked.workspace, *[column == value for column, value in named if value is not None]
    )
    statement = statement.where(*[compared(_ENDPOINT_COLUMNS[each.key], each.operator, each.value) for each in asked.conditions])
    statement = statement.order_by(*[_directed(connection, _ENDPOINT_COLUMNS[key], up) for key, up in ordered])
    rows = connection.execute(statement.offset(offset).limit(limit)).mappings()
    return [
        (
            EndpointRow(**{key: row[key] for key in EndpointRow.__struct_fields__}),
            ServerRow(**{key: row[f"of_{key}"] for key in ServerRow.__struct_fields__}),
        )
        for row in rows
    ]


def _directed(connection: Connection, column: ColumnElement[Any], up: bool) -> ColumnElement[Any]:
    column = in_bytes(connection, column)
    return column.asc() if up else column.desc()


def _of_server(condition: Condition) -> ColumnElement[bool]:
    if condition.kind == "tag":
        return thing_tagged(MCP_SERVERS, condition)
    if condition.key != "has_access_endpoints":
        return compared(mcp_servers.c[condition.key], condition.operator, condition.value)
    if condition.operator != "=" or condition.value.lower() not in {"true", "false"}:
        raise InvalidParameterValue("has_access_endpoints only supports '= true' or '= false'")
    leading = endpoints_to_versions().subquery()
    there = exists(select(leading.c.id).where(leading.c.server_id == mcp_servers.c.id))
    return there if condition.value.lower() == "true" else ~there


def _of_version(connection: Connection, condition: Condition) -> ColumnElement[bool]:
    if condition.key == "name":
        return compared(mcp_servers.c.name, condition.operator, condition.value)
    if condition.key != "version":
        return compared(mcp_server_versions.c[condition.key], condition.operator, condition.value)
    if condition.operator not in _SEMANTIC:
        raise InvalidParameterValue("version only supports semantic comparators '=', '!=', '<', '<=', '>', and '>='")
    if condition.operator in {"=", "!="}:
        return compared(mcp_server_versions.c.version, condition.operator, condition.value)
    column = in_bytes(connection, mcp_server_versions.c.precedence)
    return compared(column, condition.operator, precedence(condition.value, "filter_string version"))
