"""Limits and budgets as a whole: the ledger, its life through restarts, events, and what people read of it.

Counters of an hour and more are written down every few seconds and when the server stops. After a crash, what those seconds hid is
found in the traces, whose every answered request is on disk before the answer was out (``UsageHistory``).
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from config.schema import Settings
from config.secrets import Secret
from gateway.keys.index import KeyIndex
from gateway.limits import store
from gateway.limits.ceilings import of_key, of_settings
from gateway.limits.events import BudgetEvent, BudgetEvents, crossed, reached
from gateway.limits.ledger import Count, Ledger, LocalLedger
from gateway.limits.policy import LimitPolicy
from gateway.limits.types import NANOS, Amounts, Ceiling, Counter, Granted, Per, Standing, Traffic
from gateway.limits.windows import bounds
from storage.errors import Unavailable

__all__ = ("LimitService", "Metadata", "UsageHistory")

T = TypeVar("T")
WRITE_SECONDS: Final = 5.0
KEPT_SECONDS: Final = 40 * 86_400
LASTING: Final = frozenset({"hour", "day", "week", "month"})

logger = logging.getLogger(__name__)


class Metadata(Protocol):
    """The metadata database, as limits need it."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a worker thread, within one transaction."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """As ``run``, for work that only reads."""
        ...


class UsageHistory(Protocol):
    """What the traces say was used."""

    async def used(self, per: Per, traffic: Traffic, route: str, key_id: str, since: int) -> Mapping[str, Amounts]:
        """Amounts by subject, of requests since a second of the epoch. ``route`` and ``key_id`` restrict to them, when they are not empty."""
        ...


