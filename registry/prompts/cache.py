"""What rendering remembers: the versions that were asked for a moment ago, by number and by alias."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from registry.prompts.types import PromptVersion

__all__ = ("PromptCache",)

MAX_ENTRIES: Final = 4096
FRESH_SECONDS: Final = 1.0

Key = tuple[str, int | str]


class Entry(msgspec.Struct, frozen=True):
    """A version, and when it was looked up."""

    version: PromptVersion
    at: float


class PromptCache:
    """Versions by name and selector. Used from one event loop.

    What another process changed (where an alias points, which model a version wants, that it is deleted) is seen ``FRESH_SECONDS`` later at
    the latest; ``forget`` makes this process's own changes visible at once, also against a lookup that was under way: what such a lookup
    brings is not kept, as ``begin`` gave it an older ``generation``.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._generation = 0
        self._entries: OrderedDict[Key, Entry] = OrderedDict()

    def begin(self) -> int:
        """Begin a lookup. Returns its generation, which ``keep`` wants."""
        return self._generation

    def fresh(self, name: str, selector: int | str) -> PromptVersion | None:
        """The version that is meant, if it was looked up recently."""
        entry = self._entries.get((name, selector))
        return None if entry is None or self._clock() - entry.at > FRESH_SECONDS else entry.version

    def stale(self, name: str, selector: int | str) -> PromptVersion | None:
        """The version that was known last, for when nothing newer can be had."""
        entry = self._entries.get((name, selector))
        return None if entry is None else entry.version

    def keep(self, selector: int | str, version: PromptVersion, generation: int) -> None:
        """Remember what a lookup brought."""
        if generation != self._generation:
            return
        key = (version.name, selector)
        self._entries[key] = Entry(version, self._clock())
        self._entries.move_to_end(key)
        if len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)

    def forget(self, name: str) -> None:
        """Forget everything about a prompt."""
        self._generation += 1
        for key in [key for key in self._entries if key[0] == name]:
            del self._entries[key]
