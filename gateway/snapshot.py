"""What one configuration is made into: routes, policies, and providers with their connections."""

from collections.abc import Callable, Sequence
from random import random
from time import monotonic

from config.schema import Settings
from gateway.media import MediaSource, NoMedia
from gateway.passages.choosing import OnUnsupported
from gateway.policies import Policy
from gateway.providers import build
from gateway.resilience.affinity import Affinity
from gateway.resilience.pool import Pool
from gateway.routing import RouteTable
from gateway.shadows import Shadows
from gateway.types import Provider

__all__ = ("Pause", "Snapshot")

Pause = Callable[[], float]
"""For how many seconds the next request should wait, so that what is told of all can be stored."""


def no_pause() -> float:
    """No request waits."""
    return 0.0


class Snapshot:
    """One configuration at work. Immutable but for its policies and its count of users.

    The last request to leave a retired snapshot closes its connections.
    """

    def __init__(self, settings: Settings, policies: Sequence[Policy] = (), before: "Snapshot | None" = None) -> None:
        self.providers: dict[str, Provider] = {name: build(name, provider) for name, provider in settings.providers.items()}
        self.routes = RouteTable.from_settings(settings, {name: provider.models() for name, provider in self.providers.items()})
        self.settings = settings
        self.may_keep = settings.telemetry.content != "none" and settings.telemetry.redact is None
        self.content = {route.name: route.content for route in settings.routes if route.content != "full"}
        self.on_unsupported: dict[str, OnUnsupported] = {
            route.name: route.on_unsupported for route in settings.routes if route.on_unsupported != "drop"
        }
        self.pools = {name: Pool(route.rules, monotonic, random) for name, route in self.routes.routes.items() if route.rules is not None}
        if before is not None:
            self._inherit(before)
        self.policies = tuple(policies)
        self.media: MediaSource = NoMedia() if before is None else before.media
        self.pause: Pause = no_pause if before is None else before.pause
        self.shadows: Shadows = Shadows() if before is None else before.shadows  # those of before go on, and end with the last
        self.made: Affinity = Affinity() if before is None else before.made
        self._users = 0
        self._retired = False

    def enter(self) -> None:
        """A request begins to use it."""
        self._users += 1

    async def leave(self) -> None:
        """Note that a request has ended."""
        self._users -= 1
        if self._retired:
            await self._close_unused()

    async def retire(self) -> None:
        """No new request will use it."""
        self._retired = True
        await self._close_unused()

    def _inherit(self, before: "Snapshot") -> None:
        """Take over what is known of targets whose account did not change."""
        accounts, known = self.settings.providers, before.settings.providers
        for name in self.pools.keys() & before.pools.keys():
            self.pools[name].inherit(before.pools[name], lambda target: accounts[target.provider] == known.get(target.provider))

    async def stop(self) -> None:
        """The process ends: nothing that no client waits for goes on."""
        await self.shadows.close()
        await self.retire()

    async def _close_unused(self) -> None:
        if self._users == 0:
            for provider in self.providers.values():
                await provider.close()
