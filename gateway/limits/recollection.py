"""What this gateway knows of counters in Redis, for when Redis is away or has forgotten them."""

from collections import OrderedDict
from typing import Final

import msgspec

from gateway.limits.types import Charge, Counter

__all__ = ("Known", "Recollection")

REMEMBERED: Final = 10_000


class Known(msgspec.Struct):
    """``used`` was read there last; ``alone`` was used here since, and is not told there yet."""

    used: int = 0
    alone: int = 0

    @property
    def total(self) -> int:
        """What is used, as far as is known here."""
        return self.used + self.alone


class Recollection:
    """The counters that were met last, a bounded number of them."""

    def __init__(self) -> None:
        self._known: OrderedDict[Counter, Known] = OrderedDict()

    def of(self, charge: Charge) -> Known:
        """The counter of a charge; one that was not met yet stands at nothing."""
        known = self._known.setdefault(charge.counter, Known())
        self._known.move_to_end(charge.counter)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known
