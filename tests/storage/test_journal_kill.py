"""Processes killed under load at random moments, into a real database: all that was acknowledged is stored, exactly once."""

import asyncio
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from config.schema import JournalSettings
from storage.journal import Journal
from storage.segments import list_logs
from storage.writer import Writer

ROUNDS = 9
ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("journal_child.py")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Stored(msgspec.Struct):
    trace_id: str
    statuses: list[str]


class Total(msgspec.Struct):
    rows: int
    keys: int


def kill_under_load(directory: Path, first: int, second: str, said: Path) -> tuple[set[int], set[int]]:
    """Numbers whose opening, and whose row, were acknowledged by a process that was then killed."""
    with said.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, str(CHILD), str(directory), str(first), second],
            stdout=output,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        while not said.stat().st_size:
            assert child.poll() is None, "the child ended by itself"
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.08))
        child.kill()
        child.wait()
    whole = said.read_bytes().rpartition(b"\n")[0].decode().splitlines()
    return tuple({int(line[2:]) for line in whole if line[0] == kind} for kind in "or")


async def recover(directory: Path, telemetry, seconds: float | None) -> None:
    """A next life that is itself stopped after ``seconds``, wherever it is; ``None``: it lives until no dead log is left."""
    settings = JournalSettings(batch_rows=200, batch_milliseconds=20)
    journal = Journal.open(directory, settings)
    writer = Writer(journal, telemetry, settings)
    task = asyncio.create_task(writer.run())
    try:
        if seconds is not None:
            await asyncio.sleep(seconds)
        else:
            async with asyncio.timeout(120):
                while list_logs(directory) != [journal.log]:
                    await asyncio.sleep(0.02)
    finally:
        task.cancel()
        await asyncio.wait([task])
        await writer.close(5)
        journal.close()


async def test_processes_killed_under_load_lose_nothing_and_store_nothing_twice(tmp_path, telemetry):
    journal, second = tmp_path / "journal", str(int(time.time()))
    opened: set[int] = set()
    ended: set[int] = set()
    for number in range(ROUNDS):
        openings, rows = await asyncio.to_thread(kill_under_load, journal, (number + 1) * 1_000_000, second, tmp_path / f"said-{number}")
        opened |= openings
        ended |= rows
        if number % 3 == 2:
            await recover(journal, telemetry, random.uniform(0, 0.5))
    await recover(journal, telemetry, None)

    sql = "SELECT trace_id, groupArray(toString(status)) AS statuses FROM spans GROUP BY trace_id"
    stored = {int(span.trace_id, 16): span.statuses for span in await telemetry.query(sql, None, Stored)}
    (content,) = await telemetry.query("SELECT count() AS rows, uniqExact(trace_id) AS keys FROM span_content", None, Total)
    # The roll-up adds, so it sees a second insert even after the table itself has merged the two rows into one.
    (summed,) = await telemetry.query("SELECT sum(spans) AS rows, uniqExact(trace_id) AS keys FROM traces", None, Total)

    finished = {number for number, statuses in stored.items() if statuses == ["OK"]}
    interrupted = {number for number, statuses in stored.items() if statuses == ["INTERRUPTED"]}
    assert len(ended) > ROUNDS
    assert len(opened - ended) > ROUNDS
    assert {number: statuses for number, statuses in stored.items() if len(statuses) != 1} == {}
    assert ended <= finished, "a row that was acknowledged is missing"
    assert opened <= finished | interrupted, "an opening that was acknowledged left nothing"
    # At most the one that was being said when the process died was taken and not told of.
    assert len(finished - ended) <= ROUNDS
    assert len(stored) - len(opened) <= ROUNDS
    assert (content.rows, content.keys) == (len(finished), len(finished))
    assert (summed.rows, summed.keys) == (len(stored), len(stored))