class LimitService:
    """Everything about limits. ``events`` is told of budgets."""

    def __init__(self, metadata: Metadata, keys: KeyIndex, events: BudgetEvents, redis: Secret | None = None) -> None:
        local = LocalLedger()
        self.ledger: Ledger = local if redis is None else _shared(redis, local)
        self._local = None if redis else local
        self._metadata = metadata
        self._keys = keys
        self._events = events
        self._process = secrets.token_hex(6)
        self._ceilings: tuple[Ceiling, ...] = ()
        self._told: set[tuple[Counter, str]] = set()
        self._owed: list[BudgetEvent] = []
        self._work: set[asyncio.Task[None]] = set()

    def policy(self, settings: Settings) -> LimitPolicy | None:
        """The policy of a configuration; ``None`` where nothing is limited, neither by it nor by a key."""
        self._ceilings = of_settings(settings)
        if not self._ceilings and not any(key.limits for key in self._keys.all()):
            return None
        return LimitPolicy(self._ceilings, self.ledger, self._process, self.settle, self.tell)

    async def load(self) -> None:
        """Go on counting where the last run of the server stopped."""
        if self._local is None:
            return
        now = int(time.time())
        for counter, count in (await self._metadata.read(lambda connection: store.read_counts(connection, now))).items():
            await self._local.raise_to(counter, count.used, count.ends)
        self._local.changed.clear()

    async def rebuild(self, history: UsageHistory) -> None:
        """Count what the traces know and the counters do not, since a crash hid it. Only counters that last, and only upwards.

        Budgets that stand beyond a threshold then are told of, if nobody was yet.
        """
        if self._local is not None:
            await self._recount(history, self._local)
        ceilings = {ceiling.id: ceiling for ceiling in self._standing()}
        self._announce(reached(dict(await self.ledger.counts(time.time())), ceilings))

    async def _recount(self, history: UsageHistory, local: LocalLedger) -> None:
        now = int(time.time())
        for ceiling in self._standing():
            if ceiling.window in LASTING and ceiling.per != "address":
                start, end = bounds(ceiling.window, now)
                found = await history.used(ceiling.per, ceiling.traffic, ceiling.route, ceiling.key_id, start)
                for subject, amounts in found.items():
                    if not ceiling.only or subject in ceiling.only:
                        await local.raise_to((ceiling.id, start, subject), amounts.get(ceiling.metric, 0), end)

    async def run(self) -> None:
        """Write counters down until cancelled."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await self._write()
            owed, self._owed = self._owed, []
            self._announce(owed)
            self._told = {each for each in self._told if each[0][1] > time.time() - KEPT_SECONDS}

    async def close(self) -> None:
        """Settle what is under way, and write everything down."""
        while self._work:
            await asyncio.wait(self._work)
        await self._write()
        await self.ledger.close()

    async def standings(self) -> list[Standing]:
        """Every counter that something was counted on, the fullest first; limits that nobody has met yet show as empty."""
        now = time.time()
        ceilings = {ceiling.id: ceiling for ceiling in self._standing()}
        counts = dict(await self.ledger.counts(now))
        met = {counter[0] for counter in counts}
        for ceiling in ceilings.values():
            if ceiling.id not in met and ceiling.per == "all":
                start, end = bounds(ceiling.window, int(now))
                counts[ceiling.id, start, ""] = Count(ends=end)
        found = [_standing(ceilings[counter[0]], counter, count) for counter, count in counts.items() if counter[0] in ceilings]
        return sorted(
            found, key=lambda standing: (standing.remaining / standing.ceiling if standing.ceiling else 0, standing.limit, standing.subject)
        )

    def _standing(self) -> Iterable[Ceiling]:
        return (*self._ceilings, *(ceiling for key in self._keys.all() for ceiling in of_key(key)))

    def settle(self, granted: Granted, amounts: Amounts) -> None:
        """Settled at once where nothing has to be waited for, so that the next request sees it."""
        if self._local is not None:
            self._announce(crossed(self._local.give_back(granted, amounts)))
        else:
            self._start(self._settle_elsewhere(granted, amounts))

    async def _settle_elsewhere(self, granted: Granted, amounts: Amounts) -> None:
        self._announce(crossed(await self.ledger.settle(granted, amounts, time.time())))

    def _announce(self, events: Iterable[BudgetEvent]) -> None:
        for event in events:
            self.tell(event)

    def tell(self, event: BudgetEvent) -> None:
        """Tell whoever wants to know, once."""
        if (mark := _mark(event)) not in self._told:
            self._told.add(mark)
            self._start(self._deliver(event))

    async def _deliver(self, event: BudgetEvent) -> None:
        try:
            await self._events.tell(event)
        except Exception as error:  # noqa: BLE001 - an event that cannot be told must not end anything else
            logger.warning("the budget %r was %s, and nobody could be told yet: %s", event.ceiling.name, event.action, error)
            self._told.discard(_mark(event))
            self._owed.append(event)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _write(self) -> None:
        if self._local is None or not self._local.changed:
            return
        changed, self._local.changed = self._local.changed, set()
        lasting = {ceiling.id for ceiling in self._standing() if ceiling.window in LASTING}
        counts = await self._local.counts(time.time())
        now = {
            counter: Count(counts[counter].used, 0, counts[counter].ends)
            for counter in changed
            if counter[0] in lasting and counter in counts
        }
        try:
            await self._metadata.run(lambda connection: _store(connection, now))
        except Unavailable as error:
            self._local.changed |= changed
            logger.warning("counters are not written down, their database is away: %s", error)


def _mark(event: BudgetEvent) -> tuple[Counter, str]:
    return (event.ceiling.id, event.window_start, event.subject), event.action


def _store(connection: Connection, counts: Mapping[Counter, Count]) -> None:
    store.write_counts(connection, counts, datetime.now(UTC))
    store.forget_before(connection, int(time.time()) - KEPT_SECONDS)


def _standing(ceiling: Ceiling, counter: Counter, count: Count) -> Standing:
    unit = NANOS if ceiling.metric == "cost" else 1
    return Standing(
        limit=ceiling.name,
        metric=ceiling.metric,
        per=ceiling.per,
        subject=counter[2] if ceiling.per != "all" else ceiling.route or ceiling.key_name,
        window=ceiling.window,
        traffic=ceiling.traffic,
        ceiling=ceiling.limit / unit,
        used=count.used / unit,
        reserved=count.reserved / unit,
        remaining=max(0, ceiling.limit - count.used - count.reserved) / unit,
        resets_at=datetime.fromtimestamp(count.ends, UTC).isoformat().replace("+00:00", "Z"),
        key=ceiling.key_name,
        route=ceiling.route,
    )


def _shared(redis: Secret, local: LocalLedger) -> Ledger:
    from gateway.limits.redis_ledger import RedisLedger  # its driver is slow to load, and few have one

    return RedisLedger(redis, local)
