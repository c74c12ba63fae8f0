"""What one configuration made: routes, policies, and providers with their connections."""

from collections.abc import Sequence

from config.schema import Settings
from gateway.policies import Policy
from gateway.providers import build
from gateway.routing import RouteTable
from gateway.types import Provider

__all__ = ("Snapshot",)


class Snapshot:
    """Immutable but for its policies and the count of its users: the last one to leave a retired snapshot closes its connections."""

    def __init__(self, settings: Settings, policies: Sequence[Policy] = ()) -> None:
        self.providers: dict[str, Provider] = {name: build(name, provider) for name, provider in settings.providers.items()}
        self.routes = RouteTable.from_settings(settings, {name: provider.models() for name, provider in self.providers.items()})
        self.settings = settings
        self.policies = tuple(policies)
        self._users = 0
        self._retired = False

    def enter(self) -> None:
        """A request begins to use it."""
        self._users += 1

    async def leave(self) -> None:
        """A request has ended."""
        self._users -= 1
        if self._retired:
            await self._close_unused()

    async def retire(self) -> None:
        """No new request will use it."""
        self._retired = True
        await self._close_unused()

    async def _close_unused(self) -> None:
        if self._users == 0:
            for provider in self.providers.values():
                await provider.close()
