"""Everything that runs: opened, kept running, given other settings, and closed. What there is, is in ``server.parts``.

No other module but those builds a service.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence

from config import Settings
from evals.ledger import Ledger
from evals.service import JudgeService
from evals.store import LedgerStore
from server.fleet import Alone, Fleet, Targets, with_dropped
from server.health import Condition
from server.judge_caller import GatewayJudgeCaller
from server.parts.access import Access
from server.parts.files import Files
from server.parts.ground import Ground, home
from server.parts.mlflow_traces import MlflowTraces
from server.parts.names import Names
from server.parts.proxy import Proxy
from server.parts.tracing import Tracing
from server.parts.tracking import Tracking
from server.parts.views import Views
from server.reloads import Reloads
from storage.journal import Journal
from storage.metadata import Metadata
from storage.process.parent import Store
from storage.sealing import Seal
from tracing.figures import Subject, Tally, summed
from tracing.prices import load_prices

__all__ = ("Services",)

STOP_SECONDS = 10.0


class Services:
    """The parts, wired.

    ``build`` makes them, ``load`` reads what they must know before the first request, ``run`` keeps the background work going, ``close``
    stores what is left.
    """

    def __init__(self, ground: Ground) -> None:
        # In this order: each part uses those before it.
        self.ground = ground
        self.access = Access(ground, self._keys_changed)
        self.tracing = Tracing(ground)
        self.files = Files(ground)
        self.names = Names(ground, self.access, self.files)
        self.tracking = Tracking(ground, self.access, self.tracing)
        self.mlflow_traces = MlflowTraces(ground, self.tracing, self.files)
        self.views = Views(ground, self.access, self.tracing, self.names, self.mlflow_traces)
        self.proxy = Proxy(ground, self.access, self.tracing, self.names, self.tracking)
        self.judges = JudgeService(
            ground.settings.judges,
            self.tracing.traces,
            self.tracing.assessments,
            Ledger(LedgerStore(ground.metadata)),
            GatewayJudgeCaller(self.proxy.gateway),
            ground.telemetry,
        )
        self.fleet: Fleet = Alone()
        self._reloads = Reloads(ground.settings)
        self._role = ground.settings.server.role
        self._started = time.monotonic()

    @classmethod
    async def build(cls, settings: Settings, journal: Journal, telemetry: Store, metadata: Metadata) -> "Services":
        """Make the parts. ``telemetry`` and ``metadata`` are still being opened; nothing is asked of them."""
        seal = await asyncio.to_thread(Seal.open, home(settings), settings.security.sealing_key)
        return cls(Ground(settings, metadata, journal, telemetry, seal))

    async def load(self) -> None:
        """Read what must be known before the first request, once the metadata database is open. Raises as that does."""
        await self.ground.metadata.opened()
        await self.access.load()
        await self.proxy.load()

    @property
    def settings(self) -> Settings:
        """Those in force, without what was set up through MLflow's API."""
        return self.ground.settings

    async def run(self) -> None:
        """Store, judge, until cancelled. Raises when the telemetry database can never be opened."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.ground.telemetry.run())
            tasks.create_task(asyncio.to_thread(load_prices))
            tasks.create_task(self.files.tidy())
            tasks.create_task(self.access.run())
            tasks.create_task(self.proxy.run())
            if self._role == "all":
                tasks.create_task(self.names.webhooks.run())
                tasks.create_task(self._judge())

    async def _judge(self) -> None:
        await self.ground.telemetry.opened()
        await self.judges.run_online()

    async def apply(self, settings: Settings) -> None:
        """Swap in settings that were validated. What was opened at the start stays as it is until a restart, and ``condition`` says so."""
        await self.judges.reconfigure(settings.judges)
        before, self.ground.settings = self.ground.settings, settings
        try:
            self.proxy.reconfigure()
        except Exception:  # whatever it is: judges and gateway run on the same settings
            self.ground.settings = before
            await self.judges.reconfigure(before.judges)
            raise
        self.access.renew_guard()
        await self.ground.changed()
        self._reloads.taken(settings)

    async def refuse(self, error: Exception) -> None:
        """Remember why a new configuration was refused. The one before it goes on."""
        self._reloads.refused(error)

    async def close(self) -> None:
        """Stop in the order of the data: gateway, spans, journal, databases."""
        await self.proxy.close()
        await self.names.webhooks.close()
        await asyncio.to_thread(self.tracing.tracers.shutdown)
        await self.ground.telemetry.close(STOP_SECONDS)
        self.ground.journal.close()
        await self.ground.metadata.close()

    def condition(self) -> Condition:
        """See ``server.health.Health``."""
        return Condition(
            storage_ready=self.ground.telemetry.ready,
            storage_error=self.ground.telemetry.error,
            journal=with_dropped(self.ground.journal.stats(), self.fleet.dropped()),
            config_version=self._reloads.version,
            config_error=self._reloads.error,
            restart_needed=self._reloads.restart_needed,
            started_seconds_ago=round(time.monotonic() - self._started, 1),
            role=self._role,
            workers=self.fleet.conditions(),
        )

    async def look(self) -> None:
        """See ``server.health.Health``."""
        await self.fleet.look()

    def tallies(self) -> Mapping[Subject, Tally]:
        """See ``server.health.Health``."""
        mine, others = self.tracing.figures.asked(), self.fleet.tallies()
        return summed([mine, *others]) if others else mine

    def targets(self) -> Sequence[Targets | None]:
        """See ``server.health.Health``."""
        return [self.proxy.gateway.target_states(), *self.fleet.targets()]

    async def _keys_changed(self) -> None:
        self.proxy.gateway.renew_policies()
        await self.ground.changed()
