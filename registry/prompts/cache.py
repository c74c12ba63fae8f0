"""What rendering remembers: versions, which never change, and where aliases pointed a moment ago."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

from registry.prompts.types import PromptVersion

__all__ = ("PromptCache",)

MAX_ENTRIES: Final = 4096
FRESH_SECONDS: Final = 1.0

K = TypeVar("K")
V = TypeVar("V")


class PromptCache:
    """Versions by number, and targets of aliases by name. Used from one event loop.

    An alias moved by another process is seen ``FRESH_SECONDS`` later at the latest; ``forget`` makes this process's own moves visible at
    once, also against a lookup that was under way: what such a lookup brings is not kept, as ``begin`` gave it an older ``generation``.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._generation = 0
        self._versions: OrderedDict[tuple[str, int], PromptVersion] = OrderedDict()
        self._targets: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def begin(self) -> int:
        """Generation of the lookup that starts now."""
        return self._generation

    def fresh(self, name: str, selector: int | str) -> PromptVersion | None:
        """The version meant, if that is known and recent."""
        if isinstance(selector, int):
            return self._versions.get((name, selector))
        target = self._targets.get((name, selector))
        if target is None or self._clock() - target[1] > FRESH_SECONDS:
            return None
        return self._versions.get((name, target[0]))

    def stale(self, name: str, selector: int | str) -> PromptVersion | None:
        """The version last known, for when nothing newer can be had."""
        number = selector if isinstance(selector, int) else self._targets.get((name, selector), (0, 0.0))[0]
        return self._versions.get((name, number))

    def keep(self, selector: int | str, version: PromptVersion, generation: int) -> None:
        """Remember what a lookup brought."""
        if generation != self._generation:
            return
        _put(self._versions, (version.name, version.version), version)
        if isinstance(selector, str):
            _put(self._targets, (version.name, selector), (version.version, self._clock()))

    def forget(self, name: str) -> None:
        """Forget where the aliases of a prompt pointed, ``latest`` included."""
        self._generation += 1
        for key in [key for key in self._targets if key[0] == name]:
            del self._targets[key]


def _put(entries: OrderedDict[K, V], key: K, value: V) -> None:
    entries[key] = value
    entries.move_to_end(key)
    if len(entries) > MAX_ENTRIES:
        entries.popitem(last=False)
