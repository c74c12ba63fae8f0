"""MCP servers in the metadata database: each function is one step of a transaction. SQLite and PostgreSQL alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, case, delete, insert, select, update

from registry.search.comparison_store import in_bytes
from storage.mcp_tables import mcp_server_aliases, mcp_server_tags, mcp_server_version_tags, mcp_server_versions, mcp_servers
from storage.upserts import insert_into

__all__ = (
    "SERVER_COLUMNS",
    "VERSION_COLUMNS",
    "ServerRow",
    "VersionRow",
    "change_server",
    "change_version",
    "delete_alias",
    "delete_server",
    "delete_server_tag",
    "delete_version_tag",
    "insert_server",
    "insert_version",
    "put_alias",
    "put_server_tag",
    "put_version_tag",
    "read_aliases",
    "read_server",
    "read_server_tags",
    "read_version",
    "read_version_tags",
    "read_versions",
    "settle",
)

DELETED: Final = "deleted"


class ServerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``mcp_servers``."""

    id: int = 0
    workspace: str
    name: str
    display_name: str | None = None
    description: str | None = None
    icons: list[dict[str, Any]] | None = None
    latest: str | None = None
    status: str | None = None
    created_by: str | None
    last_updated_by: str | None
    created_at: int
    last_updated_at: int


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``mcp_server_versions``."""

    server_id: int
    version: str
    precedence: str
    server_json: dict[str, Any]
    status: str
    tools: list[dict[str, Any]] | None
    source: str | None
    connect_options: dict[str, Any] | None
    created_by: str | None
    last_updated_by: str | None
    created_at: int
    last_updated_at: int


SERVER_COLUMNS: Final = tuple(mcp_servers.c[name] for name in ServerRow.__struct_fields__)
VERSION_COLUMNS: Final = tuple(mcp_server_versions.c[name] for name in VersionRow.__struct_fields__)
_LIVE: Final = mcp_server_versions.c.status != DELETED


def insert_server(connection: Connection, row: ServerRow) -> int:
    """Store a new one, and give its number. Raises ``IntegrityError`` when the name is taken."""
    values = {name: value for name, value in msgspec.structs.asdict(row).items() if name != "id"}
    number: int = connection.execute(insert(mcp_servers).values(values).returning(mcp_servers.c.id)).scalar_one()
    return number


def read_server(connection: Connection, workspace: str, name: str) -> ServerRow | None:
    """A server by its name."""
    found = select(*SERVER_COLUMNS).where(mcp_servers.c.workspace == workspace, mcp_servers.c.name == name)
    row = connection.execute(found).mappings().first()
    return None if row is None else ServerRow(**row)


def change_server(connection: Connection, server_id: int, changes: Mapping[str, Any]) -> None:
    """Set some columns. Of two who change one server, the second waits here."""
    connection.execute(update(mcp_servers).where(mcp_servers.c.id == server_id).values(**changes))


def delete_server(connection: Connection, server_id: int) -> None:
    """Remove it and all that is part of it."""
    connection.execute(delete(mcp_servers).where(mcp_servers.c.id == server_id))


def settle(connection: Connection, server_id: int) -> str | None:
    """Find a server's latest version anew: an active one before others, then by precedence, then the newest. ``None`` without any."""
    table = mcp_server_versions.c
    active_first = case((table.status == "active", 0), else_=1)
    ordered = (
        active_first,
        in_bytes(connection, table.precedence).desc(),
        table.created_at.desc(),
        in_bytes(connection, table.version).desc(),
    )
    found = connection.execute(
        select(table.version, table.status).where(table.server_id == server_id, _LIVE).order_by(*ordered).limit(1)
    ).first()
    change_server(connection, server_id, {"latest": found and found.version, "status": found and found.status})
    return None if found is None else str(found.version)


def insert_version(connection: Connection, row: VersionRow) -> None:
    """Store a new one. Raises ``IntegrityError`` when the server has it, or had it."""
    connection.execute(insert(mcp_server_versions), msgspec.structs.asdict(row))


