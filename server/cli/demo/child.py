"""A server of the demo's own: a child process on a free port, with a configuration that has judges."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from server.cli.errors import CommandError
from server.cli.ports import free_port

__all__ = ("CONFIGURATION", "server_of_its_own")

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0

CONFIGURATION: Final = """\
# Written by `tidegate demo`. The judges ask the built-in provider, which needs no key; put a real model in its place to be judged by one.
storage: {path: DATA}
telemetry: {seal_after: 0.5}

judges:
  - name: helpful
    instructions: "Is {{ outputs }} a helpful answer to {{ inputs }}?"
    model: fake/judge
  - name: tone
    instructions: "What is the tone of {{ outputs }}?"
    model: fake/judge
    result: category
    choices: [kind, neutral, rude]
"""


@contextmanager
def server_of_its_own(data: Path) -> Iterator[str]:
    """Start a server with its data under ``data``, and stop it at the end. Gives its URL. Raises ``CommandError`` when it does not start."""
    data = data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    file = data / "tidegate.yaml"
    if not file.exists():
        file.write_text(CONFIGURATION.replace("DATA", repr(str(data))), encoding="utf-8")
    port, log = free_port(), data / "server.log"
    command = [sys.executable, _program(), "up", "--config", str(file), "--host", "127.0.0.1", "--port", str(port), "--data", str(data)]
    with log.open("wb") as output:
        # A session of its own, so that Ctrl-C reaches this process alone, which then stops the server in order.
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)  # noqa: S603 - our own program
    try:
        _wait_ready(process, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def _program() -> str:
    """Path of ``tidegate.py``, in a checkout and in an installation."""
    found = find_spec("tidegate")
    if found is None or found.origin is None:
        raise CommandError("tidegate.py is not on the import path, so no server can be started", "Name a running one with --url.")
    return found.origin


def _wait_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    import httpx

    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(base_url=url, trust_env=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get("/ready").is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise CommandError(f"the demo's server did not start; its log ({log}) ends:\n{last}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
