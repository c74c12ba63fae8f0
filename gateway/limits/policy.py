"""Each request against its ceilings: reserved before it is sent, settled when it ends."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from time import time

from gateway.errors import LimitsUnavailable
from gateway.keys.types import VirtualKey
from gateway.limits.ceilings import charges, of_key
from gateway.limits.demand import demands, used
from gateway.limits.events import BudgetEvent, exhausted
from gateway.limits.ledger import Ledger, LocalLedger
from gateway.limits.told import UNKNOWN, headers, headers_of_refusal, refusal
from gateway.limits.types import Amounts, Ceiling, Charge, Granted, Metric, Refused
from gateway.policies import Call, Outcome

__all__ = ("LimitPolicy",)

Settle = Callable[[Granted, Amounts], None]
Tell = Callable[[BudgetEvent], None]


class LimitPolicy:
    """Implements ``gateway.policies.Policy``, for the ceilings of one configuration and those that keys bring along.

    ``settle`` and ``tell`` hand work over that must not hold up an answer; ``process`` makes reservations of several gateways differ.
    """

    def __init__(self, ceilings: Sequence[Ceiling], ledger: Ledger, process: str, settle: Settle, tell: Tell) -> None:
        self._ceilings = tuple(ceilings)
        self._ledger = ledger
        self._local = ledger if isinstance(ledger, LocalLedger) else None
        self._process = process
        self._hand_over = settle
        self._tell = tell
        self._numbers = itertools.count()
        self._metrics = frozenset(ceiling.metric for ceiling in ceilings)
        self._of_keys: dict[str, tuple[VirtualKey, tuple[Ceiling, ...]]] = {}

    def admit(self, call: Call) -> Awaitable[None] | None:
        """Reserve what the request may use.

        Raises ``LimitReached``, and ``LimitsUnavailable`` where the ledger does. Waits for nothing where this process counts.
        """
        now = time()
        ceilings, metrics = self._standing_over(call)
        if not ceilings:
            return None
        asked = charges(call, ceilings, demands(call, metrics), int(now))
        if not asked:
            return None
        reservation = f"{self._process}-{next(self._numbers)}"
        if self._local is None:
            return self._admit_elsewhere(call, reservation, asked, now)
        self._admit(call, self._local.take(reservation, asked, now), now)
        return None

    async def _admit_elsewhere(self, call: Call, reservation: str, asked: tuple[Charge, ...], now: float) -> None:
        try:
            outcome = await self._reserve(reservation, asked, now)
        except LimitsUnavailable:
            call.headers += UNKNOWN
            raise
        self._admit(call, outcome, now)

    def _admit(self, call: Call, outcome: Granted | Refused, now: float) -> None:
        if isinstance(outcome, Refused):
            if outcome.charge.ceiling.metric == "cost":
                self._tell(exhausted(outcome.charge, outcome.used))
            call.headers += headers_of_refusal(outcome, now)
            call.attributes["tidegate.limit"] = outcome.charge.ceiling.name
            raise refusal(outcome, now)
        call.granted = outcome
        call.headers += headers(outcome, now)

    def settle(self, call: Call, outcome: Outcome) -> None:
        """What was reserved is replaced by what was used."""
        if call.granted is not None:
            self._hand_over(call.granted, used(call, outcome, [charge.ceiling.metric for charge in call.granted.charges]))

    async def _reserve(self, reservation: str, asked: tuple[Charge, ...], now: float) -> Granted | Refused:
        try:
            return await self._ledger.reserve(reservation, asked, now)
        except asyncio.CancelledError:
            # The client left while the counters were asked: they may have taken the charges already.
            self._hand_over(Granted(reservation, asked, tuple(charge.demand.most for charge in asked), ()), {})
            raise

    def _standing_over(self, call: Call) -> tuple[tuple[Ceiling, ...], frozenset[Metric]]:
        key = call.caller.key
        if key is None or not key.limits:
            return self._ceilings, self._metrics
        known = self._of_keys.get(key.id)
        if known is None or known[0] is not key:
            known = self._of_keys[key.id] = key, of_key(key)
        return (*self._ceilings, *known[1]), self._metrics | {ceiling.metric for ceiling in known[1]}
