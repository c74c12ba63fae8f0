"""Which target of a route is much worse than its peers."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

import msgspec

from config.schema import OutlierSettings

__all__ = ("Tally", "outliers")

K = TypeVar("K", bound=Hashable)


class Tally(msgspec.Struct):
    """Answers and failures of a target within the window that began at ``since`` (monotonic seconds)."""

    since: float = 0.0
    answered: int = 0
    failed: int = 0

    def count(self, now: float, window: float, *, ok: bool) -> None:
        """One more; a window that is over begins anew."""
        if now - self.since > window:
            self.since, self.answered, self.failed = now, 0, 0
        if ok:
            self.answered += 1
        else:
            self.failed += 1

    @property
    def total(self) -> int:
        """All that were counted."""
        return self.answered + self.failed


def outliers(tallies: Mapping[K, Tally], settings: OutlierSettings, ejected: int) -> list[K]:
    """Targets whose share of answers is ``gap`` below that of their peers together, the worst first.

    ``ejected`` others are out already: with them they never are more than the share ``at_most`` of all, nor all.
    """
    everyone = len(tallies) + ejected
    room = min(int(everyone * settings.at_most), everyone - 1) - ejected
    measured = {key: tally for key, tally in tallies.items() if tally.total >= settings.requests}
    gaps = {key: _peers_share(key, measured) - tally.answered / tally.total for key, tally in measured.items() if len(measured) > 1}
    worst = sorted((key for key in gaps if gaps[key] >= settings.gap), key=lambda key: -gaps[key])
    return worst[: max(0, room)]


def _peers_share(key: K, measured: Mapping[K, Tally]) -> float:
    peers = [tally for other, tally in measured.items() if other != key]
    return sum(tally.answered for tally in peers) / sum(tally.total for tally in peers)
