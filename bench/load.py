"""Load by ``wrk``: a fixed number of keep-alive connections, each sending its next request when the last is answered."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from bench.processes import LOAD_CORE
from bench.questions import request_body
from bench.types import Load, Sample, StartedSystem

__all__ = ("measure", "parse")

_UNITS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}


def measure(target: StartedSystem, load: Load, work: Path) -> Sample:
    """Put load on a system and read the figures. Raises ``FileNotFoundError`` when wrk is not installed, ``ValueError`` on its odd output."""
    if shutil.which("wrk") is None:
        raise FileNotFoundError("wrk makes the load: install it (apt-get install wrk)")
    script = work / "request.lua"
    script.write_text(_script(target, load.question))
    command = [
        "taskset",
        "-c",
        str(LOAD_CORE),
        "wrk",
        "-t1",
        f"-c{load.connections}",
        f"-d{load.seconds:g}s",
        "--latency",
        "--timeout",
        "20s",
        "-s",
        str(script),
        target.url,
    ]
    return parse(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _script(target: StartedSystem, question: str) -> str:
    headers = {"content-type": "application/json", **target.system.headers}
    lines = [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items()]
    return "\n".join(['wrk.method = "POST"', *lines, f"wrk.body = {json.dumps(request_body(target.system.model, question).decode())}"])


def parse(output: str) -> Sample:
    """Read wrk's report. Raises ``ValueError`` when a figure is missing."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    if rate is None:
        raise ValueError(f"wrk printed no rate: {output!r}")
    errors = int(refused[1]) if refused else 0
    return Sample(
        requests_per_second=float(rate[1]),
        p50_ms=_latency(output, "50"),
        p99_ms=_latency(output, "99"),
        errors=errors + sum(map(int, sockets.groups() if sockets else ())),
    )


def _latency(output: str, percent: str) -> float:
    found = re.search(rf"\s{percent}%\s+([\d.]+)(us|ms|s|m)", output)
    if found is None:
        raise ValueError(f"wrk printed no {percent}th percentile: {output!r}")
    return float(found[1]) * _UNITS[found[2]]
