"""The administration as a whole: its services, and the state that the gateway is given after each change."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection

from config.schema import ProviderSettings, Settings
from registry.gateway_admin import endpoint_store, model_store, policy_store
from registry.gateway_admin.endpoint_service import EndpointService
from registry.gateway_admin.mapping import Opened, administered
from registry.gateway_admin.model_service import ModelService, belongs_to
from registry.gateway_admin.policy_service import Placed, PolicyService
from registry.gateway_admin.types import Administered, Experiments, Metadata, Scorers
from registry.outbound.guard import AddressGuard
from storage.errors import SealBroken
from storage.sealing import Seal

__all__ = ("GatewayAdmin", "merged")

log = logging.getLogger("tidegate.gateway_admin")
VALUES: Final = msgspec.json.Decoder(dict[str, str])


class GatewayAdmin:
    """``use`` is given the new state after each change, and ``load`` gives it at the start."""

    def __init__(
        self,
        metadata: Metadata,
        guard: AddressGuard,
        seal: Seal,
        *,
        experiments: Experiments,
        scorers: Scorers,
        taken: Callable[[], Collection[str]],
        use: Callable[[Administered], Awaitable[None]],
    ) -> None:
        self._metadata = metadata
        self._seal = seal
        self._use = use
        self.models = ModelService(metadata, guard, seal, self.load)
        self.endpoints = EndpointService(metadata, experiments, scorers, taken, self.load)
        self.policies = PolicyService(metadata, scorers, self.load)

    async def load(self) -> None:
        """Read everything and hand it to the gateway."""
        placed = await self.policies.placed()
        state = await self._metadata.read(lambda connection: self._read(connection, placed))
        for what, why in state.idle.items():
            log.warning("%s has no effect: %s", what, why)
        await self._use(state)

    def _read(self, connection: Connection, placed: Placed) -> Administered:
        sealed = model_store.read_sealed(connection)
        return administered(
            endpoint_store.read_endpoints(connection),
            model_store.read_definitions(connection),
            {secret_id: self._opened(secret_id, text, auth_config) for secret_id, (text, auth_config) in sealed.items()},
            policy_store.read_budgets(connection),
            placed,
        )

    def _opened(self, secret_id: str, sealed: str, auth_config: dict[str, str]) -> Opened:
        try:
            text = self._seal.unseal(sealed, belongs_to(secret_id)).reveal()
        except SealBroken as error:
            return Opened(problem=str(error))
        return Opened(VALUES.decode(text), auth_config)


def merged(settings: Settings, state: Administered) -> Settings:
    """Settings with what was set up through the API beside what the file says; where both have a name, the file's stands."""
    configured = {route.name for route in settings.routes}
    return msgspec.structs.replace(
        settings,
        providers={**_reachable(settings, state), **settings.providers},
        routes=(*settings.routes, *(route for route in state.routes if route.name not in configured)),
        limits=(*settings.limits, *state.limits),
        guardrails=(*settings.guardrails, *state.guardrails),
    )


def _reachable(settings: Settings, state: Administered) -> Mapping[str, ProviderSettings]:
    """The accounts, barred from private addresses unless the settings allow those."""
    if not settings.security.allow_private_addresses:
        return state.providers
    return {name: msgspec.structs.replace(provider, public_only=False) for name, provider in state.providers.items()}
