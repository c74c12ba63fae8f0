"""The store process, really started, over the embedded database."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from config.schema import StorageSettings, TelemetrySettings
from server.store_process import COMMAND
from storage import journal_directory
from storage.errors import EditedMigration, QueryFailed, TelemetryUnavailable
from storage.journal import Journal
from storage.process.messages import error_of, failure_of, frame, to_server
from storage.process.parent import Store
from storage.records import Opening, Row
from tracing.ingest import SpanSink
from tracing.types import Scope, Span, Status

COUNT = "SELECT count() AS count FROM spans FINAL"
KEPT = {"retention_days": 90, "content": True}


class Count(msgspec.Struct):
    count: int


@asynccontextmanager
async def running(home, command=COMMAND):
    settings = StorageSettings(path=str(home))
    journal = Journal.open(journal_directory(settings), settings.journal)
    store = Store(settings, journal, command, KEPT)
    await store.start()
    task = asyncio.create_task(store.run())
    try:
        yield journal, store
    finally:
        task.cancel()
        await asyncio.wait([task])
        await store.close()
        journal.close()


def span(number: int) -> Span:
    return Span(
        trace_id=f"{number:032x}",
        span_id=f"{number:016x}",
        name="chat",
        start_ns=1_790_000_000_000_000_000 + number,
        end_ns=1_790_000_000_000_000_900 + number,
        status=Status.OK,
        scope=Scope("tidegate.gateway"),
        attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.input.messages": '[{"role":"user"}]'},
    )


async def stored(store: Store) -> int:
    (row,) = await store.query(COUNT, None, Count)
    return row.count


async def test_the_store_process_stores_answers_and_says_how_far_it_is(tmp_path):
    async with running(tmp_path) as (journal, store):
        with pytest.raises(TelemetryUnavailable):
            await store.query(COUNT, None, Count)
        async with asyncio.timeout(50):
            await store.opened()
        sink = SpanSink(journal, TelemetrySettings())
        for number in range(1, 101):
            sink.put([span(number)])
        await store.flush()
        assert await stored(store) == 100
        stats = journal.stats()
        assert (stats.pending, stats.oldest_pending_seconds, stats.last_error) == (0, None, None)

        with pytest.raises(QueryFailed) as refused:
            await store.query("SELECT nothing FROM nowhere", None, Count)
        assert refused.value.name == "UNKNOWN_TABLE"
        (bound,) = await store.query("SELECT {n:UInt8} + 1 AS count", {"n": 41}, Count)
        assert bound.count == 42

        # A store process that dies takes nothing with it: what it was asked fails as if the database were away, and it is started again.
        journal.append([Row("spans.raw", b"\xc1 no MessagePack")])
        os.kill(store.pid, signal.SIGKILL)
        sink.put([span(101)])
        async with asyncio.timeout(50):
            while not store.ready or await _count_or_none(store) != 101:
                await asyncio.sleep(0.05)
        assert journal.stats().rejected == 1
    await _closed_stores_the_rest(tmp_path)


async def _count_or_none(store: Store) -> int | None:
    try:
        await store.flush()
        return await stored(store)
    except TelemetryUnavailable:
        return None


async def _closed_stores_the_rest(home) -> None:
    async with running(home) as (journal, store):
        await store.opened()
        SpanSink(journal, TelemetrySettings()).put([span(102)])
        journal.append([Opening("spans.opened", b"", b"k" * 24)])
    async with running(home) as (_, store):
        await store.opened()
        assert await stored(store) == 102


async def test_a_server_that_is_gone_takes_its_store_process_with_it(tmp_path):
    async with running(tmp_path) as (_, store):
        await store.opened()
        store._writer.transport.abort()
        async with asyncio.timeout(10):
            while store._process.poll() is None:
                await asyncio.sleep(0.02)


async def test_what_the_server_alone_may_know_is_on_no_command_line(tmp_path):
    async with running(tmp_path) as (_, store):
        line = await asyncio.to_thread(Path(f"/proc/{store.pid}/cmdline").read_bytes)
        assert b"storage" not in line.replace(COMMAND[-1].encode(), b"")


def test_errors_of_the_database_are_the_same_on_both_sides():
    for error in (QueryFailed("no", number=62, name="SYNTAX_ERROR"), EditedMigration("changed"), TelemetryUnavailable("away")):
        there = error_of(to_server.decode(frame(failure_of(7, error))[4:]))
        assert (type(there), str(there), vars(there)) == (type(error), str(error), vars(error))
