"""The cache of one route."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from config.settings.cache import CacheSettings
from gateway.cache.entries import Entry, Store
from gateway.policies import Call
from gateway.types import Answer

__all__ = ("Embed", "Rule", "Similar")

Embed = Callable[[str, str, Call], Awaitable[Answer]]
"""Asks a model (the first argument) for the vector of a text (the second), within the trace of a call."""


class Similar(Protocol):
    """Looks for answers to questions of nearly the same meaning. A Protocol, so that nobody loads its numbers who has no use for them."""

    async def asked(self, call: Call, body: dict[str, Any], cache: CacheSettings, variant: str) -> Any:
        """The question of a request; ``None`` when it has none, or when nobody gives its vector in time."""
        ...

    async def found(self, call: Call, asked: Any, store: Store) -> Entry | None:
        """The answer to the nearest question, while it is kept."""
        ...

    def keep(self, asked: Any, key: str) -> None:
        """The question has an answer now."""
        ...


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """The cache of one route. ``variant`` is whatever makes its answers differ, beside the request itself."""

    settings: CacheSettings
    store: Store
    answer_bytes: int
    variant: str
    semantic: Similar | None = None
