"""The statements of a transaction on their way to PostgreSQL: what needs no answer yet travels with what does, BEGIN and COMMIT among them.

For a small statement psycopg takes five times as long as the database, and each is a way there and back. libpq, which psycopg gives access
to, sends many at once and reads their answers together.
"""

import select
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGresult

__all__ = ("PIPELINE", "Pipeline", "pipeline_of")

PIPELINE: Final = "tidegate_pipeline"
"""Where a connection of the pool keeps its own."""

WRITES: Final = "BEGIN"
READS: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
COMMIT: Final = "COMMIT"

AT_ONCE: Final = 500
"""Statements that wait for company at most."""

Answer = list[tuple[Any, ...]]
_Bound = tuple[bytes, Sequence[Any]]


class Pipeline:
    """Of one connection, which is in autocommit mode: transactions begin and end here. All methods raise the driver's errors.

    ``flush`` before a statement goes any other way. After an error nothing waits any more, and the transaction can only be rolled back.
    """

    def __init__(self, driver: "psycopg.Connection[Any]") -> None:
        from psycopg.adapt import PyFormat, Transformer  # by who has PostgreSQL: it takes time to load

        self._server = driver.pgconn
        self._adapter = Transformer(driver)
        self._text: Final = PyFormat.TEXT  # the server knows each parameter's type from the statement, and reads it from text
        self._names: dict[str, bytes] = {}
        self._waiting: list[_Bound] = []
        self._begun = False
        self._readable, self._either = select.poll(), select.poll()
        self._readable.register(self._server.socket, select.POLLIN)
        self._either.register(self._server.socket, select.POLLIN | select.POLLOUT)

    def begin(self, *, reads: bool) -> None:
        """Begin a transaction with the first statement that is sent; one that only ``reads`` sees one state of the data throughout."""
        self._begun = False
        self._waiting = [self._bound(READS if reads else WRITES, ())]

    def later(self, sql: str, values: Sequence[Any]) -> None:
        """Run a statement before the transaction ends, and raise its error by then."""
        self._waiting.append(self._bound(sql, values))
        if len(self._waiting) >= AT_ONCE:
            self.flush()

    def ask(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[Answer]:
        """The rows of each statement."""
        return [self._rows(result) for result in self._sent([self._bound(sql, values) for sql, values in questions])]

    def change(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run a statement for each of ``rows``. Returns how many rows it changed."""
        return sum(result.command_tuples or 0 for result in self._sent([self._bound(sql, values) for values in rows]))

    def flush(self) -> None:
        """Send everything that waits."""
        if self._waiting:
            self._sent([])

    def commit(self) -> None:
        """Send what waits and end the transaction. A transaction of which nothing was sent is dropped."""
        if not self._begun and len(self._waiting) <= 1:
            self._waiting = []
            return
        (result,) = self._sent([self._bound(COMMIT, ())])
        if result.command_status != COMMIT.encode():
            from psycopg.errors import InFailedSqlTransaction

            raise InFailedSqlTransaction("an earlier statement failed, so that the transaction was rolled back")

    def forget(self) -> None:
        """Drop what waits, and roll the transaction back."""
        self._waiting = []

    def _bound(self, sql: str, values: Sequence[Any]) -> _Bound:
        name = self._names.get(sql) or self._prepare(sql)
        return name, self._adapter.dump_sequence(values, [self._text] * len(values))

    def _prepare(self, sql: str) -> bytes:
        name = b"tidegate_%d" % len(self._names)
        _check([self._server.prepare(name, sql.encode())])
        self._names[sql] = name
        return name

    def _sent(self, statements: Sequence[_Bound]) -> "list[PGresult]":
        """Send what waits, then ``statements``. Returns the answers to these."""
        sent, self._waiting = [*self._waiting, *statements], []
        self._begun = True
        results = self._exchange(sent)
        _check(results)
        return results[len(sent) - len(statements) :]

    def _exchange(self, statements: Sequence[_Bound]) -> "list[PGresult]":
        server = self._server
        server.enter_pipeline_mode()
        for name, values in statements:
            server.send_query_prepared(name, values)
        server.pipeline_sync()
        while server.flush():
            self._either.poll()
            server.consume_input()
        results = [self._result() for _ in statements]
        self._await()  # of the sync
        server.exit_pipeline_mode()
        return results

    def _result(self) -> "PGresult":
        result = self._await()
        self._await_end()
        return result

    def _await(self) -> "PGresult":
        """The next result. It is waited for here, without Python's lock, which libpq would hold."""
        while self._server.is_busy():
            self._readable.poll()
            self._server.consume_input()
        result = self._server.get_result()
        if result is None:
            from psycopg import OperationalError

            raise OperationalError(f"the connection is lost: {self._server.get_error_message()}")
        return result

    def _await_end(self) -> None:
        """Take the empty result that follows each result."""
        while self._server.is_busy():
            self._readable.poll()
            self._server.consume_input()
        self._server.get_result()

    def _rows(self, result: "PGresult") -> Answer:
        self._adapter.set_pgresult(result)
        return self._adapter.load_rows(0, result.ntuples, tuple)


def pipeline_of(connection: Connection) -> Pipeline | None:
    """The pipeline of a connection; ``None`` for SQLite, to which there is no network."""
    found: Pipeline | None = connection.connection.info.get(PIPELINE)
    return found


def _check(results: "Sequence[PGresult]") -> None:
    """Raise the first error. What was sent behind it was not run."""
    from psycopg.errors import error_from_result
    from psycopg.pq import ExecStatus

    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(result)
