"""The server with two workers that tests share, and what may be done to it."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

from tests.running import RunningServer, start_server

__all__ = ("MASTER", "Answer", "ask", "children", "children_of", "configure", "eventually", "kill_all", "send", "start", "start_again")

MASTER = {"authorization": "Bearer of-the-whole-server"}
CONFIG = """
server: {{trusted_proxies: [127.0.0.3]}}
security: {{allow_private_addresses: true, api_keys: [of-the-whole-server]}}
providers: {{silent: {{kind: openai, api_key: sk-x, base_url: "http://127.0.0.1:{port}/v1"}}}}
limits: [{{name: team-money, per: team, only: [search], cost: 0.0012, window: month}}]
routes:
  - {{name: limited, targets: [{{model: fake/echo}}], limits: [{{name: ten, requests: 10, window: month}}]}}
  - {{name: cached, targets: [{{model: fake/echo}}], cache: {{}}}}
  - {{name: by-address, targets: [{{model: fake/echo}}], limits: [{{name: each, per: address, requests: 3, window: week}}]}}
  - {{name: burst, targets: [{{model: fake/echo}}], limits: [{{name: twenty, requests: 20, window: week}}]}}
  - {{name: held, targets: [{{model: silent/model}}], limits: [{{name: held, requests: 5, window: week}}]}}{more}
"""


def configure(home: Path, silent: socket.socket, more: str = "") -> None:
    (home / "tidegate.yaml").write_text(CONFIG.format(port=silent.getsockname()[1], more=more))


def start(home: Path, port: int | None = None) -> RunningServer:
    return start_server(home / "data", config=home / "tidegate.yaml", port=port, arguments=("--workers", "2"))


def start_again(server: RunningServer) -> None:
    """Start a server that has ended, in its place: on its port, over its data."""
    again = start(server.data.parent, server.port)
    server.process, server.client = again.process, again.client


def kill_all(server: RunningServer) -> None:
    """The supervisor first, who would start others."""
    core_and_workers = children_of(server.process.pid)
    rest = [child for pid in core_and_workers for child in children_of(pid)]
    server.kill()
    for pid in (*core_and_workers, *rest):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def children(server: RunningServer) -> list[int]:
    """The core, once it has its store process, and the workers in the order of their start."""
    while not (core := [pid for pid in children_of(server.process.pid) if children_of(pid)]):
        time.sleep(0.05)
    return [*core, *sorted(set(children_of(server.process.pid)) - set(core))]


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # a task has ended meanwhile
        return []


def eventually(what: Callable[[], Any], seconds: float = 40.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


class Answer(NamedTuple):
    status_code: int
    headers: Message
    body: bytes


def ask(server: RunningServer, model: str = "fake/echo", headers: dict[str, str] = MASTER, **options: str) -> Answer:
    """On a connection of its own, which any worker may take."""
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    return send(
        server, "POST", "/v1/chat/completions", json.dumps(body), headers={"content-type": "application/json", **headers}, **options
    )


def send(
    server: RunningServer, method: str, path: str, body: str | None = None, headers: dict[str, str] = MASTER, address: str = "127.0.0.1"
) -> Answer:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=30, source_address=(address, 0))) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
