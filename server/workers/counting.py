"""A worker's side of the limits: the core counts, and what this worker knows of it helps the next core to go on.

Nothing is granted while the core is away, as nobody knows what others were granted meanwhile: a request waits until it is back.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from typing_extensions import override

from gateway.errors import LimitsUnavailable
from gateway.limits.ledger import Count, Ledger
from gateway.limits.types import Amounts, Charge, Counter, Granted, Refused, Tally
from server.workers.line import CoreAway, Line
from server.workers.messages import Hello, Reserve, Reserved, Seen, Settle, ToCore

__all__ = ("CountingLedger",)

PATIENCE_SECONDS: Final = 10.0
"""A core that was killed is back in two or three."""

_MOST_SEEN: Final = 10_000


class CountingLedger(Ledger):
    """The core's counters."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._open: dict[str, Granted] = {}
        self._unsaid: list[tuple[Granted, Settle]] = []
        self._seen: dict[Counter, Seen] = {}
        line.greet_with(self._greeting)

    @override
    async def reserve(self, reservation: str, charges: Sequence[Charge], now: float) -> Granted | Refused:
        asked = tuple(charges)
        try:
            answer = await self._line.ask(Reserve(self._line.number(), reservation, asked, now), PATIENCE_SECONDS, again=True)
        except CoreAway as error:
            self._line.say(Settle(reservation, {}))
            raise LimitsUnavailable from error
        assert isinstance(answer, Reserved)  # noqa: S101 - it has the question's number
        outcome = answer.refused or Granted(reservation, answer.charges or asked, answer.amounts, answer.left)
        if isinstance(outcome, Granted):
            self._open[reservation] = outcome
        self._note(outcome, answer.at)
        return outcome

    @override
    async def settle(self, granted: Granted, amounts: Amounts, now: float) -> Sequence[Tally]:
        self.give_back(granted, amounts)
        return ()

    def give_back(self, granted: Granted, amounts: Amounts) -> None:
        """As ``settle``. While the core is away, the result is kept for the next core."""
        known = self._open.pop(granted.id, None)
        if self._line.up:
            self._line.say(Settle(granted.id, amounts))
        elif known is not None:
            self._unsaid.append((known, Settle(known.id, amounts)))

    @override
    async def counts(self, now: float) -> Mapping[Counter, Count]:
        return {}  # the core's to tell

    @override
    async def raise_to(self, counter: Counter, used: int, ends: int) -> None:
        """Does nothing: the core knows the past."""

    @override
    async def close(self) -> None:
        self._open.clear()

    def _greeting(self, number: int) -> Sequence[ToCore]:
        """What to tell a new core: the grants that are under way, where their counters stood, and what became of requests meanwhile."""
        unsaid, self._unsaid = self._unsaid, []
        reserved = (*self._open.values(), *(granted for granted, _ in unsaid))
        return [Hello(number, reserved, tuple(self._seen.values())), *(settle for _, settle in unsaid)]

    def _note(self, outcome: Granted | Refused, at: int) -> None:
        if isinstance(outcome, Refused):
            charge = outcome.charge
            self._see(Seen(charge.counter, at, outcome.used + outcome.reserved, charge.ends))
            return
        for charge, left in zip(outcome.charges, outcome.left, strict=True):
            self._see(Seen(charge.counter, at, charge.ceiling.limit - left, charge.ends))

    def _see(self, seen: Seen) -> None:
        """Remember where a counter stood. Beyond the limit the one that was seen longest ago is forgotten."""
        self._seen.pop(seen.counter, None)
        self._seen[seen.counter] = seen
        if len(self._seen) > _MOST_SEEN:
            del self._seen[next(iter(self._seen))]
