"""Which failures lead to a retry or a fallback: ``429``, ``5xx``, ``timeout``, … as the settings list them."""

from collections.abc import Iterable

import msgspec

from gateway.resilience.types import Failure, Reason

__all__ = ("Triggers",)


class Triggers(msgspec.Struct, frozen=True):
    """A list of triggers, compiled. ``hundreds`` are the classes of statuses, 4 and 5."""

    statuses: frozenset[int]
    hundreds: frozenset[int]
    reasons: frozenset[Reason]

    @classmethod
    def of(cls, words: Iterable[str]) -> "Triggers":
        """``words`` are checked by the schema of the settings."""
        listed = list(words)
        return cls(
            statuses=frozenset(int(word) for word in listed if word.isdecimal()),
            hundreds=frozenset(int(word[0]) for word in listed if word.endswith("xx")),
            reasons=frozenset(Reason(word) for word in listed if not word.isdecimal() and not word.endswith("xx")),
        )

    def matches(self, failure: Failure) -> bool:
        """A failure matches by its reason, or by its status whatever its reason is."""
        if failure.reason in self.reasons:
            return True
        return failure.status is not None and (failure.status in self.statuses or failure.status // 100 in self.hundreds)
