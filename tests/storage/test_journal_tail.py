"""Crash points of the writer, one by one, and what the dead leave behind."""

import asyncio
import itertools

import pytest

import storage.journal_cursor as cursor_module
from config.schema import JournalSettings
from storage.journal import Journal
from storage.journal_cursor import Cursor, Mark, Position
from storage.journal_tail import Tail
from storage.records import Opening, Row
from storage.segments import list_logs
from storage.writer import Writer
from tests.storage.journal_ledger import Killed, Ledger, accept

SETTINGS = JournalSettings(max_bytes=8 * 1024 * 1024, segment_bytes=64 * 1024, batch_rows=10, batch_milliseconds=5)


def pair(number: int) -> list[Row | Opening]:
    """What a request leaves when it ends."""
    key = number.to_bytes(24, "big")
    return [Row("spans", b'{"span":%d}' % number, key), Row("span_content", b'{"content":%d}' % number, key)]


def opening(number: int) -> Opening:
    return Opening("spans", b'{"interrupted":%d}' % number, number.to_bytes(24, "big"))


def leave(directory, *appends) -> None:
    """A process that appended and died."""
    journal = Journal.open(directory, SETTINGS)
    for records in appends:
        assert journal.append(records)
    journal.close()


async def recover(directory, ledger: Ledger) -> None:
    """The next life: until nothing of the dead is left."""
    journal = Journal.open(directory, SETTINGS)
    writer = Writer(journal, ledger, SETTINGS)
    task = asyncio.create_task(writer.run())
    try:
        async with asyncio.timeout(10):
            while list_logs(directory) != [journal.log] and not task.done():
                await asyncio.sleep(0.005)
    finally:
        task.cancel()
        await asyncio.wait([task])
        # What the kernel does for a process that dies: its locks are let go.
        writer._tails.close()
        journal.close()
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error


async def recover_dying(directory, ledger: Ledger) -> bool:
    """As ``recover``; whether the writer lived to the end."""
    try:
        await recover(directory, ledger)
    except Killed:
        return False
    return True


def once(ledger: Ledger, numbers) -> None:
    assert ledger.count("spans") == dict.fromkeys((b'{"span":%d}' % number for number in numbers), 1)
    assert ledger.count("span_content") == dict.fromkeys((b'{"content":%d}' % number for number in numbers), 1)


async def test_what_the_dead_appended_is_stored_once_and_their_files_go(tmp_path):
    leave(tmp_path, *(pair(number) for number in range(250)))
    ledger = Ledger()
    await recover(tmp_path, ledger)
    once(ledger, range(250))
    await recover(tmp_path, ledger)
    once(ledger, range(250))
    assert len(list(tmp_path.glob("*.seg"))) <= 1


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("attempt", range(1, 7))
async def test_a_writer_that_dies_around_an_insert_stores_each_row_once(tmp_path, moment, attempt):
    """Attempt 1 is the content of the first batch, attempt 2 its spans, and so on: also the moment between the two tables."""
    leave(tmp_path, *(pair(number) for number in range(180)))
    ledger = Ledger()

    def die(table: str, rows: bytes) -> None:
        if ledger.attempts == attempt:
            raise Killed

    setattr(ledger, moment, die)
    assert not await recover_dying(tmp_path, ledger)
    assert await recover_dying(tmp_path, ledger)
    once(ledger, range(180))


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_a_writer_that_dies_around_any_move_of_the_cursor_stores_each_row_once(tmp_path, monkeypatch, before):
    write = Cursor.write
    for fatal in itertools.count(1):
        home = tmp_path / str(fatal)
        leave(home, *([opening(1000 + number), *pair(number)] for number in range(130)))
        ledger, writes = Ledger(), itertools.count(1)

        def die(cursor: Cursor, mark: Mark, fatal=fatal, writes=writes) -> None:
            doomed = next(writes) == fatal
            if doomed and before:
                raise Killed
            write(cursor, mark)
            if doomed:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(cursor_module.Cursor, "write", die)
            lived = await recover_dying(home, ledger)
        await recover(home, ledger)
        interrupted = {b'{"interrupted":%d}' % (1000 + number): 1 for number in range(130)}
        spans = {b'{"span":%d}' % number: 1 for number in range(130)}
        assert ledger.count("spans") == spans | interrupted
        if lived:
            break
    assert fatal > 4


