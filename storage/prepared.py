"""Statements that are made once and run straight by the driver.

SQLAlchemy takes ten times as long over a small statement as the database does, most of it to find out that it has seen the statement before.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

__all__ = ("Prepared",)

Bound = Mapping[str, Any] | Sequence[Any]


class Prepared:
    """A statement of SQLAlchemy's with named values. ``columns``: those that an INSERT fills, where the statement does not say.

    Results are the driver's: a truth value may be 0 or 1. Errors are too, and ``storage.metadata`` tells those that mean that it is away.
    """

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = None if columns is None else list(columns)
        self._rendered: dict[str, _Rendered] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows."""
        return self._run(connection, values).fetchall()  # type: ignore[no-any-return]  # drivers share no type for cursors

    def first(self, connection: Connection, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row, if there is one."""
        return self._run(connection, values).fetchone()  # type: ignore[no-any-return]  # as above

    def change(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it for each of ``rows``; how many rows were changed."""
        if len(rows) == 1:
            return int(self._run(connection, rows[0]).rowcount)
        rendered = self._on(connection.dialect)
        cursor = _cursor(connection)
        cursor.executemany(rendered.sql, [rendered.bound(row) for row in rows])
        return int(cursor.rowcount)

    def _run(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        rendered = self._on(connection.dialect)
        cursor = _cursor(connection)
        cursor.execute(rendered.sql, rendered.bound(values))
        return cursor

    def _on(self, dialect: Dialect) -> "_Rendered":
        rendered = self._rendered.get(dialect.name)
        if rendered is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            rendered = self._rendered[dialect.name] = _Rendered(compiled, dialect)  # type: ignore[arg-type]  # all of ours are SQL
        return rendered


class _Rendered:
    """The text of a statement in one dialect, and how values are handed over with it."""

    def __init__(self, compiled: SQLCompiler, dialect: Dialect) -> None:
        self.sql: Final = str(compiled)
        self._given: Final = {name: value for name, value in compiled.params.items() if value is not None}
        self._order: Final = compiled.positiontup
        self._processors: Final[Mapping[str, Callable[[Any], Any]]] = {
            name: processor
            for name, bind in compiled.binds.items()
            if (processor := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }

    def bound(self, values: Mapping[str, Any]) -> Bound:
        if self._given:
            values = {**self._given, **values}
        if self._processors:
            values = {name: self._processors[name](value) if name in self._processors else value for name, value in values.items()}
        return values if self._order is None else [values[name] for name in self._order]


def _cursor(connection: Connection) -> Any:
    driver = connection.connection.dbapi_connection
    if driver is None:
        raise RuntimeError("the connection has been given back")
    return driver.cursor()
