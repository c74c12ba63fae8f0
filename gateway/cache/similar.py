"""The semantic side of a route's cache: what a request asks, and an answer to a question that is near enough."""

import asyncio
from typing import Any

import msgspec

from config.settings.cache import CacheSettings, SemanticSettings
from gateway.cache.costs import cost_of
from gateway.cache.entries import Entry, Store, decode
from gateway.cache.keys import fingerprint, key_of
from gateway.cache.rules import Embed
from gateway.cache.semantic import SemanticIndex, Vector, question, vector_of
from gateway.policies import Call
from gateway.types import Answer, Target

__all__ = ("Asked", "Semantic")


class Asked(msgspec.Struct, frozen=True):
    """A question: the partition in which similar ones are looked for, and its vector."""

    partition: str
    vector: Vector


class Semantic:
    """Implements ``gateway.cache.rules.Similar``. What it asks is paid for, and told on the span."""

    def __init__(self, settings: SemanticSettings, index: SemanticIndex, embed: Embed) -> None:
        self._settings = settings
        self._index = index
        self._embed = embed

    async def asked(self, call: Call, body: dict[str, Any], cache: CacheSettings, variant: str) -> Asked | None:
        """The question of a request; ``None`` when it has none, or when nobody gives its vector in time."""
        found = question(body)
        if found is None:
            return None
        rest, text = found
        try:
            async with asyncio.timeout(self._settings.timeout):
                answer = await self._embed(self._settings.model, text, call)
        except TimeoutError:
            answer = None
        vector = None if answer is None else vector_of(answer)
        if answer is None or vector is None:
            call.attributes["tidegate.cache.lookup_failed"] = True
            return None
        _tell_cost(call, answer)
        partition = key_of(fingerprint(call, rest, cache.per, f"{variant} {self._settings.model}"), call, call.plan.targets[0])
        return Asked(partition, vector)

    async def found(self, call: Call, asked: Asked, store: Store) -> Entry | None:
        """The answer to the nearest question, while it is kept."""
        near = self._index.nearest(asked.partition, asked.vector, self._settings.threshold)
        entry = None if near is None else decode(await store.get(near.key))
        if near is not None and entry is not None:
            call.attributes["tidegate.cache.similarity"] = near.similarity
            call.headers.append((b"x-tidegate-cache-similarity", f"{near.similarity:.4f}".encode()))
        return entry

    def keep(self, asked: Asked, key: str) -> None:
        """The question has an answer now."""
        self._index.add(asked.partition, asked.vector, key, self._settings.entries)


def _tell_cost(call: Call, answer: Answer) -> None:
    provider, _, model = answer.target.partition("/")
    cost = cost_of(call, Target(provider, model), answer.usage) if provider in call.providers else None
    if cost is not None:
        call.attributes["tidegate.cache.lookup_usd"] = cost
