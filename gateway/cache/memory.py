"""Answers in this process: the least recently used goes first."""

from collections import OrderedDict
from time import monotonic
from typing import Final

from gateway.cache.entries import Clearings

__all__ = ("MemoryStore",)

OVERHEAD: Final = 512
"""Bytes that an entry takes beside its value."""


class MemoryStore:
    """Implements ``gateway.cache.entries.Store`` within ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._clearings = Clearings()
        self._values: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    async def get(self, key: str) -> bytes | None:
        """See ``Store.get``."""
        found = self._values.get(key)
        if found is None:
            return None
        if found[1] <= monotonic():
            self._drop(key)
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: str, value: bytes, seconds: int, asked_at: float) -> None:
        """See ``Store.put``."""
        if self._clearings.since(key, asked_at):
            return
        self._drop(key)
        self._values[key] = value, monotonic() + seconds
        self.size += len(value) + OVERHEAD
        self.limit(self._limit)

    async def clear(self, prefix: str) -> int:
        """See ``Store.clear``."""
        self._clearings.note(prefix)
        found = [key for key in self._values if key.startswith(prefix)]
        for key in found:
            self._drop(key)
        return len(found)

    async def close(self) -> None:
        """See ``Store.close``."""

    def limit(self, most: int) -> None:
        """Stay within ``most`` bytes from now on."""
        self._limit = most
        while self.size > most:
            self._drop(next(iter(self._values)))

    def _drop(self, key: str) -> None:
        found = self._values.pop(key, None)
        if found is not None:
            self.size -= len(found[0]) + OVERHEAD
