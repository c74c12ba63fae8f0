"""``tidegate bench --artifacts``: files of ten megabytes up and down, beside ``mlflow server``."""

import os
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median
from typing import Final, Literal

import msgspec
from rich.console import Console
from rich.table import Table

from bench.peers import FOLDER
from bench.processes import LOAD_CORE, memory_mb, started
from bench.selection import is_chosen, refuse_unknown
from bench.systems import ROOT
from bench.transfers import Transfers, measure
from bench.types import StartedSystem, System

__all__ = ("run",)

SIZE: Final = 10 * 1024 * 1024
CLIENTS: Final = (1, 16)
FILES: Final = "/api/2.0/mlflow-artifacts/artifacts/bench"
Direction = Literal["upload", "download"]


class Figures(msgspec.Struct, frozen=True):
    """Files a second by direction and number of clients, what was not answered 2xx, and resident megabytes of the whole process tree."""

    name: str
    files_per_second: dict[str, float]
    errors: int
    memory_mb: float


def run(*, rounds: int = 3, seconds: float = 5.0, only: list[str] | None = None, as_json: bool = False) -> int:
    """Measure both servers in turns and print medians; exit code 0."""
    work = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        found = [figures for system in _chosen(work, only or []) for figures in _rounds(system, work, rounds, seconds)]
    finally:
        shutil.rmtree(work, ignore_errors=True)
    summaries = [_summary([figures for figures in found if figures.name == name]) for name in dict.fromkeys(each.name for each in found)]
    if as_json:
        print(msgspec.json.encode(summaries).decode())
    else:
        Console(width=160).print(_table(summaries))
    return 0


def _chosen(work: Path, only: list[str]) -> list[System]:
    mlflow = FOLDER / "mlflow/bin/mlflow"
    command = (
        str(mlflow),
        "server",
        "--port",
        "9151",
        "--backend-store-uri",
        "sqlite:///mlflow.db",
        "--artifacts-destination",
        "mlartifacts",
    )
    ours = (sys.executable, str(ROOT / "tidegate.py"), "up", "--port", "9150", "--data", str(work / "data"))
    all_systems = [
        System(name="tidegate", command=ours, url="http://127.0.0.1:9150", ready_url="http://127.0.0.1:9150/ready"),
        System(
            name="mlflow server",
            command=command,
            environment={"PATH": f"{mlflow.parent}:/usr/local/bin:/usr/bin:/bin"},
            url="http://127.0.0.1:9151",
            ready_url="http://127.0.0.1:9151/health",
            needs=mlflow,
        ),
    ]
    refuse_unknown(only, [system.name for system in all_systems])
    chosen = [system for system in all_systems if is_chosen(system.name, only)]
    for system in chosen:
        if system.needs is not None and not system.needs.exists():
            print(f"{system.name}: not installed (tidegate bench --install --only mlflow)", file=sys.stderr)
    return [system for system in chosen if system.needs is None or system.needs.exists()]


def _rounds(system: System, work: Path, rounds: int, seconds: float) -> list[Figures]:
    taken = []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}: {system.name}", file=sys.stderr)
        try:
            with started(system, work, _is_ready) as target:
                taken.append(_measured(target, seconds, work))
        except TimeoutError as error:
            print(f"  left out: {error}", file=sys.stderr)
    return taken


def _measured(target: StartedSystem, seconds: float, work: Path) -> Figures:
    rates: dict[str, float] = {}
    errors = 0
    for direction in ("upload", "download"):
        for clients in CLIENTS:
            rates[f"{direction} {clients}"], failed = _load(target.url, direction, clients, seconds, work)
            errors += failed
    return Figures(target.system.name, rates, errors, memory_mb(target.pid) if target.pid else 0.0)


def _load(url: str, direction: Direction, clients: int, seconds: float, work: Path) -> tuple[float, int]:
    """Files a second, and how many failed. Files have sixteen names in turn; the first upload is what downloads read."""
    body = work / "body"
    if not body.exists():
        body.write_bytes(os.urandom(SIZE))
    up = direction == "upload"
    paths = tuple(f"{FILES}/{number}" for number in range(16)) if up else (f"{FILES}/0",)
    load = Transfers(url=url, paths=paths, body=str(body) if up else None, connections=clients, seconds=seconds)
    sample = measure(load, LOAD_CORE)
    return sample.requests_per_second, sample.errors


def _is_ready(system: System, url: str) -> bool:
    try:
        with urllib.request.urlopen(system.ready_url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _summary(rounds: list[Figures]) -> Figures:
    rates = {key: median(each.files_per_second[key] for each in rounds) for key in rounds[0].files_per_second}
    return Figures(rounds[0].name, rates, sum(each.errors for each in rounds), median(each.memory_mb for each in rounds))


def _table(summaries: list[Figures]) -> Table:
    columns = list(summaries[0].files_per_second) if summaries else []
    made = Table("system", title="files of 10 MB a second, by direction and number of clients; server on one core, load on another")
    for heading in (*columns, "errors", "memory MB"):
        made.add_column(heading, justify="right")
    for each in summaries:
        made.add_row(each.name, *(f"{each.files_per_second[key]:,.1f}" for key in columns), str(each.errors), f"{each.memory_mb:.0f}")
    if len(summaries) == 2 and all(summaries[1].files_per_second.values()):
        made.add_row(
            "ours is ×", *(f"{summaries[0].files_per_second[key] / summaries[1].files_per_second[key]:.1f}" for key in columns), "", ""
        )
    return made
