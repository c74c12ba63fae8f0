"""The journal and its writer, against a database that remembers tokens as ClickHouse does, and refuses when it is told to."""

import asyncio
import contextlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.schema import JournalSettings
from storage.errors import TelemetryUnavailable
from storage.journal import Delivery, Journal
from storage.journal_frames import encode, scan
from storage.records import Opening, Row
from storage.writer import Writer

SETTINGS = JournalSettings(batch_milliseconds=5)
KEYS = st.binary(min_size=24, max_size=24)
RECORDS = st.lists(
    st.builds(Row, st.sampled_from(["spans", "span_content"]), st.binary(max_size=60), st.just(b"") | KEYS)
    | st.builds(Opening, st.just("spans"), st.binary(max_size=60), KEYS),
    min_size=1,
    max_size=6,
)


class Remembering:
    """Implements ``Telemetry.insert``."""

    def __init__(self) -> None:
        self.rows: Counter[bytes] = Counter()
        self.tokens: set[tuple[str, str]] = set()
        self.refusing = False

    async def insert(self, table: str, rows: bytes, *, token: str) -> None:
        if self.refusing:
            raise TelemetryUnavailable("told to refuse")
        if (table, token) not in self.tokens:
            self.tokens.add((table, token))
            self.rows.update(rows.split(b"\n"))


@contextlib.asynccontextmanager
async def writing(journal: Journal, database: Remembering):
    writer = Writer(journal, database, SETTINGS)
    running = asyncio.ensure_future(writer.run())
    try:
        yield writer
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def row(number: int, key: bytes = b"") -> Row:
    return Row("spans", b'{"n":%d}' % number, key)


@given(RECORDS)
def test_records_come_back_as_they_were(records: list):
    found = scan(encode(records, 1), rows=None, closed=True)
    assert [frame.record for frame in found.frames] == records
    assert found.damaged == 0


@given(st.lists(RECORDS, min_size=1, max_size=4), st.integers(0, 10_000))
def test_a_log_cut_at_any_byte_gives_whole_appends_only(appends: list[list], at: int):
    encoded = [encode(records, 1) for records in appends]
    data = b"".join(encoded)
    cut = at % (len(data) + 1)
    whole, end = [], 0
    for records, piece in zip(appends, encoded, strict=True):
        end += len(piece)
        whole += records if end <= cut else []
    assert [frame.record for frame in scan(data[:cut], rows=None, closed=True).frames] == whole


async def test_a_flush_returns_when_everything_before_it_is_stored(tmp_path: Path):
    journal, database = Journal.open(tmp_path, SETTINGS), Remembering()
    async with writing(journal, database) as writer:
        assert all(journal.append([row(number)]) for number in range(2500))
        await asyncio.gather(*(writer.flush() for _ in range(5)))
        assert database.rows == Counter({b'{"n":%d}' % number: 1 for number in range(2500)})
    journal.close()


async def test_a_database_that_refuses_loses_nothing_and_holds_up_nobody(tmp_path: Path):
    journal, database = Journal.open(tmp_path, SETTINGS), Remembering()
    database.refusing = True
    async with writing(journal, database) as writer:
        assert all(journal.append([row(number)]) for number in range(100))
        async with asyncio.timeout(20):
            while (stats := journal.stats()).last_error is None:
                await asyncio.sleep(0.01)
        assert (stats.pending, stats.dropped) == (100, 0)
        database.refusing = False
        await writer.flush()
        assert sorted(database.rows.values()) == [1] * 100
        assert journal.stats().last_error is None
    journal.close()


def test_a_full_journal_keeps_the_oldest_and_counts_what_it_drops(tmp_path: Path):
    journal = Journal.open(tmp_path, JournalSettings(max_bytes=1024 * 1024))
    big = Row("spans", b"x" * 100_000)
    taken = [journal.append([big]) for _ in range(15)]
    assert taken[:9] == [True] * 9
    assert taken[-1] is False
    assert journal.stats().dropped == taken.count(False)
    journal.close()


def test_a_full_journal_is_told_of_once_though_small_records_still_find_room(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    journal = Journal.open(tmp_path, JournalSettings(max_bytes=1024 * 1024))
    large, small = Row("spans", b"x" * 40_000), Row("spans", b"x")
    while journal.append([large]):
        pass
    for _ in range(10):
        assert journal.append([small])
        assert not journal.append([large])
    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == ["the journal takes no more records"]
    assert journal.stats().dropped == 11
    journal.close()


def test_a_journal_presses_from_half_on_while_the_database_is_there(tmp_path: Path):
    journal = Journal.open(tmp_path, JournalSettings(max_bytes=1024 * 1024))
    pressure = [journal.append([Row("spans", b"x" * 100_000)]) and journal.pressure() for _ in range(9)]
    assert pressure[:5] == [0.0] * 5
    assert 0 < pressure[5] < pressure[6] < pressure[7] < pressure[8] < 1
    journal.attach(lambda: Delivery(last_error="away"), lambda: None, 1000)
    assert journal.pressure() == 0.0
    journal.close()


async def test_what_a_dead_process_left_open_is_stored_as_it_began_and_only_once(tmp_path: Path):
    dead = Journal.open(tmp_path, SETTINGS)
    closed, left = b"c" * 24, b"l" * 24
    dead.append([Opening("spans", b'{"opened":"closed"}', closed), Opening("spans", b'{"opened":"left"}', left)])
    dead.append([row(1, closed)])
    dead.close()
    database = Remembering()
    for _ in range(2):
        journal = Journal.open(tmp_path, SETTINGS)
        async with writing(journal, database):
            async with asyncio.timeout(20):
                while len(database.rows) < 2:
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)
        journal.close()
    assert database.rows == Counter({b'{"n":1}': 1, b'{"opened":"left"}': 1})
