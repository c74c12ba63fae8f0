"""``tidegate bench --registry``: start each server, fill it, measure each operation at 1 and 16 connections, print one table."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from bench.load import parse
from bench.peers import FOLDER
from bench.processes import PATIENCE_SECONDS, memory_mb, process
from bench.registry.operations import Operation, operations
from bench.registry.seeding import seed
from bench.types import Sample

__all__ = ("run",)

CONNECTIONS: Final = (1, 16)
ROOT: Final = Path(__file__).resolve().parent.parent.parent
OURS: Final = "tidegate"
PEER: Final = "mlflow server"


class Server(msgspec.Struct, frozen=True):
    """A tracking server and how it is started."""

    name: str
    command: tuple[str, ...]
    url: str
    environment: dict[str, str] = {}


class Measured(msgspec.Struct, frozen=True):
    """What one server did: by operation, and within it by connections."""

    name: str
    samples: dict[str, dict[int, Sample]]
    memory_mb: float
    start_seconds: float


def run(*, seconds: float, runs: int, mlflow: Path | None, as_json: bool) -> int:
    """Measure Tidegate, and MLflow where it is installed; exit code 0, or 3 when a tool the benchmark needs is missing."""
    if shutil.which("wrk") is None:
        print("error: wrk makes the load: install it (apt-get install wrk)", file=sys.stderr)
        return 3
    work = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        measured = [_measure(server, work, seconds, runs) for server in _servers(work, mlflow)]
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if as_json:
        print(msgspec.json.encode(measured).decode())
    else:
        Console(width=160).print(_table(measured))
    return 0


def _servers(work: Path, mlflow: Path | None) -> list[Server]:
    ours = (sys.executable, str(ROOT / "tidegate.py"), "up", "--port", "9160", "--data", str(work / "tidegate"))
    servers = [Server(OURS, ours, "http://127.0.0.1:9160")]
    program = mlflow or FOLDER / "mlflow/bin/mlflow"
    if not program.exists():
        print(f"{PEER}: not installed (tidegate bench --install --only mlflow)", file=sys.stderr)
        return servers
    # Its consumers of jobs are left out: they take memory and answer nothing that is measured here.
    command = (str(program), "server", "--port", "9161", "--backend-store-uri", f"sqlite:///{work}/mlflow.db")
    environment = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PATH": f"{program.parent}:/usr/local/bin:/usr/bin:/bin"}
    return [*servers, Server(PEER, (*command, "--artifacts-destination", str(work / "artifacts")), "http://127.0.0.1:9161", environment)]


def _measure(server: Server, work: Path, seconds: float, runs: int) -> Measured:
    print(f"{server.name}: starting", file=sys.stderr)
    began = time.monotonic()
    with process(list(server.command), None, server.environment, work / f"{server.name.split()[0]}.log") as running:
        _wait(server)
        start = time.monotonic() - began
        print(f"{server.name}: storing {runs} runs", file=sys.stderr)
        seeded = seed(server.url, runs)
        samples = {}
        for operation in operations(seeded):
            print(f"{server.name}: {operation.name}", file=sys.stderr)
            samples[operation.name] = {count: _load(server, operation, count, seconds, work) for count in CONNECTIONS}
        return Measured(server.name, samples, memory_mb(running.pid), start)


def _wait(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    address = f"{server.url}/api/2.0/mlflow/experiments/get?experiment_id=0"
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise TimeoutError(f"{server.name} did not answer within {PATIENCE_SECONDS:.0f} s")


def _load(server: Server, operation: Operation, connections: int, seconds: float, work: Path) -> Sample:
    script = work / "request.lua"
    script.write_text(_script(operation, connections))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "--timeout", "60s", "-s", str(script), server.url]
    return parse(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


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


def _table(measured: list[Measured]) -> Table:
    result = Table("operation", title="requests a second, keep-alive HTTP")
    for server in measured:
        for count in CONNECTIONS:
            result.add_column(f"{server.name}\n{count} conn", justify="right")
    for count in CONNECTIONS:
        result.add_column(f"times\n{count} conn", justify="right")
    result.add_column("errors", justify="right")
    for name in measured[0].samples:
        result.add_row(name, *_cells(name, measured))
    facts = "; ".join(f"{each.name}: {each.memory_mb:.0f} MB, first answer after {each.start_seconds:.1f} s" for each in measured)
    result.caption = facts
    return result


def _cells(name: str, measured: list[Measured]) -> list[str]:
    rates = [[server.samples[name][count].requests_per_second for count in CONNECTIONS] for server in measured]
    ratios = (
        [f"{ours / peer:.1f}" if peer else "—" for ours, peer in zip(rates[0], rates[-1], strict=True)] if len(rates) > 1 else ["—"] * 2
    )
    errors = sum(sample.errors for server in measured for sample in server.samples[name].values())
    return [*(f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}" for server in rates for rate in server), *ratios, str(errors)]
