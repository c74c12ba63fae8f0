"""Load of whole files, up or down: keep-alive connections, each asking again when it is answered, that cost the machine as little as can be.

A client on the machine of its server takes from it what it costs, and makes every server look alike. ``wrk`` copies each body once more than it has
to and reads answers in eight kilobytes: for a file of ten megabytes 4 to 6 ms of a processor, as much as a server. Here the system sends files from
its cache (``sendfile``), and drops what comes without copying it (``MSG_TRUNC``, tcp(7)): 1 to 2 ms.

``python -m bench.transfers`` takes a ``Transfers`` as JSON and prints a ``bench.types.Sample``.
"""

import itertools
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from typing import Final
from urllib.parse import urlsplit

import msgspec

from bench.types import Sample

__all__ = ("Transfers", "measure")

PATIENCE_SECONDS: Final = 60
PIECE: Final = 1024 * 1024
MOST_HEAD: Final = 65536


class Transfers(msgspec.Struct, frozen=True, kw_only=True):
    """What to send or fetch: the paths in turn, the file ``body`` with each (``None``: a GET), for so many seconds over so many connections."""

    url: str
    paths: tuple[str, ...]
    body: str | None = None
    connections: int
    seconds: float


class Broken(Exception):
    """A connection that ended, or an answer without its length."""


def measure(transfers: Transfers, core: int | None = None) -> Sample:
    """Put the load on a server, from a process of its own, on one core or on all."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    command = [*pinned, sys.executable, "-m", "bench.transfers", msgspec.json.encode(transfers).decode()]
    root = Path(__file__).resolve().parent.parent
    return msgspec.json.decode(subprocess.run(command, check=True, capture_output=True, cwd=root).stdout, type=Sample)


class _Connection:
    """One client: a connection, made again when it breaks."""

    def __init__(self, url: str, body: str | None) -> None:
        self._address = urlsplit(url)
        self._body = os.open(body, os.O_RDONLY) if body is not None else None
        self._size = os.fstat(self._body).st_size if self._body is not None else 0
        self._dropped = memoryview(bytearray(PIECE))
        self._open: socket.socket | None = None

    def ask(self, path: str) -> int:
        """Send one request and take its answer whole; its status. Raises ``OSError`` and ``Broken``, after which it connects again."""
        try:
            return self._ask(path, self._open or self._connected())
        except (OSError, Broken):
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connected(self) -> socket.socket:
        self._open = socket.create_connection((self._address.hostname, self._address.port))
        # Not ``settimeout``, which asks the system before each piece whether there is one.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._open.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", PATIENCE_SECONDS, 0))
        return self._open

    def _ask(self, path: str, to: socket.socket) -> int:
        head = f"{'GET' if self._body is None else 'PUT'} {path} HTTP/1.1\r\nHost: {self._address.netloc}\r\n"
        if self._body is not None:
            head += f"Content-Type: application/octet-stream\r\nContent-Length: {self._size}\r\n"
        to.sendall(f"{head}\r\n".encode(), socket.MSG_MORE if self._body is not None else 0)
        sent = 0
        while self._body is not None and sent < self._size:
            sent += os.sendfile(to.fileno(), self._body, sent, self._size - sent)
        return self._answer(to)

    def _answer(self, of: socket.socket) -> int:
        come = b""
        while b"\r\n\r\n" not in come:
            if not (more := of.recv(MOST_HEAD)):
                raise Broken("the connection ended")
            come += more
        head, _, rest = come.partition(b"\r\n\r\n")
        fields = _fields(head)
        left = int(fields[b"content-length"]) - len(rest)
        while left > 0:
            if not (size := of.recv_into(self._dropped, min(left, PIECE), socket.MSG_TRUNC)):
                raise Broken("the connection ended within a body")
            left -= size
        if fields.get(b"connection") == b"close":
            self.close()
        return int(head.split(b" ", 2)[1])


def _fields(head: bytes) -> dict[bytes, bytes]:
    pairs = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    fields = {name.lower(): value.strip().lower() for name, _, value in pairs}
    if b"content-length" not in fields:
        raise Broken("an answer without a Content-Length")
    return fields


class _Tally:
    """What all clients saw: seconds of each answer that came in time, and how many were none."""

    def __init__(self, transfers: Transfers) -> None:
        self._transfers = transfers
        self._paths: Iterator[str] = itertools.cycle(transfers.paths)
        self._began = time.monotonic()
        self.seconds: list[float] = []
        self.errors = 0

    def run(self) -> None:
        """One client, until the time is up."""
        connection = _Connection(self._transfers.url, self._transfers.body)
        while (now := time.monotonic()) < self._began + self._transfers.seconds:
            good = False
            with suppress(OSError, Broken):
                good = 200 <= connection.ask(next(self._paths)) < 300
            took = time.monotonic() - now
            if not good:
                self.errors += 1
            elif now + took <= self._began + self._transfers.seconds:
                self.seconds.append(took)
        connection.close()


def _run(transfers: Transfers) -> Sample:
    tally = _Tally(transfers)
    clients = [threading.Thread(target=tally.run) for _ in range(transfers.connections)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    cuts = quantiles(tally.seconds, n=100) if len(tally.seconds) > 1 else [float("nan")] * 99
    return Sample(
        requests_per_second=len(tally.seconds) / transfers.seconds, p50_ms=cuts[49] * 1000, p99_ms=cuts[98] * 1000, errors=tally.errors
    )


if __name__ == "__main__":
    print(msgspec.json.encode(_run(msgspec.json.decode(sys.argv[1], type=Transfers))).decode())
