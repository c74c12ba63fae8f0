"""``tidegate bench --streams``: when the first word of a stream is there, alone and among a thousand, and whether every word is."""

import asyncio
import json
import os
import re
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Final
from urllib.parse import urlsplit

import httptools
import msgspec
from rich.console import Console
from rich.table import Table

from bench.processes import LOAD_CORE, answering, memory_mb, started
from bench.questions import request_body
from bench.run import available
from bench.streaming_upstream import word
from bench.systems import HERE, UPSTREAM_PORT, systems
from bench.types import StartedSystem, System

__all__ = ("Answer", "Shape", "Stream", "lost", "run", "said", "table")

PATIENCE_SECONDS: Final = 60.0
_SAID: Final = re.compile(rb'"content": ?"(w\d+ )"')


class Shape(msgspec.Struct, frozen=True):
    """A measurement: how many streams at once, how often, of how many words, with so many seconds between them."""

    at_once: int
    times: int
    words: int
    pause: float


ALONE: Final = Shape(at_once=1, times=200, words=5, pause=0.001)
MANY: Final = Shape(at_once=1000, times=1, words=20, pause=0.5)


class Stream(msgspec.Struct, frozen=True):
    """What came of one: milliseconds until its first word (``None``: none came), and words that are missing or out of place."""

    first_ms: float | None
    missed: int


class Figures(msgspec.Struct, frozen=True):
    """One system: milliseconds to the first word, alone and among many, words missed of all streams, and resident megabytes while many are open."""

    name: str
    alone_p50_ms: float | None
    alone_p99_ms: float | None
    many_p50_ms: float | None
    many_p99_ms: float | None
    missed: int
    memory_mb: float | None


def run(*, only: list[str] | None = None, as_json: bool = False) -> int:
    """Measure every installed system once, one after the other, and print a table; the exit code."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    os.sched_setaffinity(0, {LOAD_CORE})
    work = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        # -P: this folder on the path would hide the library's own modules of the same names.
        command = [sys.executable, "-P", str(HERE / "streaming_upstream.py"), str(UPSTREAM_PORT)]
        with answering(command, work):
            found = [_measured(system, work) for system in available(systems(work), only or []) if "nginx" not in system.name]
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        Console(width=160).print(table(found))
    return 0


def _measured(system: System, work: Path) -> Figures:
    print(f"measuring {system.name}", file=sys.stderr)
    with started(system, work) as target:
        asyncio.run(_streams(target, msgspec.structs.replace(ALONE, times=20)))  # warm
        alone = asyncio.run(_streams(target, ALONE))
        many, weight = asyncio.run(_weighed(target))
    ((alone50, alone99), (many50, many99)), missed = map(_spread, (alone, many)), sum(stream.missed for stream in (*alone, *many))
    return Figures(system.name, alone50, alone99, many50, many99, missed, weight)


async def _weighed(target: StartedSystem) -> tuple[list[Stream], float | None]:
    """Many streams, and what the system weighs half-way through them."""
    streams = asyncio.create_task(_streams(target, MANY))
    await asyncio.sleep(MANY.words * MANY.pause / 2)
    weight = None if target.pid is None else await asyncio.to_thread(memory_mb, target.pid)
    return await streams, weight


async def _streams(target: StartedSystem, shape: Shape) -> list[Stream]:
    found: list[Stream] = []
    for _ in range(shape.times):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_stream(target, shape)) for _ in range(shape.at_once)]
        found += [task.result() for task in tasks]
    return found


async def _stream(target: StartedSystem, shape: Shape) -> Stream:
    address = urlsplit(target.url)
    try:
        async with asyncio.timeout(shape.words * shape.pause + PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            try:
                return await _read(reader, writer, _request(target, shape), shape)
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return Stream(None, shape.words)


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, shape: Shape) -> Stream:
    began, first, answer = time.perf_counter(), None, Answer()
    writer.write(request)
    while not answer.whole and (piece := await reader.read(65536)):
        answer.feed(piece)
        if first is None and said(answer.body):
            first = (time.perf_counter() - began) * 1000
    return Stream(first, lost(said(answer.body), shape.words))


def _request(target: StartedSystem, shape: Shape) -> bytes:
    address = urlsplit(target.url)
    asked = json.loads(request_body(target.system.model, stream=True))
    body = json.dumps({**asked, "max_tokens": shape.words, "temperature": shape.pause}).encode()
    headers = {"host": address.netloc, "content-type": "application/json", "connection": "close", **target.system.headers}
    lines = [f"POST {address.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Answer:
    """An answer as it comes: its body so far, and whether that is all."""

    def __init__(self) -> None:
        self.body = b""
        self.whole = False
        self._parser = httptools.HttpResponseParser(self)
        self.feed = self._parser.feed_data

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self.body += body

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self.whole = True


def said(body: bytes) -> list[str]:
    """The words in the body of an answer, in order."""
    return [found.decode() for found in _SAID.findall(body)]


def lost(words: Sequence[str], expected: int) -> int:
    """How many words are not in their place."""
    return sum(number >= len(words) or words[number] != word(number) for number in range(expected))


def _spread(streams: list[Stream]) -> tuple[float | None, float | None]:
    """Median and 99th percentile, of those whose first word came."""
    came = [stream.first_ms for stream in streams if stream.first_ms is not None]
    return (median(came), quantiles(came, n=100)[98]) if len(came) > 1 else (None, None)


def table(found: list[Figures]) -> Table:
    """One row a system: what it adds to the upstream's own first word."""
    direct = next(figures for figures in found if figures.name == "direct")
    result = Table(
        "system", title=f"streams: server on one core, load and upstream on another; {MANY.at_once:,} at once in the second half"
    )
    for heading in ("first word\n+p50 ms", "+p99 ms", "among many\n+p50 ms", "+p99 ms", "words\nmissed", "memory MB"):
        result.add_column(heading, justify="right")
    for figures in found:
        added = (
            _added(getattr(figures, name), getattr(direct, name)) for name in ("alone_p50_ms", "alone_p99_ms", "many_p50_ms", "many_p99_ms")
        )
        result.add_row(figures.name, *added, f"{figures.missed:,}", "—" if figures.memory_mb is None else f"{figures.memory_mb:.0f}")
    return result


def _added(value: float | None, base: float | None) -> str:
    return "—" if value is None or base is None else f"{value - base:.2f}"