def read_version(connection: Connection, server_id: int, version: str) -> VersionRow | None:
    """One version, a deleted one too."""
    table = mcp_server_versions.c
    found = connection.execute(select(*VERSION_COLUMNS).where(table.server_id == server_id, table.version == version)).mappings().first()
    return None if found is None else VersionRow(**found)


def read_versions(connection: Connection, named: Iterable[tuple[int, str]]) -> dict[tuple[int, str], VersionRow]:
    """Several, of several servers, that are not deleted."""
    wanted = set(named)
    table = mcp_server_versions.c
    ids, versions = {each for each, _ in wanted}, {each for _, each in wanted}
    rows = connection.execute(select(*VERSION_COLUMNS).where(table.server_id.in_(ids), table.version.in_(versions), _LIVE)).mappings()
    found = (VersionRow(**row) for row in rows)
    return {(row.server_id, row.version): row for row in found if (row.server_id, row.version) in wanted}


def change_version(connection: Connection, server_id: int, version: str, changes: Mapping[str, Any]) -> None:
    """Set some columns."""
    table = mcp_server_versions.c
    connection.execute(update(mcp_server_versions).where(table.server_id == server_id, table.version == version).values(**changes))


def read_server_tags(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Tags of servers, by key."""
    table = mcp_server_tags.c
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for row in connection.execute(select(table.server_id, table.key, table.value).where(table.server_id.in_(ids)).order_by(table.key)):
        found[row.server_id][row.key] = row.value
    return found


def put_server_tag(connection: Connection, server_id: int, key: str, value: str) -> None:
    """Set a tag."""
    statement = insert_into(mcp_server_tags, connection).values(server_id=server_id, key=key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["server_id", "key"], set_={"value": value}))


def delete_server_tag(connection: Connection, server_id: int, key: str) -> bool:
    """Remove a tag; whether there was one."""
    table = mcp_server_tags.c
    return connection.execute(delete(mcp_server_tags).where(table.server_id == server_id, table.key == key)).rowcount > 0


def read_version_tags(connection: Connection, ids: Iterable[int]) -> dict[tuple[int, str], dict[str, str]]:
    """Tags of all versions of servers."""
    table = mcp_server_version_tags.c
    found: dict[tuple[int, str], dict[str, str]] = defaultdict(dict)
    statement = select(table.server_id, table.version, table.key, table.value).where(table.server_id.in_(set(ids))).order_by(table.key)
    for row in connection.execute(statement):
        found[row.server_id, row.version][row.key] = row.value
    return found


def put_version_tag(connection: Connection, server_id: int, version: str, key: str, value: str) -> None:
    """Set a tag."""
    statement = insert_into(mcp_server_version_tags, connection).values(server_id=server_id, version=version, key=key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["server_id", "version", "key"], set_={"value": value}))


def delete_version_tag(connection: Connection, server_id: int, version: str, key: str) -> bool:
    """Remove a tag; whether there was one."""
    table = mcp_server_version_tags.c
    there = (table.server_id == server_id, table.version == version, table.key == key)
    return connection.execute(delete(mcp_server_version_tags).where(*there)).rowcount > 0


def read_aliases(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Aliases of servers and the versions that they mean."""
    table = mcp_server_aliases.c
    found: dict[int, dict[str, str]] = defaultdict(dict)
    statement = select(table.server_id, table.alias, table.version).where(table.server_id.in_(set(ids))).order_by(table.alias)
    for row in connection.execute(statement):
        found[row.server_id][row.alias] = row.version
    return found


def put_alias(connection: Connection, server_id: int, alias: str, version: str) -> None:
    """Point an alias at a version."""
    statement = insert_into(mcp_server_aliases, connection).values(server_id=server_id, alias=alias, version=version)
    connection.execute(statement.on_conflict_do_update(index_elements=["server_id", "alias"], set_={"version": version}))


def delete_alias(connection: Connection, server_id: int, alias: str) -> None:
    """Remove an alias."""
    table = mcp_server_aliases.c
    connection.execute(delete(mcp_server_aliases).where(table.server_id == server_id, table.alias == alias))
