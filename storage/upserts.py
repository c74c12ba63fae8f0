"""``INSERT ... ON CONFLICT`` for SQLite and PostgreSQL, which spell it alike while SQLAlchemy has no common word for it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Table

from storage.prepared import Prepared

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

__all__ = ("Upsert", "insert_into")


def insert_into(table: Table, connection: Connection) -> "postgresql.Insert | sqlite.Insert":
    """An ``INSERT`` that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``, of the connection's dialect."""
    # Each dialect is loaded by who uses it: PostgreSQL's alone takes a twentieth of a second.
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert

    return insert(table)


class Upsert:
    """Inserts rows; of those that are there already, the columns in ``changed`` take the new values, if ``when`` holds.

    The key is the table's primary key; ``when`` is given the new row and the table. Without ``changed``, rows that are there stay as they
    are. A statement is built once for each dialect and set of columns: building costs more than running. Errors are the driver's.
    """

    def __init__(
        self, table: Table, changed: Sequence[str] = (), *, when: Callable[[Any, Table], ColumnElement[bool]] | None = None
    ) -> None:
        self._table = table
        self._changed = changed
        self._when = when
        self._statements: dict[tuple[str, ...], Prepared] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert rows, of which no two have the same key, and give how many were inserted or changed."""
        return self._statement(connection, rows[0]).change(connection, rows) if rows else 0

    def later(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows before the transaction ends, together with what comes next."""
        if rows:
            self._statement(connection, rows[0]).later(connection, rows)

    def _statement(self, connection: Connection, row: Mapping[str, Any]) -> Prepared:
        columns = tuple(row)
        statement = self._statements.get((connection.dialect.name, *columns))
        if statement is None:
            statement = self._statements[connection.dialect.name, *columns] = Prepared(self._built(connection), columns)
        return statement

    def _built(self, connection: Connection) -> "postgresql.Insert | sqlite.Insert":
        insert = insert_into(self._table, connection)
        keys = [column.name for column in self._table.primary_key.columns]
        if not self._changed:
            return insert.on_conflict_do_nothing(index_elements=keys)
        new = insert.excluded
        where = None if self._when is None else self._when(new, self._table)
        return insert.on_conflict_do_update(index_elements=keys, set_={name: new[name] for name in self._changed}, where=where)
