"""Budgets that are nearly spent, and budgets that are: told once for each window, to whoever wants to know, also across a kill."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, Protocol

import msgspec

from gateway.limits.ledger import Count
from gateway.limits.types import NANOS, Ceiling, Charge, Counter, Tally

__all__ = ("BudgetEvent", "BudgetEvents", "crossed", "exhausted", "reached")

WARN_PERCENT: Final = 80


class BudgetEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A ceiling on money that was reached to 80 percent (``warned``) or in full (``exceeded``). Amounts are dollars."""

    action: Literal["warned", "exceeded"]
    ceiling: Ceiling
    subject: str
    spent: float
    limit: float
    window_start: int
    window_end: int


class BudgetEvents(Protocol):
    """Whoever wants to know. It may be told of an event again, by another process or the one before, and passes each on once."""

    async def tell(self, event: BudgetEvent) -> None:
        """Called off the request's path. Where it raises it is told again, some seconds later."""
        ...


def crossed(tallies: Sequence[Tally]) -> Iterator[BudgetEvent]:
    """The thresholds that a settlement went over: since a counter only grows, each is gone over once in a window."""
    for tally in tallies:
        limit = tally.charge.ceiling.limit
        if tally.charge.ceiling.metric != "cost" or limit == 0:
            continue
        if tally.before < limit <= tally.after:
            yield _event("exceeded", tally.charge, tally.after)
        elif tally.before * 100 < limit * WARN_PERCENT <= tally.after * 100:
            yield _event("warned", tally.charge, tally.after)


def exhausted(charge: Charge, used: int) -> BudgetEvent:
    """A request was refused, as what is left does not pay for it."""
    return _event("exceeded", charge, used)


def reached(counts: Mapping[Counter, Count], ceilings: Mapping[str, Ceiling]) -> Iterator[BudgetEvent]:
    """The thresholds beyond which counters stand: a process that was killed may have gone over one and told nobody."""
    for counter, count in counts.items():
        ceiling = ceilings.get(counter[0])
        if ceiling is None or ceiling.metric != "cost" or ceiling.limit == 0 or count.used * 100 < ceiling.limit * WARN_PERCENT:
            continue
        yield _told("exceeded" if count.used >= ceiling.limit else "warned", ceiling, counter, count.ends, count.used)


def _event(action: Literal["warned", "exceeded"], charge: Charge, spent: int) -> BudgetEvent:
    return _told(action, charge.ceiling, charge.counter, charge.ends, spent)


def _told(action: Literal["warned", "exceeded"], ceiling: Ceiling, counter: Counter, ends: int, spent: int) -> BudgetEvent:
    return BudgetEvent(
        action=action,
        ceiling=ceiling,
        subject=counter[2],
        spent=spent / NANOS,
        limit=ceiling.limit / NANOS,
        window_start=counter[1],
        window_end=ends,
    )
