import asyncio
import time
from contextlib import asynccontextmanager

import msgspec
import pytest

import storage.journal_delivery as delivery
from config.schema import JournalSettings
from storage.errors import QueryFailed, TelemetryUnavailable
from storage.journal import Journal
from storage.records import Row
from storage.writer import Writer
from tests.storage.journal_ledger import Ledger, accept

SETTINGS = JournalSettings(max_bytes=1024 * 1024, segment_bytes=64 * 1024, batch_rows=10, batch_milliseconds=20)


@asynccontextmanager
async def running(directory, telemetry, settings=SETTINGS, **options):
    journal = Journal.open(directory, settings)
    writer = Writer(journal, telemetry, settings, **options)
    task = asyncio.create_task(writer.run())
    await asyncio.sleep(0)
    try:
        yield journal, writer
    finally:
        task.cancel()
        await asyncio.wait([task])
        await writer.close(1)
        journal.close()


def row(number: int, size: int = 0) -> Row:
    return Row("spans", b'{"n":%d,"x":"%s"}' % (number, b"x" * size))


def refuse(table: str, rows: bytes) -> None:
    raise TelemetryUnavailable("ClickHouse at nowhere is not available: Connection refused")


def surprise(table: str, rows: bytes) -> None:
    raise KeyError(table)


async def until(promise) -> None:
    async with asyncio.timeout(10):
        while not promise():
            await asyncio.sleep(0.01)


async def test_rows_are_stored_by_themselves_after_the_batch_time(tmp_path):
    ledger = Ledger()
    async with running(tmp_path, ledger) as (journal, _):
        journal.append([row(1)])
        await until(lambda: ledger.count("spans").total() == 1)


async def test_a_full_batch_does_not_wait_for_its_time(tmp_path):
    ledger = Ledger()
    settings = msgspec.structs.replace(SETTINGS, batch_milliseconds=60_000)
    async with running(tmp_path, ledger, settings) as (journal, _):
        await asyncio.sleep(0.1)
        for number in range(10):
            journal.append([row(number)])
        await until(lambda: ledger.count("spans").total() == 10)


async def test_where_storing_takes_long_rows_wait_for_each_other_and_a_reader_for_none(tmp_path):
    class Slow(Ledger):
        async def insert(self, table, rows, *, token):
            await asyncio.sleep(0.05)
            await super().insert(table, rows, token=token)

    ledger = Slow()
    async with running(tmp_path, ledger, msgspec.structs.replace(SETTINGS, batch_rows=1000)) as (journal, writer):
        began = time.monotonic()
        for number in range(40):
            journal.append([row(number)])
            await asyncio.sleep(0.02)
        # One in half a second; the batch's own time alone would have had one in 70 ms.
        assert 1 <= ledger.attempts <= 2 + (time.monotonic() - began) / 0.4
        await writer.flush(5)
        assert ledger.count("spans").total() == 40


async def test_what_was_appended_before_a_flush_is_stored_when_it_returns(tmp_path):
    ledger = Ledger()
    async with running(tmp_path, ledger, msgspec.structs.replace(SETTINGS, batch_milliseconds=60_000)) as (journal, writer):
        for number in range(50):
            journal.append([row(number)])
            await writer.flush(5)
            assert ledger.count("spans").total() == number + 1


async def test_many_flushes_share_one_insert(tmp_path):
    ledger = Ledger()
    async with running(tmp_path, ledger) as (journal, writer):
        journal.append([row(1)])
        async with asyncio.TaskGroup() as callers:
            for _ in range(200):
                callers.create_task(writer.flush(5))
        assert ledger.attempts == 1


async def test_a_flush_with_nothing_pending_does_not_even_yield(tmp_path):
    async with running(tmp_path, Ledger()) as (journal, writer):
        journal.append([row(1)])
        await writer.flush(5)
        with pytest.raises(StopIteration):
            writer.flush(5).send(None)


async def test_a_flush_while_the_database_is_away_says_why(tmp_path):
    ledger = Ledger()
    ledger.before = refuse
    async with running(tmp_path, ledger) as (journal, writer):
        journal.append([row(1)])
        await until(lambda: journal.stats().last_error)
        with pytest.raises(TelemetryUnavailable, match="Connection refused"):
            await writer.flush(0.1)
        ledger.before = accept


