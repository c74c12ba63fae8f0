"""Stores and what is under way in them, which outlive a reload of the settings."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from config.schema import RouteSettings, Settings, StorageSettings
from config.settings.cache import CacheSettings
from gateway.cache.disk import DiskStore
from gateway.cache.entries import Store
from gateway.cache.errors import RouteNotCached
from gateway.cache.keys import of_route
from gateway.cache.memory import MemoryStore
from gateway.cache.policy import CachePolicy, Flights
from gateway.cache.rules import Embed, Rule, Similar

__all__ = ("CacheService",)


class CacheService:
    """Opens a store when the first route asks for it. ``shared``: other processes use the same directory."""

    def __init__(self, storage: StorageSettings, disk_bytes: int, embed: Embed, *, shared: bool = False) -> None:
        self._storage = storage
        self._disk_bytes = disk_bytes
        self._shared = shared
        self._stores: dict[str, Store] = {}
        self._kinds: dict[str, str] = {}
        self._memory = MemoryStore(0)
        self._flights: Flights = {}
        self._embed = embed
        self._index: Any = None
        self.elsewhere: Callable[[str], Awaitable[int]] | None = None
        """Clears what other processes of this server keep; how many answers that were."""

    def policy(self, settings: Settings) -> CachePolicy | None:
        """The policy of a configuration; ``None`` where no route has a cache."""
        rules = dict(self._rules(settings))
        self._kinds = {name: rule.settings.store for name, rule in rules.items()}
        self._memory.limit(settings.cache.memory_bytes)
        return CachePolicy(rules, self._flights) if rules else None

    async def clear(self, route: str = "") -> int:
        """Forget the answers of one route, or all of them: how many were removed. Raises ``RouteNotCached`` and ``StoreUnavailable``.

        An answer that is under way meanwhile is not kept, and nobody who asks from now on waits for it.
        """
        if route and route not in self._kinds:
            known = ", ".join(repr(name) for name in sorted(self._kinds)) or "none"
            raise RouteNotCached(f"No route {route!r} has a cache.", hint=f"Routes with a cache: {known}.")
        prefix = of_route(route) if route else ""
        if self._index is not None:
            self._index.forget(prefix)
        for key in [key for key in self._flights if key.startswith(prefix)]:
            del self._flights[key]
        stores = [self._stores[self._kinds[route]]] if route else list(self._stores.values())
        removed = sum([await store.clear(prefix) for store in stores])
        return removed + (await self.elsewhere(route) if self.elsewhere is not None else 0)

    async def close(self) -> None:
        """Finish what is being written."""
        for store in self._stores.values():
            await store.close()

    def _rules(self, settings: Settings) -> Iterator[tuple[str, Rule]]:
        for route in settings.routes:
            if route.cache is not None:
                yield (
                    route.name,
                    Rule(
                        settings=route.cache,
                        store=self._store(route.cache),
                        answer_bytes=settings.cache.answer_bytes,
                        variant=_variant(settings, route),
                        semantic=self._semantic(route.cache, settings.cache.vector_bytes),
                    ),
                )

    def _semantic(self, settings: CacheSettings, vector_bytes: int) -> Similar | None:
        if settings.semantic is None:
            return None
        if self._index is None:
            from gateway.cache.semantic import SemanticIndex  # numpy, which takes a while and some megabytes

            self._index = SemanticIndex(vector_bytes)
        from gateway.cache.similar import Semantic

        self._index.limit(vector_bytes)
        return Semantic(settings.semantic, self._index, self._embed)

    def _store(self, settings: CacheSettings) -> Store:
        kind = settings.store
        if kind not in self._stores:
            self._stores[kind] = self._open(kind)
        return self._stores[kind]

    def _open(self, kind: str) -> Store:
        if kind == "redis" and self._storage.redis is not None:
            from gateway.cache.redis_store import RedisStore  # its driver is slow to load, and few have one

            return RedisStore(self._storage.redis)
        if kind == "disk":
            return DiskStore(Path(self._storage.path).absolute() / "cache", self._disk_bytes, shared=self._shared)
        return self._memory


def _variant(settings: Settings, route: RouteSettings) -> str:
    """Whatever of the route changes its answers."""
    guards = [each for each in settings.guardrails if each.always or each.name in route.guardrails]
    return msgspec.json.encode([route.guardrails, guards], order="sorted").decode()
