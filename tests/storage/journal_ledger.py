"""A database that can be seen through: what was inserted under which token, refusing and dying on request."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from storage.errors import QueryFailed

T = TypeVar("T")


class Killed(BaseException):
    """The process dies here: nothing may catch it."""


class Ledger:
    """Implements the inserting half of ``Telemetry``, with ClickHouse's deduplication by token. Survives the writers that use it."""

    def __init__(self) -> None:
        self.rows: dict[str, list[bytes]] = {}
        self.tokens: dict[str, bytes] = {}
        self.attempts = 0
        self.before: Callable[[str, bytes], None] = accept
        self.after: Callable[[str, bytes], None] = accept

    async def insert(self, table: str, rows: bytes, *, token: str) -> None:
        self.attempts += 1
        self.before(table, rows)
        if b"poison" in rows:
            raise QueryFailed("Cannot parse input: poison", number=27)
        if token not in self.tokens:
            self.tokens[token] = rows
            self.rows.setdefault(table, []).extend(rows.split(b"\n"))
        assert self.tokens[token] == rows, f"{token} names two different batches"
        self.after(table, rows)

    async def query(self, sql: str, parameters: Mapping[str, Any] | None, row: type[T]) -> list[T]:
        raise NotImplementedError

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        return

    def count(self, table: str) -> Counter[bytes]:
        return Counter(self.rows.get(table, []))


def accept(table: str, rows: bytes) -> None:
    return
