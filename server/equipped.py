"""The gateway with the policies that requests pass, what it keeps, and whom it asks: alike in a server and in a worker of one."""

from collections.abc import Callable, Sequence
from typing import Final

import storage
from config import Settings
from gateway.belongings.policy import BelongingsPolicy
from gateway.belongings.records import Records
from gateway.cache.service import CacheService
from gateway.guardrails.build import guardrails_of
from gateway.kept import KeptResponses
from gateway.keys.index import KeyIndex
from gateway.keys.policy import KeyPolicy
from gateway.policies import Policy
from gateway.prompts import PromptSource
from gateway.service import Gateway
from registry.outbound.guard import AddressGuard
from server.asking import Asking
from server.media_on_demand import MediaOnDemand
from server.version import VERSION
from storage.journal import Journal
from tracing.provider import SpanProvider

__all__ = ("Equipped",)

LONGEST_PAUSE_SECONDS: Final = 0.25
"""Of a request while rows come faster than they are stored, and the journal is nearly full of them."""


class Equipped:
    """``limits`` makes the policy of a configuration's limits, ``endpoints`` those of what MLflow's API set up. ``close`` closes connections."""

    def __init__(
        self,
        settings: Settings,
        tracers: SpanProvider,
        journal: Journal,
        prompts: PromptSource,
        *,
        keys: KeyIndex,
        addresses: AddressGuard,
        limits: Callable[[Settings], Policy | None],
        endpoints: Callable[[], Sequence[Policy]],
        shared: bool = False,
    ) -> None:
        """``shared``: several processes serve from the same kept answers."""
        self._keys, self._limits, self._endpoints = keys, limits, endpoints
        blobs = storage.open_blobs(settings.storage)
        self.responses = KeptResponses(blobs)
        self._belongings = Records(blobs)
        self._asking = Asking(lambda: self.gateway)
        self.cache = CacheService(settings.storage, settings.cache.disk_bytes, self._asking.embed, shared=shared)
        self.gateway = Gateway.build(settings, tracers.get_tracer("tidegate.gateway", VERSION), prompts, self._policies)
        self._media = MediaOnDemand(addresses)
        self.gateway.fetch_media_from(self._media)
        self.gateway.pace_by(lambda: journal.pressure() * LONGEST_PAUSE_SECONDS)

    async def close(self) -> None:
        """Close the connections, and write down what is kept."""
        await self.gateway.close()
        await self._media.close()
        await self.cache.close()

    def _policies(self, settings: Settings) -> tuple[Policy, ...]:
        """The policies that requests pass, in order. A policy without anything to do is left out."""
        limits, cache = self._limits(settings), self.cache.policy(settings)
        guards = guardrails_of(settings, self._asking.judge)
        callers = (KeyPolicy(self._keys),) if self._keys or limits or cache else ()
        own = (BelongingsPolicy(self._belongings, self.responses),) if self._keys else ()
        return (*callers, *own, *self._endpoints(), *(policy for policy in (guards, cache, limits) if policy is not None))
