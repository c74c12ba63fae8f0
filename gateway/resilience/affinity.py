"""Which target made a response: a conversation that is kept upstream can only go on where it began."""

from collections import OrderedDict
from typing import Final

from gateway.types import Target

__all__ = ("Affinity",)

REMEMBERED: Final = 10_000


class Affinity:
    """The newest responses by their ids, a bounded number of them."""

    __slots__ = ("_limit", "_targets")

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._targets: OrderedDict[str, Target] = OrderedDict()
        self._limit = limit

    def note(self, response: str, target: Target) -> None:
        """``target`` made ``response``."""
        self._targets[response] = target
        self._targets.move_to_end(response)
        if len(self._targets) > self._limit:
            self._targets.popitem(last=False)

    def target(self, response: str) -> Target | None:
        """Who made it, ``None`` when that was forgotten or never known."""
        return self._targets.get(response)
