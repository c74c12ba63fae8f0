"""How far a judge and people say the same of the same traces. Pure: pairs of values in, figures out."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

__all__ = ("Agreement", "Pair", "agreement_of")

MOST_VALUES: Final = 12
"""Values beyond which a table of them says nothing."""


class Pair(msgspec.Struct, frozen=True):
    """What the judge said, what a person said, and of how many traces."""

    judge: str
    human: str
    count: int


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """``traces`` were judged by both. ``share`` of them got the same value; ``kappa`` is Cohen's, ``None`` where chance decides nothing.

    ``values`` and ``pairs`` are the table of what was said; both are empty where there are too many values for one.
    """

    traces: int = 0
    agreed: int = 0
    share: float | None = None
    kappa: float | None = None
    values: Sequence[str] = ()
    pairs: Sequence[Pair] = ()

    def count(self, judge: str, human: str) -> int:
        """How many traces have this pair of values."""
        return sum(pair.count for pair in self.pairs if (pair.judge, pair.human) == (judge, human))


def agreement_of(pairs: Sequence[Pair]) -> Agreement:
    """The figures of some pairs."""
    total = sum(pair.count for pair in pairs)
    if not total:
        return Agreement()
    agreed = sum(pair.count for pair in pairs if pair.judge == pair.human)
    values = sorted({value for pair in pairs for value in (pair.judge, pair.human)})
    if len(values) > MOST_VALUES:
        return Agreement(traces=total, agreed=agreed, share=agreed / total)
    return Agreement(traces=total, agreed=agreed, share=agreed / total, kappa=_kappa(pairs, total), values=values, pairs=tuple(pairs))


def _kappa(pairs: Sequence[Pair], total: int) -> float | None:
    """Cohen's kappa: how much more they agree than they would by chance (Cohen 1960)."""
    judge, human = Counter[str](), Counter[str]()
    for pair in pairs:
        judge[pair.judge] += pair.count
        human[pair.human] += pair.count
    by_chance = sum(judge[value] * human[value] for value in judge) / total**2
    seen = sum(pair.count for pair in pairs if pair.judge == pair.human) / total
    return None if by_chance >= 1 else (seen - by_chance) / (1 - by_chance)