async def test_an_opening_without_a_row_is_stored_once_and_one_with_a_row_never(tmp_path):
    leave(tmp_path, [opening(1)], [opening(2)], pair(2), [opening(3)])
    ledger = Ledger()
    ledger.after = _die_at_the_openings
    assert not await recover_dying(tmp_path, ledger)
    ledger.after = accept
    await recover(tmp_path, ledger)
    assert ledger.count("spans") == {b'{"span":2}': 1, b'{"interrupted":1}': 1, b'{"interrupted":3}': 1}


def _die_at_the_openings(table: str, rows: bytes) -> None:
    if b"interrupted" in rows:
        raise Killed


async def test_an_opening_may_be_closed_many_segments_later(tmp_path):
    many = [pair(number) for number in range(2000)]
    leave(tmp_path, [opening(5000), opening(6000)], *many, pair(5000))
    ledger = Ledger()
    await recover(tmp_path, ledger)
    assert ledger.count("spans")[b'{"interrupted":6000}'] == 1
    assert b'{"interrupted":5000}' not in ledger.count("spans")
    assert ledger.count("spans").total() == 2002


async def test_a_torn_end_is_passed_over_and_its_opening_is_interrupted(tmp_path):
    leave(tmp_path, pair(1), [opening(2)], pair(2))
    (path,) = tmp_path.glob("*.seg")
    # Within the last frame of the last append: its first frame is whole, and still must not count.
    path.write_bytes(path.read_bytes()[:-3])
    ledger = Ledger()
    await recover(tmp_path, ledger)
    assert ledger.count("spans") == {b'{"span":1}': 1, b'{"interrupted":2}': 1}
    assert ledger.count("span_content") == {b'{"content":1}': 1}


async def test_a_damaged_cursor_file_falls_back_to_its_other_slot(tmp_path):
    cursor = Cursor(tmp_path / "x.cursor", durable=True)
    cursor.write(Mark(Position(1, 100), 200))
    cursor.write(Mark(Position(1, 200)))
    data = bytearray((tmp_path / "x.cursor").read_bytes())
    data[3] ^= 1  # the second write went into the first slot
    (tmp_path / "x.cursor").write_bytes(data)
    assert Cursor(tmp_path / "x.cursor", durable=True).mark == Mark(Position(1, 100), 200)


async def test_a_cut_off_batch_is_handed_out_again_exactly(tmp_path):
    leave(tmp_path, *(pair(number) for number in range(300)))
    (log,) = list_logs(tmp_path)
    first = Tail(log, SETTINGS, mine=False)
    batch = first.claim()
    first.close()
    # More rows a batch now: the intent on disk has the say.
    again = Tail(log, JournalSettings(batch_rows=1000), mine=False)
    assert again.claim() == batch
    assert again.claim() == batch
    again.close()


async def test_the_log_of_a_living_process_is_read_but_not_finished(tmp_path):
    alive = Journal.open(tmp_path, SETTINGS)
    alive.append([opening(9000), *pair(1)])
    mine = Journal.open(tmp_path, SETTINGS)
    ledger = Ledger()
    task = asyncio.create_task(Writer(mine, ledger, SETTINGS).run())
    try:
        await _until(lambda: ledger.count("spans").total() == 1)
        alive.append(pair(2))
        await _until(lambda: ledger.count("spans").total() == 2)
        for number in range(3, 1500):
            assert alive.append(pair(number))
        await _until(lambda: ledger.count("spans").total() == 1499)
        assert alive.log in list_logs(tmp_path)
        alive.close()
        await _until(lambda: alive.log not in list_logs(tmp_path))
    finally:
        task.cancel()
        await asyncio.wait([task])
        mine.close()
    assert ledger.count("spans")[b'{"interrupted":9000}'] == 1
    assert max(ledger.count("spans").values()) == 1


async def _until(promise) -> None:
    async with asyncio.timeout(10):
        while not promise():
            await asyncio.sleep(0.01)
