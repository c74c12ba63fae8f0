"""A real server in a process of its own: started from the checkout, on a free port, with a data directory that outlives it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent


PORTS = range(20_000, 32_000)
"""Below those that a system gives to connections, which would take a server's before it listens or while it is started again."""


def free_port() -> int:
    """A TCP port that nobody listens on, by chance: others who look for one at this moment find another."""
    while True:
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", secrets.choice(PORTS)))
            return int(probe.getsockname()[1])


@dataclass
class RunningServer:
    """Where it listens and how to end it. ``log`` collects what it says."""

    process: subprocess.Popen
    port: int
    data: Path
    log: Path
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=30, event_hooks={"response": [self._look]})

    def _look(self, response: httpx.Response) -> None:
        """No server may fail: where one does, its own words are worth more than the status."""
        if response.status_code == 500 and b"log says" in response.read():
            raise AssertionError(f"{response.request.method} {response.url} failed:\n{self.log.read_text()[-5000:]}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_ready(self, seconds: float = 50, path: str = "/ready") -> None:
        """Wait until storage is open; with ``/health``, only until the gateway answers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log.read_text()}")
            try:
                if self.client.get(path).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready after {seconds} s:\n{self.log.read_text()}")

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.client.close()

    def stop(self) -> int:
        """End it as an operator would; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.client.close()
        return code


def start_server(
    data: Path,
    *,
    config: Path | None = None,
    port: int | None = None,
    env: dict[str, str] | None = None,
    wait: bool = True,
    arguments: tuple[str, ...] = (),
) -> RunningServer:
    port = port or free_port()
    data.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}.log"
    command = [sys.executable, str(ROOT / "tidegate.py"), "up", "--port", str(port), "--data", str(data), *arguments]
    command += ["--config", str(config)] if config else []
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TIDEGATE_", "OPENAI_", "OTEL_"))}
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=data, env={**clean, **(env or {})})
    server = RunningServer(process, port, data, log)
    if wait:
        try:
            server.wait_ready()
        except BaseException:
            server.kill()
            raise
    return server


@contextmanager
def running_server(data: Path, **options) -> Iterator[RunningServer]:
    server = start_server(data, **options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