async def test_a_database_that_refuses_for_a_while_loses_nothing_and_no_append_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(delivery, "LONGEST_PAUSE", 0.2)
    ledger = Ledger()
    ledger.before = refuse
    async with running(tmp_path, ledger) as (journal, writer):
        took = []
        for number in range(1000):
            begin = time.perf_counter()
            assert journal.append([row(number)])
            took.append(time.perf_counter() - begin)
            await asyncio.sleep(0.001)
        stats = journal.stats()
        assert stats.pending == 1000
        assert stats.oldest_pending_seconds > 0.5
        assert "Connection refused" in stats.last_error
        ledger.before = accept
        await writer.flush(10)
        stats = journal.stats()
        assert (stats.pending, stats.last_error, stats.dropped, stats.oldest_pending_seconds) == (0, None, 0, None)
    assert ledger.count("spans") == {row(number).data: 1 for number in range(1000)}
    assert sorted(took)[-20] < 0.1, "a machine that stands still makes few of them wait, a lock would make many"


async def test_a_full_journal_drops_the_new_and_takes_records_again_once_the_database_is_back(tmp_path, monkeypatch):
    monkeypatch.setattr(delivery, "LONGEST_PAUSE", 0.2)
    ledger = Ledger()
    ledger.before = refuse
    async with running(tmp_path, ledger) as (journal, _):
        taken = [journal.append([row(number, 5000)]) for number in range(400)]
        kept = taken.index(False)
        assert journal.stats().dropped == 400 - sum(taken)
        ledger.before = accept
        await until(lambda: journal.append([row(1000)]))
        await until(lambda: row(1000).data in ledger.count("spans"))
    assert all(ledger.count("spans")[row(number, 5000).data] == 1 for number in range(kept))


async def test_a_row_that_is_refused_is_put_aside_with_its_reason_and_holds_up_nothing(tmp_path):
    ledger = Ledger()
    async with running(tmp_path, ledger) as (journal, writer):
        good = [row(number) for number in range(37)]
        bad = Row("spans", b'{"poison":1}')
        journal.append([*good[:20], bad, *good[20:]])
        await writer.flush(5)
        assert ledger.count("spans") == {entry.data: 1 for entry in good}
        stats = journal.stats()
        assert (stats.rejected, stats.pending, stats.last_error) == (1, 0, None)
    (file,) = (tmp_path / "rejected").iterdir()
    (line,) = file.read_bytes().splitlines()
    aside = msgspec.json.decode(line, type=delivery.Rejected)
    assert (aside.table, aside.row, aside.reason) == ("spans", '{"poison":1}', "Cannot parse input: poison")


async def test_a_refusal_that_is_not_about_a_row_is_waited_out(tmp_path):
    def no_table(table: str, rows: bytes) -> None:
        raise QueryFailed("Table spans does not exist", number=60, name="UNKNOWN_TABLE")

    ledger = Ledger()
    ledger.before = no_table
    async with running(tmp_path, ledger) as (journal, writer):
        journal.append([row(1), row(2)])
        await until(lambda: journal.stats().last_error == "Table spans does not exist")
        ledger.before = accept
        await writer.flush(5)
        assert journal.stats().rejected == 0
    assert ledger.count("spans").total() == 2


async def test_an_error_that_nobody_foresaw_does_not_end_the_writer(tmp_path, monkeypatch):
    monkeypatch.setattr("storage.writer.LOOK_AROUND_SECONDS", 0.05)
    ledger = Ledger()
    ledger.before = surprise
    async with running(tmp_path, ledger) as (journal, writer):
        journal.append([row(1)])
        await until(lambda: journal.stats().last_error == "the writer failed: KeyError")
        ledger.before = accept
        await writer.flush(5)
        assert journal.stats().last_error is None


async def test_one_writer_at_a_time_and_the_next_takes_over(tmp_path, monkeypatch):
    monkeypatch.setattr("storage.writer.LOOK_AROUND_SECONDS", 0.05)
    ledger = Ledger()
    async with running(tmp_path, ledger) as (first, writer):
        first.append([row(1)])
        await writer.flush(5)
        second = Journal.open(tmp_path, SETTINGS)
        heir = Writer(second, ledger, SETTINGS)
        waiting = asyncio.create_task(heir.run())
        second.append([row(2)])
        await until(lambda: second.stats().last_error == "another process stores this journal")
    await heir.flush(5)
    waiting.cancel()
    await asyncio.wait([waiting])
    second.close()
    assert ledger.count("spans") == {row(1).data: 1, row(2).data: 1}


async def test_a_stop_that_comes_while_the_writer_begins_stores_what_is_left(tmp_path):
    ledger = Ledger()
    for turns in range(6):
        journal = Journal.open(tmp_path, SETTINGS)
        writer = Writer(journal, ledger, SETTINGS)
        task = asyncio.create_task(writer.run())
        for _ in range(turns):
            await asyncio.sleep(0)
        journal.append([row(turns)])
        task.cancel()
        await asyncio.wait([task])
        await writer.close(1)
        journal.close()
        assert ledger.count("spans").total() == turns + 1


