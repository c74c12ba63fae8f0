"""Budgets that are nearly spent, and budgets that are: told once for each window, to whoever wants to know."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, Protocol

import msgspec

from gateway.limits.types import NANOS, Ceiling, Charge, Tally

__all__ = ("BudgetEvent", "BudgetEvents", "crossed", "exhausted")

WARN_PERCENT: Final = 80


class BudgetEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A ceiling on money that was reached to 80 percent (``warned``) or in full (``exceeded``). Amounts are dollars."""

    action: Literal["warned", "exceeded"]
    ceiling: Ceiling
    subject: str
    spent: float
    limit: float
    window_start: int


class BudgetEvents(Protocol):
    """Whoever wants to know."""

    async def tell(self, event: BudgetEvent) -> None:
        """Called off the request's path. What it raises is logged."""
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


def _event(action: Literal["warned", "exceeded"], charge: Charge, spent: int) -> BudgetEvent:
    return BudgetEvent(
        action=action,
        ceiling=charge.ceiling,
        subject=charge.counter[2],
        spent=spent / NANOS,
        limit=charge.ceiling.limit / NANOS,
        window_start=charge.counter[1],
    )
