"""What runs need of the rest of the server."""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

__all__ = ("Metadata", "now_ms")

T = TypeVar("T")


class Metadata(Protocol):
    """The metadata database."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Call ``work`` in a worker thread, within one transaction."""
        ...

    async def share(self, work: Callable[[Connection], T]) -> T:
        """The same, in a transaction that others may share; ``work`` may be called more than once, and only its last call counts."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """The same for work that only reads."""
        ...


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