async def test_a_stop_stores_what_is_left(tmp_path):
    ledger = Ledger()
    async with running(tmp_path, ledger, msgspec.structs.replace(SETTINGS, batch_milliseconds=60_000, batch_rows=1000)) as (journal, _):
        await asyncio.sleep(0.05)
        journal.append([row(number) for number in range(5)])
        assert ledger.attempts == 0
    assert ledger.count("spans").total() == 5


async def test_a_reader_misses_nothing_that_a_killed_process_acknowledged_however_long_its_replay_takes(tmp_path):
    class Held(Ledger):
        free = asyncio.Event()

        async def insert(self, table, rows, *, token):
            await self.free.wait()
            await super().insert(table, rows, token=token)

    killed = Journal.open(tmp_path, SETTINGS)
    killed.append([row(number) for number in range(250)])
    killed.close()
    ledger = Held()
    async with running(tmp_path, ledger) as (_, writer):
        with pytest.raises(TelemetryUnavailable, match=r"before the restart is still being stored, 250 rows of it"):
            await writer.flush(0.1)
        reading = asyncio.create_task(writer.flush())
        ledger.free.set()
        await reading
        assert ledger.count("spans").total() == 250


async def test_what_is_written_now_without_pause_does_not_prolong_a_replay(tmp_path):
    killed = Journal.open(tmp_path, SETTINGS)
    killed.append([row(number) for number in range(250)])
    killed.close()
    ledger = Ledger()
    async with running(tmp_path, ledger) as (journal, writer):

        async def write() -> None:
            while True:
                journal.append([row(number) for number in range(200)])
                await asyncio.sleep(0.001)  # a loop that never sleeps may starve threads for seconds: the interpreter's lock is not fair

        writing = asyncio.create_task(write())
        await writer.flush(5)
        writing.cancel()
        assert ledger.count("spans").total() >= 250


@pytest.fixture
def neighbour(tmp_path):
    """The journal of another living process in the same directory."""
    journal = Journal.open(tmp_path, SETTINGS)
    yield journal
    journal.close()


async def test_a_reader_sees_what_any_process_appended_before_in_a_shared_directory(tmp_path, neighbour):
    ledger = Ledger()
    async with running(tmp_path, ledger, shared=True) as (journal, writer):
        for number in range(20):
            (journal, neighbour)[number % 2].append([row(number)])
            await writer.flush(5)
            assert ledger.count("spans").total() == number + 1
        newcomer = Journal.open(tmp_path, SETTINGS)  # since the last look at the directory
        newcomer.append([row(20)])
        await writer.flush(5)
        assert ledger.count("spans").total() == 21
        newcomer.close()
        await writer.flush(5)


async def test_a_reader_does_not_wait_for_what_others_append_after_it_came(tmp_path, neighbour):
    class Endless(Ledger):
        async def insert(self, table, rows, *, token):
            await super().insert(table, rows, token=token)
            neighbour.append([row(self.attempts)])

    neighbour.append([row(0)])
    async with running(tmp_path, Endless(), shared=True) as (_, writer):
        await writer.flush(5)


async def test_a_write_of_another_process_that_failed_half_way_holds_up_no_reader(tmp_path, neighbour):
    neighbour.append([row(1)])
    with neighbour.log.segment(1).open("ab") as segment:
        segment.write(b"half")
    ledger = Ledger()
    async with running(tmp_path, ledger, shared=True) as (_, writer):
        await writer.flush(5)
        assert ledger.count("spans").total() == 1


async def test_rows_of_others_that_are_not_stored_are_counted_as_pending_while_they_grow(tmp_path, monkeypatch, neighbour):
    monkeypatch.setattr("storage.writer.LOOK_AROUND_SECONDS", 0.02)
    ledger = Ledger()
    ledger.before = refuse
    async with running(tmp_path, ledger, shared=True) as (journal, writer):
        for count in (3, 7):
            neighbour.append([row(number) for number in range(count - journal.stats().pending)])
            await until(lambda count=count: journal.stats().pending == count)
        ledger.before = accept
        await writer.flush(5)
        await until(lambda: journal.stats().pending == 0)


async def test_a_stop_stores_what_is_left_of_those_that_shared_the_directory(tmp_path):
    ledger = Ledger()
    slow = msgspec.structs.replace(SETTINGS, batch_milliseconds=60_000, batch_rows=1000)
    async with running(tmp_path, ledger, slow, shared=True):
        await asyncio.sleep(0.05)
        ended = Journal.open(tmp_path, SETTINGS)
        ended.append([row(number) for number in range(5)])
        ended.close()
    assert ledger.count("spans").total() == 5
    assert list(tmp_path.glob(f"{ended.log.id}*")) == []
