"""Statements that are made once and run straight by the driver.

SQLAlchemy takes ten times as long over a small statement as the database does, most of it to find out that it has seen the statement before.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from storage.pipeline import pipeline_of

__all__ = ("Prepared", "together")

Values = Mapping[str, Any]
Rows = list[tuple[Any, ...]]


class Prepared:
    """A statement of SQLAlchemy's with named values. ``columns``: those that an INSERT fills, where the statement does not say.

    Results are the driver's: a truth value may be 0 or 1. Errors are too, and ``storage.metadata`` tells those that mean that it is away.
    """

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = None if columns is None else list(columns)
        self._rendered: dict[str, _Rendered] = {}

    def rows(self, connection: Connection, values: Values) -> Rows:
        """Run the statement. Returns all rows."""
        return together(connection, (self, values))[0]

    def first(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """Run the statement. Returns the first row, if there is one."""
        return next(iter(self.rows(connection, values)), None)

    def change(self, connection: Connection, rows: Sequence[Values]) -> int:
        """Run the statement for each of ``rows``. Returns how many rows were changed."""
        rendered = self.on(connection.dialect)
        if (pipeline := pipeline_of(connection)) is not None:
            return pipeline.change(rendered.sql, [rendered.bound(row) for row in rows])
        if len(rows) == 1:
            return int(_cursor(connection).execute(rendered.sql, rendered.bound(rows[0])).rowcount)
        return int(_cursor(connection).executemany(rendered.sql, [rendered.bound(row) for row in rows]).rowcount)

    def later(self, connection: Connection, rows: Sequence[Values]) -> None:
        """As ``change``, some time before the transaction ends. To PostgreSQL it travels together with what comes next."""
        if (pipeline := pipeline_of(connection)) is None:
            self.change(connection, rows)
            return
        rendered = self.on(connection.dialect)
        for row in rows:
            pipeline.later(rendered.sql, rendered.bound(row))

    def on(self, dialect: Dialect) -> "_Rendered":
        """The statement in a dialect."""
        rendered = self._rendered.get(dialect.name)
        if rendered is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            rendered = self._rendered[dialect.name] = _Rendered(compiled, dialect)  # type: ignore[arg-type]  # all of ours are SQL
        return rendered


def together(connection: Connection, *questions: tuple[Prepared, Values]) -> list[Rows]:
    """Run several statements in one round trip to PostgreSQL. Returns all rows of each."""
    asked = [(rendered.sql, rendered.bound(values)) for prepared, values in questions for rendered in [prepared.on(connection.dialect)]]
    if (pipeline := pipeline_of(connection)) is not None:
        return pipeline.ask(asked)
    cursor = _cursor(connection)
    return [cursor.execute(sql, bound).fetchall() for sql, bound in asked]


class _Rendered:
    """A statement's text in one dialect, and the order in which it takes its values."""

    def __init__(self, compiled: SQLCompiler, dialect: Dialect) -> None:
        # SQLite's driver has `?` for each; for PostgreSQL the names of psycopg become the numbers of the protocol.
        numbers = _Numbers()
        self.sql: Final = str(compiled) if compiled.positiontup is not None else str(compiled) % numbers
        self._order: Final = list(numbers) if compiled.positiontup is None else compiled.positiontup
        self._given: Final = {name: value for name, value in compiled.params.items() if value is not None}
        self._processors: Final[Mapping[str, Callable[[Any], Any]]] = {
            name: processor
            for name, bind in compiled.binds.items()
            if (processor := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }

    def bound(self, values: Values) -> Sequence[Any]:
        if self._given:
            values = {**self._given, **values}
        if self._processors:
            values = {name: self._processors[name](value) if name in self._processors else value for name, value in values.items()}
        return [values[name] for name in self._order]


class _Numbers(dict[str, str]):
    """Numbers names in the order in which they are first asked for."""

    def __missing__(self, name: str) -> str:
        number = self[name] = f"${len(self) + 1}"
        return number


def _cursor(connection: Connection) -> Any:
    driver = connection.connection.dbapi_connection
    if driver is None:
        raise RuntimeError("the connection has been given back")
    return driver.cursor()
