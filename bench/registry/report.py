"""From figures of servers to a table for each database: rates, ratios, and which goals were met."""

from typing import Final

import msgspec
from rich.table import Table

from bench.registry.servers import OURS, Backend
from bench.types import Sample

__all__ = ("CONNECTIONS", "Measured", "tables")

CONNECTIONS: Final = (1, 16)
MOST_MB: Final = 650
START_SECONDS: Final = 2
"""What of memory and of time to start is to be enough for Tidegate."""


class Measured(msgspec.Struct, frozen=True):
    """What one server did: by operation, and within it by connections. Memory is that of the whole process tree."""

    name: str
    backend: Backend
    samples: dict[str, dict[int, Sample]]
    goals: dict[str, int]
    memory_mb: float
    start_seconds: float


def tables(measured: list[Measured]) -> list[Table]:
    """A table for each database."""
    backends = dict.fromkeys(each.backend for each in measured)
    return [_table(backend, [each for each in measured if each.backend == backend]) for backend in backends]


def _table(backend: Backend, measured: list[Measured]) -> Table:
    result = Table("operation", title=f"{backend}: requests a second, keep-alive HTTP")
    for server in measured:
        for count in CONNECTIONS:
            result.add_column(f"{server.name}\n{count} conn", justify="right")
    for count in CONNECTIONS:
        result.add_column(f"times\n{count} conn", justify="right")
    result.add_column("goal", justify="right")
    result.add_column("met")
    result.add_column("errors", justify="right")
    for name in measured[0].samples:
        result.add_row(name, *_cells(name, measured))
    weights = "; ".join(f"{each.name}: {each.memory_mb:.0f} MB, first answer after {each.start_seconds:.1f} s" for each in measured)
    result.caption = f"{weights} (goals: {MOST_MB} MB, {START_SECONDS} s)"
    return result


def _cells(name: str, measured: list[Measured]) -> list[str]:
    rates = [_rate(server.samples[name][count]) for server in measured for count in CONNECTIONS]
    goal = measured[0].goals[name]
    errors = sum(sample.errors for server in measured for sample in server.samples[name].values())
    times = [_times(name, count, measured) for count in CONNECTIONS]
    met = ["—" if each is None else "yes" if each >= goal else "no" for each in times]
    return [*rates, *("—" if each is None else f"{each:.1f}" for each in times), str(goal), ", ".join(dict.fromkeys(met)), str(errors)]


def _rate(sample: Sample) -> str:
    rate = sample.requests_per_second
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _times(name: str, count: int, measured: list[Measured]) -> float | None:
    """How many times as fast as the peer Tidegate is."""
    by_name = {server.name: server.samples[name][count].requests_per_second for server in measured}
    ours = by_name.pop(OURS, 0.0)
    peer = next(iter(by_name.values()), 0.0)
    return ours / peer if ours and peer else None
