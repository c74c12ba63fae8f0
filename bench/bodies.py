"""``tidegate bench --bodies``: what large requests cost, beside peers."""

import sys
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
from rich.table import Table

from bench.load import measure
from bench.processes import started
from bench.questions import QUESTIONS
from bench.run import compare
from bench.types import Load, Sample, StartedSystem, System

__all__ = ("run", "table")

CONNECTIONS: Final = 10
Rates = dict[str, list[Sample]]


class Figures(msgspec.Struct, frozen=True):
    """Medians of one system by question: requests a second, the median latency in milliseconds, and answers that were not 2xx."""

    name: str
    requests_per_second: dict[str, float]
    p50_ms: dict[str, float]
    errors: int


def run(*, rounds: int = 3, seconds: float = 5.0, only: list[str] | None = None, as_json: bool = False) -> int:
    """Measure every installed system with each question and print medians; exit code 0, or 3 when a tool the benchmark needs is missing."""
    return compare(lambda chosen, work: _measured(chosen, rounds, seconds, work), table, only or [], as_json=as_json)


def _measured(chosen: list[System], rounds: int, seconds: float, work: Path) -> list[Figures]:
    taken: dict[str, Rates] = {system.name: {question: [] for question in QUESTIONS} for system in chosen}
    for number in range(rounds):
        for system in chosen:
            print(f"round {number + 1} of {rounds}: {system.name}", file=sys.stderr)
            with started(system, work) as target:
                _ask(target, seconds, work, taken[system.name])
    return [_figures(name, rates) for name, rates in taken.items()]


def _ask(target: StartedSystem, seconds: float, work: Path, taken: Rates) -> None:
    for question, samples in taken.items():
        measure(target, Load(connections=CONNECTIONS, seconds=1, question=question), work)  # warm
        samples.append(measure(target, Load(connections=CONNECTIONS, seconds=seconds, question=question), work))


def _figures(name: str, rates: Rates) -> Figures:
    return Figures(
        name=name,
        requests_per_second={question: median(sample.requests_per_second for sample in samples) for question, samples in rates.items()},
        p50_ms={question: median(sample.p50_ms for sample in samples) for question, samples in rates.items()},
        errors=sum(sample.errors for samples in rates.values() for sample in samples),
    )


def table(found: list[Figures]) -> Table:
    """One row a system: its rate with each question, and how many times as fast we are."""
    ours = next((figures for figures in found if figures.name.startswith("tidegate")), None)
    result = Table("system", title=f"server on one core, load and instant upstream on another, {CONNECTIONS} connections")
    for question in QUESTIONS:
        result.add_column(f"req/s\n{question}", justify="right")
        result.add_column("p50 ms", justify="right")
        result.add_column("ours is ×", justify="right")
    result.add_column("errors", justify="right")
    for figures in found:
        cells = [cell for question in QUESTIONS for cell in _cells(figures, ours, question)]
        result.add_row(figures.name, *cells, str(figures.errors))
    return result


def _cells(figures: Figures, ours: Figures | None, question: str) -> tuple[str, str, str]:
    rate = figures.requests_per_second[question]
    ratio = "—" if ours is None or not rate else f"{ours.requests_per_second[question] / rate:.2f}"
    return f"{rate:,.0f}", f"{figures.p50_ms[question]:.2f}", ratio
