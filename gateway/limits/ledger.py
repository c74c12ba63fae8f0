"""The counters: reserved and settled. In this process, where nothing comes between looking and taking."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec
from typing_extensions import override

from gateway.limits.types import Amounts, Charge, Counter, Granted, Refused, Tally

__all__ = ("Count", "Ledger", "LocalLedger")

MOST_COUNTERS: Final = 100_000
"""Beyond it, subjects that were not seen before share a counter: a client that invents users must not fill the memory."""

SWEEP_SECONDS: Final = 10.0
OVERFLOW: Final = "(others)"


class Count(msgspec.Struct):
    """A counter's state. ``used`` is settled, ``reserved`` belongs to requests under way; the window ends at ``ends``."""

    used: int = 0
    reserved: int = 0
    ends: int = 0


class Ledger(Protocol):
    """Counts requests, tokens and money."""

    async def reserve(self, reservation: str, charges: Sequence[Charge], now: float) -> Granted | Refused:
        """Take all charges, or none. A charge gets what is left, at least its ``least`` and at most its ``most``.

        May raise ``LimitsUnavailable`` where another process counts.
        """
        ...

    async def settle(self, granted: Granted, amounts: Amounts, now: float) -> Sequence[Tally]:
        """Replace a reservation by what was used. A second time does nothing. A metric that is absent counts as nothing."""
        ...

    async def counts(self, now: float) -> Mapping[Counter, Count]:
        """Every counter whose window has not ended."""
        ...

    async def raise_to(self, counter: Counter, used: int, ends: int) -> None:
        """Raise counters to what a record of the past says, where it says more than is known here."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class LocalLedger(Ledger):
    """Counters in this process."""

    def __init__(self) -> None:
        self._counts: dict[Counter, Count] = {}
        self._open: set[str] = set()
        self._sweep_at = 0.0
        self.changed: set[Counter] = set()

    @override
    async def reserve(self, reservation: str, charges: Sequence[Charge], now: float) -> Granted | Refused:
        return self.take(reservation, charges, now)

    def take(self, reservation: str, charges: Sequence[Charge], now: float) -> Granted | Refused:
        """As ``reserve``, without giving way to anybody."""
        if now >= self._sweep_at:
            self._sweep(now)
        placed: list[Charge] = []
        counts: list[Count] = []
        for each in charges:
            charge, count = self._counter(each)
            if charge.ceiling.limit - count.used - count.reserved < charge.demand.least:
                return Refused(charge, count.used, count.reserved)
            placed.append(charge)
            counts.append(count)
        self._open.add(reservation)
        amounts: list[int] = []
        left: list[int] = []
        for charge, count in zip(placed, counts, strict=True):
            amounts.append(_take(charge, count))
            left.append(charge.ceiling.limit - count.used - count.reserved)
        return Granted(reservation, tuple(placed), tuple(amounts), tuple(left))

    @override
    async def settle(self, granted: Granted, amounts: Amounts, now: float) -> Sequence[Tally]:
        return self.give_back(granted, amounts)

    def give_back(self, granted: Granted, amounts: Amounts) -> list[Tally]:
        """As ``settle``, without giving way to anybody."""
        if granted.id not in self._open:
            return []
        self._open.discard(granted.id)
        return self._settled(granted, amounts)

    @override
    async def counts(self, now: float) -> Mapping[Counter, Count]:
        return self.counted(now)

    def counted(self, now: float) -> Mapping[Counter, Count]:
        """As ``counts``, without giving way to anybody."""
        self._sweep(now)
        return self._counts

    @override
    async def raise_to(self, counter: Counter, used: int, ends: int) -> None:
        count = self._counts.setdefault(counter, Count(ends=ends))
        if used > count.used:
            count.used = used
            self.changed.add(counter)

    def reopen(self, granted: Granted) -> None:
        """A reservation of a ledger that was lost goes on here."""
        if granted.id in self._open:
            return
        self._open.add(granted.id)
        for charge, amount in zip(granted.charges, granted.amounts, strict=True):
            self._counts.setdefault(charge.counter, Count(ends=charge.ends)).reserved += amount

    def stand_at(self, counter: Counter, total: int, ends: int) -> None:
        """What is used and reserved is at least ``total``."""
        count = self._counts.setdefault(counter, Count(ends=ends))
        if total - count.reserved > count.used:
            count.used = total - count.reserved
            self.changed.add(counter)

    @override
    async def close(self) -> None:
        self._counts.clear()

    def _settled(self, granted: Granted, amounts: Amounts) -> list[Tally]:
        tallies: list[Tally] = []
        for charge, amount in zip(granted.charges, granted.amounts, strict=True):
            count = self._counts.get(charge.counter)
            if count is None:  # its window is over, and forgotten
                continue
            before = count.used
            count.reserved -= amount
            count.used += amounts.get(charge.ceiling.metric, 0)
            self.changed.add(charge.counter)
            tallies.append(Tally(charge, before, count.used))
        return tallies

    def _counter(self, charge: Charge) -> tuple[Charge, Count]:
        """The charge on a counter that there is, or that there is room for."""
        count = self._counts.get(charge.counter)
        if count is None:
            if len(self._counts) >= MOST_COUNTERS:
                charge = msgspec.structs.replace(charge, counter=(*charge.counter[:2], OVERFLOW))
            count = self._counts.setdefault(charge.counter, Count(ends=charge.ends))
        return charge, count

    def _sweep(self, now: float) -> None:
        """Forget windows that are over. Their reservations, if any, are settled into nothing."""
        self._sweep_at = now + SWEEP_SECONDS
        for counter in [counter for counter, count in self._counts.items() if count.ends <= now]:
            del self._counts[counter]


def _take(charge: Charge, count: Count) -> int:
    demand = charge.demand
    amount = demand.most
    if amount != demand.least:
        amount = max(demand.least, min(amount, charge.ceiling.limit - count.used - count.reserved))
    count.reserved += amount
    return amount
