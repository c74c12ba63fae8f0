"""``tidegate bench --registry``: start each server, fill it, measure each operation at 1 and 16 connections, print a table a database."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

from bench import transfers
from bench.load import parse
from bench.processes import PATIENCE_SECONDS, at_rest, memory_mb, process
from bench.registry.bulk import store_runs
from bench.registry.operations import Operation, operations
from bench.registry.postgres import binaries, postgresql
from bench.registry.report import CONNECTIONS, Measured, tables
from bench.registry.seeding import seed
from bench.registry.servers import PEER, Server, peer_program, servers
from bench.selection import is_chosen, refuse_unknown
from bench.transfers import Transfers
from bench.types import Sample

__all__ = ("run",)

FILES: Final = 16
FEWEST: Final = 3
"""Answers to each connection from which on a rate is believed."""

LONGEST_SECONDS: Final = 60.0


def run(*, seconds: float, runs: int, mlflow: Path | None, only: list[str] | None = None, as_json: bool) -> int:
    """Measure Tidegate, and MLflow where it is installed; exit code 0, or 3 when a tool the benchmark needs is missing.

    PostgreSQL takes part where it is installed. ``only``: names of servers or databases, to measure those alone.
    """
    if shutil.which("wrk") is None:
        print("error: wrk makes the load: install it (apt-get install wrk)", file=sys.stderr)
        return 3
    program = peer_program(mlflow)
    if program is None:
        print(f"{PEER}: not installed (tidegate bench --install --only mlflow)", file=sys.stderr)
    work = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        with _database() as postgres:
            there = {f"{each.name}, {each.backend}": each for each in servers(work, program, postgres)}
            refuse_unknown(only or (), tuple(there))
            chosen = [each for name, each in there.items() if is_chosen(name, only or ())]
            measured = [
                each
                for backend in dict.fromkeys(server.backend for server in chosen)
                for each in _beside(backend, chosen, work, seconds, runs)
            ]
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if as_json:
        print(msgspec.json.encode(measured).decode())
    else:
        console = Console(width=160)
        for each in tables(measured):
            console.print(each)
    return 0


@contextmanager
def _database() -> Iterator[Path | None]:
    programs = binaries()
    if programs is None:
        print("PostgreSQL: not installed; SQLite alone is measured", file=sys.stderr)
        yield None
        return
    with postgresql(programs) as home:
        yield home


class _Running(msgspec.Struct, frozen=True):
    server: Server
    pid: int
    start_seconds: float
    operations: list[Operation]

    @property
    def goals(self) -> dict[str, int]:
        """By operation, how many times as fast as the peer it is to be."""
        return {operation.name: operation.goal for operation in self.operations}


def _beside(backend: str, chosen: list[Server], work: Path, seconds: float, runs: int) -> list[Measured]:
    """All servers of one database, each operation in turns: what else the machine does meanwhile, it does to all of them.

    None is measured before all are at rest. A server may go on with questions whose client has gone (``mlflow server`` does for many
    seconds), and would take the time of who comes next.
    """
    with ExitStack() as stack:
        running = _all_started(stack, [server for server in chosen if server.backend == backend], work, runs)
        samples: dict[str, dict[str, dict[int, Sample]]] = {each.server.name: {} for each in running}
        for turn in zip(*(each.operations for each in running), strict=True):
            print(f"{backend}: {turn[0].name}", file=sys.stderr)
            for count in CONNECTIONS:
                for each, operation in zip(running, turn, strict=True):
                    if not at_rest([server.pid for server in running], LONGEST_SECONDS):
                        print(f"  not all are at rest after {LONGEST_SECONDS:g} s; measured all the same", file=sys.stderr)
                    samples[each.server.name].setdefault(operation.name, {})[count] = _load(each.server, operation, count, seconds, work)
        return [
            Measured(each.server.name, each.server.backend, samples[each.server.name], each.goals, memory_mb(each.pid), each.start_seconds)
            for each in running
        ]


def _all_started(stack: ExitStack, chosen: list[Server], work: Path, runs: int) -> list[_Running]:
    """Start the servers, without those that do not start: an MLflow that lacks the driver of a database."""
    running = []
    for server in chosen:
        try:
            running.append(stack.enter_context(_started(server, work, runs)))
        except TimeoutError as error:
            print(f"{server.name}, {server.backend}: left out: {error}", file=sys.stderr)
    return running


@contextmanager
def _started(server: Server, work: Path, runs: int) -> Iterator[_Running]:
    title = f"{server.name}, {server.backend}"
    print(f"{title}: starting", file=sys.stderr)
    began = time.monotonic()
    log = work / f"{server.name.split()[0]}-{server.backend}.log"
    with process(list(server.command), None, server.environment, log) as running:
        _wait(server, running, log)
        start = time.monotonic() - began
        print(f"{title}: storing {runs} runs", file=sys.stderr)
        seeded = seed(server.url, runs, partial(store_runs, server.database) if server.database else None)
        yield _Running(server, running.pid, start, operations(seeded))


def _wait(server: Server, running: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    address = f"{server.url}/api/2.0/mlflow/experiments/get?experiment_id=0"
    while time.monotonic() < deadline and running.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise TimeoutError(f"{server.name} did not start; it said: {log.read_text(errors='replace')[-2000:]}")


def _load(server: Server, operation: Operation, connections: int, seconds: float, work: Path) -> Sample:
    """Measured again for longer where so little was answered that the figure would say nothing."""
    load = _transfers if operation.file_bytes and not operation.by_wrk else _requests
    while True:
        sample = load(server, operation, connections, seconds, work)
        if sample.requests_per_second * seconds >= FEWEST * connections or seconds >= LONGEST_SECONDS:
            return sample
        seconds = min(4 * seconds, LONGEST_SECONDS)


def _requests(server: Server, operation: Operation, connections: int, seconds: float, work: Path) -> Sample:
    script = work / "request.lua"
    script.write_text(_files(operation, work) if operation.file_bytes else _script(operation, connections))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "--timeout", "60s", "-s", str(script), server.url]
    return parse(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _transfers(server: Server, operation: Operation, connections: int, seconds: float, work: Path) -> Sample:
    body = work / "body"
    if operation.method == "PUT" and not body.exists():
        body.write_bytes(os.urandom(operation.file_bytes))
    return transfers.measure(
        Transfers(
            url=server.url,
            paths=tuple(operation.path.replace("{file}", str(number)) for number in range(FILES)),
            body=str(body) if operation.method == "PUT" else None,
            connections=connections,
            seconds=seconds,
        )
    )


def _script(operation: Operation, connections: int) -> str:
    """Numbers go on from measurement to measurement: what was logged already is not logged again."""
    first = 1_000_000 * connections
    return "\n".join(
        [
            f"local n = {first}",
            f"local template = {json.dumps(operation.body)}",
            'local headers = { ["content-type"] = "application/json" }',
            "request = function()",
            "  n = n + 1",
            f"  return wrk.format({json.dumps(operation.method)}, {json.dumps(operation.path)}, headers, (template:gsub('{{n}}', n)))",
            "end",
        ]
    )


def _files(operation: Operation, work: Path) -> str:
    """Requests are made before the clock starts: putting ten megabytes together takes longer than sending them."""
    body = work / "body"
    body.write_bytes(os.urandom(operation.file_bytes))
    path = json.dumps(operation.path.replace("{file}", ""))
    return "\n".join(
        [
            f'local file = io.open({json.dumps(str(body))}, "rb")',
            'local body = file:read("*a")',
            "file:close()",
            "local ready, n = {}, 0",
            'local headers = { ["content-type"] = "application/octet-stream" }',
            "init = function(arguments)",
            f"  for file = 0, {FILES - 1} do ready[file] = wrk.format({json.dumps(operation.method)}, {path} .. file, headers, body) end",
            "end",
            "request = function()",
            f"  n = (n + 1) % {FILES}",
            "  return ready[n]",
            "end",
        ]
    )
