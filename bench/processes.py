"""Start systems pinned to one core, wait for their first answer, weigh them, and stop them."""

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from bench.questions import request_body
from bench.systems import HERE, UPSTREAM
from bench.types import StartedSystem, System

__all__ = (
    "LOAD_CORE",
    "PATIENCE_SECONDS",
    "SERVER_CORE",
    "answering",
    "at_rest",
    "descendants",
    "memory_mb",
    "process",
    "started",
    "upstream",
)

SERVER_CORE: Final = 0
LOAD_CORE: Final = 1
PATIENCE_SECONDS: Final = 180.0

REST: Final = 0.05
"""Of a core: who uses less is at rest."""

LOOK_SECONDS: Final = 0.5


@contextmanager
def upstream(work: Path) -> Iterator[None]:
    """Run the instant upstream on the core of the load. Raises ``FileNotFoundError`` when nginx is not installed."""
    if shutil.which("nginx") is None:
        raise FileNotFoundError("nginx serves as the instant upstream: install it (apt-get install nginx-light)")
    with answering(["nginx", "-p", str(work), "-c", str(HERE / "setups" / "nginx_upstream.conf"), "-g", "daemon off;"], work):
        yield


@contextmanager
def answering(command: list[str], work: Path) -> Iterator[None]:
    """Run an upstream on the core of the load; it answers when the block begins. Raises ``TimeoutError`` when it never does."""
    with process(command, LOAD_CORE, {}, work / "upstream.log"):
        _wait(System(name="upstream", url=f"{UPSTREAM}/chat/completions"), f"{UPSTREAM}/chat/completions", _answers)
        yield


@contextmanager
def started(system: System, work: Path, answers: "Callable[[System, str], bool] | None" = None) -> Iterator[StartedSystem]:
    """Run a system on the server's core until the block ends; it is up when it ``answers``, which is asked for a chat unless something else is given.

    Raises ``TimeoutError`` when it never does.
    """
    if not system.command:
        yield StartedSystem(system=system, pid=None, url=system.url, start_seconds=None)
        return
    log = work / f"{system.name.split()[0]}.log"
    began = time.monotonic()
    with process(list(system.command), SERVER_CORE, system.environment, log) as running:
        url = system.url.replace("{base}", _first_line(log)) if "{base}" in system.url else system.url
        _wait(system, url, answers or _answers)
        yield StartedSystem(system=system, pid=running.pid, url=url, start_seconds=time.monotonic() - began)


@contextmanager
def process(command: list[str], core: int | None, environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command until the block ends, on one core or on all."""
    inherited = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin", "HOME": str(log.parent)}
    with log.open("wb") as output:
        child = subprocess.Popen(
            command if core is None else ["taskset", "-c", str(core), *command],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**inherited, **environment},
            start_new_session=True,
            cwd=log.parent,
        )
        try:
            yield child
        finally:
            os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def _first_line(log: Path) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("http"):
                return line.strip()
        time.sleep(0.05)
    raise TimeoutError(f"no address was printed; see {log}")


def _wait(system: System, url: str, answers: Callable[[System, str], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if answers(system, url):
            return
        time.sleep(0.02)
    raise TimeoutError(f"{system.name} did not answer within {PATIENCE_SECONDS:.0f} s")


def _answers(system: System, url: str) -> bool:
    try:
        if system.ready_url:
            urllib.request.urlopen(system.ready_url, timeout=2).close()
        request = urllib.request.Request(url, request_body(system.model), {"content-type": "application/json", **system.headers})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def memory_mb(pid: int) -> float:
    """Resident memory of a process and all below it, in megabytes; shared pages are counted once (PSS)."""
    pids = [pid, *descendants(pid)]
    return sum(_pss_kb(each) for each in pids) / 1024


def at_rest(pids: Sequence[int], patience: float) -> bool:
    """Wait until these processes, with all below them, use next to nothing; ``False`` when they still do after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    used, since = _cpu_seconds(pids), time.monotonic()
    while True:
        time.sleep(LOOK_SECONDS)
        now, at = _cpu_seconds(pids), time.monotonic()
        if now - used < REST * (at - since):
            return True
        if at >= deadline:
            return False
        used, since = now, at


def _cpu_seconds(pids: Sequence[int]) -> float:
    ticks = sum(_ticks(each) for pid in pids for each in (pid, *descendants(pid)))
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    """See proc_pid_stat(5): the name, which may hold anything, ends with the last bracket; user and system time are two of the fields after it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def descendants(pid: int) -> list[int]:
    """The processes below one, in the order in which they were found."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended meanwhile
            for child in children.read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
