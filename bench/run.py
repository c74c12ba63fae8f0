"""``tidegate bench``: interleave all systems over several rounds and print one table. What every comparison of gateways does is here, too."""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from rich.console import Console
from rich.table import Table

from bench.load import measure
from bench.processes import memory_mb, started, upstream
from bench.report import summarise, table
from bench.selection import is_chosen, refuse_unknown
from bench.systems import systems
from bench.types import Load, Sample, Summary, System

__all__ = ("available", "compare", "run")

T = TypeVar("T")
CONNECTIONS = (1, 10, 64)


def run(*, rounds: int = 3, seconds: float = 5.0, only: list[str] | None = None, as_json: bool = False) -> int:
    """Measure every installed system and print medians; exit code 0, or 3 when a tool the benchmark needs is missing."""
    return compare(lambda chosen, work: _measure_all(chosen, rounds, seconds, work), table, only or [], as_json=as_json)


def compare(measured: Callable[[list[System], Path], list[T]], shown: Callable[[list[T]], Table], only: list[str], *, as_json: bool) -> int:
    """Measure what is installed beside the instant upstream and print it, as a table or as JSON; exit code as ``run``."""
    work = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        chosen = available(systems(work), only)
        with upstream(work):
            found = measured(chosen, work)
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        Console(width=200).print(shown(found))
    return 0


def available(all_systems: list[System], only: list[str]) -> list[System]:
    """The systems that are installed and have one of ``only`` in their name, and always the upstream itself.

    Tells what is left out because a program is missing. Raises ``UnknownSystem``.
    """
    refuse_unknown(only, [system.name for system in all_systems])
    chosen = []
    for system in all_systems:
        if system.name != "direct" and not is_chosen(system.name, only):
            continue
        if system.needs is not None and not system.needs.exists():
            print(f"{system.name}: not installed (tidegate bench --install)", file=sys.stderr)
            continue
        chosen.append(system)
    return chosen


def _measure_all(chosen: list[System], rounds: int, seconds: float, work: Path) -> list[Summary]:
    """Each round starts every system anew, one at a time: on two cores, a second one would take from the first."""
    taken: dict[str, list[dict[int, Sample]]] = {system.name: [] for system in chosen}
    memory: dict[str, float | None] = {}
    start: dict[str, float | None] = {}
    for number in range(rounds):
        for system in chosen:
            print(f"round {number + 1} of {rounds}: {system.name}", file=sys.stderr)
            with started(system, work) as target:
                measure(target, Load(connections=10, seconds=1), work)  # warm: pools, caches, compiled regular expressions
                taken[system.name].append({count: measure(target, Load(connections=count, seconds=seconds), work) for count in CONNECTIONS})
                memory[system.name] = memory_mb(target.pid) if target.pid else None
                start[system.name] = target.start_seconds
    return [summarise(system.name, taken[system.name], memory[system.name], start[system.name]) for system in chosen]
