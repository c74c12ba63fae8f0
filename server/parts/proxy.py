"""The gateway, what it counts and keeps, and what MLflow's API sets up for it."""

import asyncio
import logging
from typing import Final

from config import Settings
from gateway.limits.service import LimitService
from gateway.policies import Policy
from registry.gateway_admin.service import GatewayAdmin, merged
from registry.gateway_admin.types import Administered, Tracked
from server.budgets import BudgetWebhooks
from server.endpoint_permissions import EndpointPermissions
from server.endpoint_traces import EndpointTraces
from server.equipped import Equipped
from server.parts.access import Access
from server.parts.ground import Ground
from server.parts.names import Names
from server.parts.tracing import Tracing
from server.parts.tracking import Tracking
from server.registered_prompts import RegisteredPrompts
from server.registry_adapters import RegisteredScorers, TrackedExperiments
from storage.errors import StorageError, Unavailable

__all__ = ("Proxy",)

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 10.0
"""Between looks of a gateway process at what another process set up."""

REBUILD_PAUSES: Final = (0.0, 1.0, 5.0, 30.0)
"""Seconds before each time that budgets are compared with the traces."""


class Proxy:
    """``load`` reads what is kept of it, ``run`` keeps it current, ``close`` closes it in the order of the data."""

    def __init__(self, ground: Ground, access: Access, tracing: Tracing, names: Names, tracking: Tracking) -> None:
        settings = ground.settings
        self._ground, self._access, self._tracing = ground, access, tracing
        self._administration = Administered()
        self.admin = GatewayAdmin(
            ground.metadata,
            access.addresses,
            ground.seal,
            experiments=TrackedExperiments(tracking.experiments),
            scorers=RegisteredScorers(tracking.scorers),
            taken=self._configured,
            use=self._administered,
        )
        self.limits = LimitService(
            ground.metadata, access.keys.index, BudgetWebhooks(ground.metadata, names.webhooks.outbox), settings.storage.redis
        )
        self._equipped = Equipped(
            settings,
            tracing.tracers,
            ground.journal,
            RegisteredPrompts(names.prompts),
            keys=access.keys.index,
            addresses=access.addresses,
            limits=self.limits.policy,
            endpoints=self._endpoint_policies,
        )
        self.gateway, self.cache, self.responses = self._equipped.gateway, self._equipped.cache, self._equipped.responses

    async def load(self) -> None:
        """Load what was set up through the API, and what limits have counted."""
        await self.admin.load()
        await self.limits.load()

    async def run(self) -> None:
        """Keep counts and, in a gateway process, follow what is set up elsewhere. Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.limits.run())
            tasks.create_task(self._rebuild_budgets())
            if self._ground.settings.server.role == "gateway":
                tasks.create_task(self._follow_administration())

    async def close(self) -> None:
        """Close the connections, and write down what is counted and kept."""
        await self._equipped.close()
        await self.limits.close()

    def reconfigure(self) -> None:
        """Serve new requests by the settings in force. Raises ``Misconfigured``, and then nothing has changed."""
        self.gateway.reconfigure(merged(self._ground.settings, self._administration))

    def in_force(self) -> tuple[Settings, dict[str, Tracked]]:
        """The settings with what was set up through MLflow's API, and the experiments of its endpoints, by the name of their routes."""
        configured = self._configured()
        tracked = {name: each for name, each in self._administration.tracked.items() if name not in configured}
        return merged(self._ground.settings, self._administration), tracked

    def _configured(self) -> set[str]:
        """The names of routes that the settings have; an endpoint of such a name does not answer."""
        return {route.name for route in self._ground.settings.routes}

    def _endpoint_policies(self) -> tuple[Policy, ...]:
        """Those of endpoints that answer."""
        configured = self._configured()
        endpoints = {name: each for name, each in self._administration.endpoints.items() if name not in configured}
        tracked = {name: each for name, each in self._administration.tracked.items() if name in endpoints}
        permissions = (EndpointPermissions(endpoints),) if endpoints and self._access.sign_in is not None else ()
        places = (EndpointTraces(self._tracing.properties, tracked),) if tracked else ()
        return (*permissions, *places)

    async def _administered(self, state: Administered) -> None:
        """Answer endpoints that were set up through MLflow's API, beside the configured routes."""
        before, self._administration = self._administration, state  # policies look there
        if state == before:
            return
        try:
            self.reconfigure()
        except BaseException:
            self._administration = before
            raise
        await self._ground.changed()

    async def _follow_administration(self) -> None:
        """Follow endpoints that are set up at another process, some seconds later.

        While the database is away, those known before stay.
        """
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.admin.load()
            except Unavailable as error:
                logger.warning("endpoints stay as they are known, their database is away: %s", error)

    async def _rebuild_budgets(self) -> None:
        """Count spending that a kill hid from the counters, several times, as soon as traces can be asked.

        What the killed process had journalled is stored in the first moments of the next; counting the same spending again changes nothing.
        """
        await self._ground.telemetry.opened()
        for pause in REBUILD_PAUSES:
            await asyncio.sleep(pause)
            try:
                await self.limits.rebuild(self._tracing.spending)
            except StorageError as error:
                logger.warning("budgets count from what was written down; the traces cannot be asked: %s", error)
