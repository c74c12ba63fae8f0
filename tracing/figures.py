"""What passed through the gateway, counted as its spans end: the figures for Prometheus.

Nothing here knows prices or keeps a name that a client made up for long: beyond ``MOST`` subjects, new ones share one.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from tracing.conventions.genai import GATEWAY_SCOPE
from tracing.raw import RawSpan

__all__ = ("BOUNDS", "Figures", "Spread", "Subject", "Tally", "summed")

BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds: upper bounds of the buckets."""

MOST: Final = 1000
OTHERS: Final = "(others)"
TOKENS: Final = (
    ("input", "gen_ai.usage.input_tokens"),
    ("output", "gen_ai.usage.output_tokens"),
    ("cache_read", "gen_ai.usage.cache_read.input_tokens"),
    ("cache_write", "gen_ai.usage.cache_write.input_tokens"),
    ("reasoning", "gen_ai.usage.reasoning.output_tokens"),
)
"""``input`` holds the two of the cache, ``output`` the reasoning, as on spans."""

OF_OURS: Final = (
    ("tidegate.judge.name", "judge"),
    ("tidegate.guardrail", "guardrail"),
    ("tidegate.cache.of", "cache"),
    ("tidegate.shadow", "shadow"),
)


class Subject(NamedTuple):
    """Whose requests are counted together. ``asker`` is ``client``, or what of ours asked; ``provider`` is who is paid."""

    asker: str
    operation: str
    route: str
    target: str
    provider: str


class Spread(msgspec.Struct):
    """Durations: how many fell under each of ``BOUNDS`` and not the one before, the last above all; and their sum in seconds."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one more value."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def include(self, other: "Spread") -> None:
        """Add what another process has counted."""
        self.counts = [mine + more for mine, more in zip(self.counts, other.counts, strict=True)]
        self.total += other.total


class Tally(msgspec.Struct):
    """The figures of one subject. ``errors`` counts ends by ``error.type``, ``""`` for a good one; ``cache`` by what the cache said."""

    errors: dict[str, int] = {}
    tokens: dict[str, int] = {}
    cache: dict[str, int] = {}
    whole: Spread = msgspec.field(default_factory=Spread)
    first_chunk: Spread = msgspec.field(default_factory=Spread)

    def include(self, other: "Tally") -> None:
        """Add what another process has counted."""
        for mine, more in ((self.errors, other.errors), (self.tokens, other.tokens), (self.cache, other.cache)):
            for name, count in more.items():
                _add(mine, name, count)
        self.whole.include(other.whole)
        self.first_chunk.include(other.first_chunk)


class Figures:
    """Implements ``tracing.provider.Exporter``. Counts from the first ``asked`` on: who never looks pays nothing. For use within one thread."""

    def __init__(self) -> None:
        self._tallies: dict[Subject, Tally] = {}
        self._counting = False

    def asked(self) -> Mapping[Subject, Tally]:
        """The figures so far; from the first call on, they are counted."""
        self._counting = True
        return self._tallies

    def export(self, span: RawSpan) -> None:
        """Count a request; attempts and guardrails are parts of one."""
        if not self._counting:
            return
        told = span.attributes
        if span.scope_name != GATEWAY_SCOPE or "gen_ai.operation.name" not in told or "tidegate.attempt" in told:
            return
        tally = self._tally(_subject(told))
        _add(tally.errors, told.get("error.type", ""), 1)
        tally.whole.add((span.end_ns - span.start_ns) / 1e9)
        if "gen_ai.response.time_to_first_chunk" in told:
            tally.first_chunk.add(told["gen_ai.response.time_to_first_chunk"])
        if "tidegate.cache" in told:
            _add(tally.cache, told["tidegate.cache"], 1)
        for kind, name in TOKENS:
            if name in told:
                _add(tally.tokens, kind, told[name])

    def shutdown(self) -> None:
        """See ``Exporter.shutdown``: nothing is left to send."""

    def _tally(self, subject: Subject) -> Tally:
        found = self._tallies.get(subject)
        if found is None:
            if len(self._tallies) >= MOST:
                subject = Subject(subject.asker, subject.operation, subject.route, OTHERS, OTHERS)
            found = self._tallies.setdefault(subject, Tally())
        return found


def summed(figures: Iterable[Mapping[Subject, Tally]]) -> dict[Subject, Tally]:
    """The figures of several processes as those of one."""
    sums: dict[Subject, Tally] = {}
    for tallies in figures:
        for subject, tally in tallies.items():
            sums.setdefault(subject, Tally()).include(tally)
    return sums


def _subject(told: Mapping[str, Any]) -> Subject:
    get = told.get
    return Subject(
        _asker(told), told["gen_ai.operation.name"], get("tidegate.route", ""), get("tidegate.target", ""), get("gen_ai.provider.name", "")
    )


def _asker(told: Mapping[str, Any]) -> str:
    for name, word in OF_OURS:
        if name in told:
            return word
    return "client"


def _add(counts: dict[str, int], name: str, count: int) -> None:
    counts[name] = counts.get(name, 0) + count
