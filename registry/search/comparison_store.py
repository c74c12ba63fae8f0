"""SQL of a comparison, the same in SQLite and PostgreSQL. Values are bound."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, String

__all__ = ("compared", "in_bytes")

_COMPARISONS: Final[Mapping[str, Callable[[ColumnElement[Any], Any], ColumnElement[bool]]]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "LIKE": lambda column, value: column.like(value),
    "ILIKE": lambda column, value: column.ilike(value),
    "IN": lambda column, value: column.in_(value),
    "NOT IN": lambda column, value: column.not_in(value),
}


def compared(column: ColumnElement[Any], operator: str, value: Any) -> ColumnElement[bool]:
    """``column operator value``. ``LIKE`` tells capitals apart, ``ILIKE`` does not. ``value`` is a tuple for ``IN`` and ``NOT IN``."""
    return _COMPARISONS[operator](column, value)


def in_bytes(connection: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column to order by, text in the order of its bytes: SQLite's own order, and not PostgreSQL's, which follows a language."""
    if connection.dialect.name == "postgresql" and isinstance(column.type, String):
        return column.collate("C")
    return column
