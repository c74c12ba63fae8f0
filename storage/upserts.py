"""``INSERT ... ON CONFLICT`` on a table's primary key, for SQLite and PostgreSQL. Built once: building costs more than running."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

__all__ = ("Upsert",)

AnyInsert = postgresql.Insert | sqlite.Insert
_INSERTS: Final[Mapping[str, Callable[[Table], AnyInsert]]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


class Upsert:
    """Inserts rows; of those that are there already, the columns in ``changed`` take the new values, if ``when`` holds.

    ``when`` is given the new row and the table. Without ``changed``, rows that are there stay as they are.
    """

    def __init__(
        self, table: Table, changed: Sequence[str] = (), *, when: Callable[[Any, Table], ColumnElement[bool]] | None = None
    ) -> None:
        self._statements = {dialect: _built(insert(table), table, changed, when) for dialect, insert in _INSERTS.items()}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert rows, of which no two have the same key, and give how many were inserted or changed."""
        if not rows:
            return 0
        return connection.execute(self._statements[connection.dialect.name], list(rows)).rowcount


def _built(insert: AnyInsert, table: Table, changed: Sequence[str], when: Callable[[Any, Table], ColumnElement[bool]] | None) -> AnyInsert:
    keys = [column.name for column in table.primary_key.columns]
    if not changed:
        return insert.on_conflict_do_nothing(index_elements=keys)
    new = insert.excluded
    where = None if when is None else when(new, table)
    return insert.on_conflict_do_update(index_elements=keys, set_={name: new[name] for name in changed}, where=where)
