"""What runs in a worker: the gateway and its journal. The core has everything else."""

import asyncio
import resource
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from config import Settings
from gateway.cache.errors import CacheFailure
from gateway.keys.index import KeyIndex
from gateway.keys.tickets import UploadTickets
from gateway.limits.ceilings import of_settings
from gateway.limits.policy import LimitPolicy
from gateway.policies import Policy
from registry.outbound.guard import AddressGuard
from server.equipped import Equipped
from server.guard import Guard
from server.version import VERSION
from server.workers.counting import CountingLedger
from server.workers.line import CorePrompts, Line, exhausted
from server.workers.messages import Ask, Now, Report
from storage.journal import Delivery, Journal
from tracing.errors import JournalFull
from tracing.figures import Figures
from tracing.ingest import SpanSink
from tracing.properties import TraceProperty, property_row
from tracing.provider import build_tracer_provider

if TYPE_CHECKING:
    from storage.sealing import Seal

__all__ = ("WorkerServices",)


class JournalledProperties:
    """Writes properties of traces; the core reads them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def put(self, properties: Sequence[TraceProperty]) -> None:
        """See ``PropertyStore.put``."""
        if properties and not self._journal.append([property_row(each) for each in properties]):
            raise JournalFull("the journal is full: nothing of this was kept", hint="storage must catch up first; see /health")


class WorkerServices:
    """The services of a worker, built from the first message of the core. ``use`` takes those that follow."""

    def __init__(self, now: Now, journal: Journal, line: Line) -> None:
        settings = self.settings = now.settings
        self.journal = journal
        self.figures = Figures()
        self.figures.asked()  # the core may be asked at any time what has passed here since the start
        self.keys = KeyIndex(now.keys)
        self._tracked = now.tracked
        self._ledger = CountingLedger(line)
        self._exhausted = exhausted(line)
        self._process = secrets.token_hex(6)
        self.under_way: Callable[[], int] = lambda: 0
        """How many requests are."""
        self._storage_error: str | None = None
        journal.attach(lambda: Delivery(last_error=self._storage_error), _nobody, 1)
        self.sink = SpanSink(journal, settings.telemetry)
        self.tracers = build_tracer_provider(settings.telemetry, self.sink, VERSION, self.figures)
        self._equipped = Equipped(
            settings,
            self.tracers,
            journal,
            CorePrompts(line),
            keys=self.keys,
            addresses=AddressGuard(lambda: self.settings.security.allow_private_addresses),
            limits=self._limits,
            endpoints=self._places,
            shared=True,
        )
        self.gateway, self.cache, self.responses = self._equipped.gateway, self._equipped.cache, self._equipped.responses
        self.tickets = UploadTickets(cache(lambda: _seal(settings)))
        self.guard = Guard.of(settings, self.keys, self.tickets)

    def use(self, now: Now) -> None:
        """Go by this from now on. Requests under way keep what they began with."""
        before, self.settings = self.settings, now.settings
        self.keys.replace(now.keys)
        self._tracked = now.tracked
        self.guard = Guard.of(now.settings, self.keys, self.tickets)
        if now.settings == before:
            self.gateway.renew_policies()
        else:
            self.gateway.reconfigure(now.settings)

    async def report(self, ask: Ask) -> Report:
        """This worker's report, as the core asks for it."""
        self._storage_error = ask.storage_error
        cleared = 0
        if ask.clear is not None:
            try:
                cleared = await self.cache.clear(ask.clear)
            except CacheFailure:
                cleared = 0  # the core has cleared the same store, and tells its own failure
        return Report(
            ask.id,
            list(self.figures.asked().items()),
            self.gateway.target_states(),
            self.journal.stats().dropped_by_table,
            requests=self.under_way(),
            tasks=len(asyncio.all_tasks()),
            resident_bytes=resident_bytes(),
            cpu_seconds=time.process_time(),
            cleared=cleared,
        )

    async def close(self) -> None:
        """Stop in the order of the data."""
        await self._equipped.close()
        await self._ledger.close()
        await asyncio.to_thread(self.tracers.shutdown)
        self.journal.close()

    def _limits(self, settings: Settings) -> LimitPolicy | None:
        ceilings = of_settings(settings)
        if not ceilings and not any(key.limits for key in self.keys.all()):
            return None
        return LimitPolicy(ceilings, self._ledger, self._process, self._ledger.give_back, self._exhausted)

    def _places(self) -> tuple[Policy, ...]:
        """Who signs in with a name is answered by the core, which knows what they may call."""
        if not self._tracked:
            return ()
        from server.endpoint_traces import EndpointTraces  # what it needs of the registry takes some megabytes, and few have such endpoints

        return (EndpointTraces(JournalledProperties(self.journal), self._tracked),)


def _seal(settings: Settings) -> "Seal":
    """The core's. It is opened with the first upload: what it loads takes megabytes, and few workers see one."""
    from storage.sealing import Seal

    return Seal.open(Path(settings.storage.path).absolute(), settings.security.sealing_key)


def resident_bytes() -> int:
    """Resident memory of this process in bytes; its peak where the system does not tell the current value."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * resource.getpagesize()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def _nobody() -> None:
    """The core's store process looks by itself."""
