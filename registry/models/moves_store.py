"""The log of moves in the metadata database. Lines are added, and never changed."""

from typing import Final

from sqlalchemy import Connection, insert, select

from registry.models.types import Move
from storage.model_tables import registry_moves

__all__ = ("insert_move", "read_moves")


_LINE: Final = insert(registry_moves)  # built once: building a statement costs more than running it


def insert_move(connection: Connection, move: Move) -> None:
    """Add a line; its ``id`` comes from the database."""
    line = {name: getattr(move, name) for name in move.__struct_fields__ if name != "id"}
    connection.execute(_LINE, line)


def read_moves(connection: Connection, name: str | None, before: int | None, limit: int) -> list[Move]:
    """The newest lines, of one name or of all, older than the line ``before``."""
    query = select(registry_moves).order_by(registry_moves.c.id.desc()).limit(limit)
    if name is not None:
        query = query.where(registry_moves.c.name == name)
    if before is not None:
        query = query.where(registry_moves.c.id < before)
    return [Move(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
