"""What lies on the disk after an append, and when the disk or the limit says no."""

import errno
import logging
import os
import threading
import time

import pytest

import storage.journal as journal_module
from config.schema import JournalSettings
from storage.journal import Journal
from storage.journal_frames import scan
from storage.records import Opening, Row

MIB = 1024 * 1024
SMALL = JournalSettings(max_bytes=MIB, segment_bytes=64 * 1024)


@pytest.fixture
def journal(tmp_path):
    opened = Journal.open(tmp_path / "journal", SMALL)
    yield opened
    opened.close()


def span(number: int, size: int = 1000) -> Row:
    return Row("spans", b'{"n":%d,"x":"%s"}' % (number, b"x" * size))


def records(journal: Journal):
    """All records of a journal, segment by segment."""
    paths = [journal.log.segment(number) for number in journal.log.segments()]
    return [[frame.record for frame in scan(path.read_bytes(), closed=False).frames] for path in paths]


def test_what_was_appended_is_in_the_file_when_append_returns(journal):
    written = [Opening("spans", b'{"a":1}', b"k" * 24), span(1), span(2)]
    assert journal.append(written)
    assert records(journal) == [written]


def test_one_append_is_one_system_call(journal, monkeypatch):
    calls = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: calls.append(len(data)) or write(file, data))
    assert journal.append([span(1), span(2), Opening("spans", b"{}", b"k" * 24)])
    assert len(calls) == 1


def test_a_short_write_is_completed(journal, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:100]))
    assert journal.append([span(1)])
    assert records(journal) == [[span(1)]]


def test_each_segment_begins_with_the_openings_that_are_open(journal):
    early, late = Opening("spans", b'{"early":1}', b"e" * 24), Opening("spans", b'{"late":1}', b"l" * 24)
    said = Opening("span_content", b'{"said":1}', b"e" * 24)
    journal.append([early, said])
    journal.append([late])
    journal.append([Row("spans", b"{}", late.key)])
    for number in range(100):
        assert journal.append([span(number)])
    _, second = records(journal)
    assert second[:2] == [early, said]
    assert late not in second


def test_openings_that_stay_open_do_not_make_a_new_segment_for_each_append(journal):
    for number in range(100):
        journal.append([Opening("spans", b"{%s}" % (b"x" * 1000), number.to_bytes(24, "big"))])
    before = len(journal.log.segments())
    for number in range(50):
        assert journal.append([span(number)])
    assert len(journal.log.segments()) <= before + 1


def test_over_its_limit_the_oldest_is_kept_and_new_records_are_counted_by_table_and_said_once(journal, caplog):
    caplog.set_level(logging.INFO, logger="storage.journal")
    taken = [journal.append([span(number, 10_000), Row("span_content", b"{}")]) for number in range(200)]
    kept = taken.index(False)
    assert kept > 0
    assert not any(taken[kept:])
    flat = [record for segment in records(journal) for record in segment]
    assert flat[:2] == [span(0, 10_000), Row("span_content", b"{}")]
    assert len(flat) == 2 * kept
    stats = journal.stats()
    assert stats.dropped_by_table == {"spans": 200 - kept, "span_content": 200 - kept}
    assert stats.bytes <= stats.limit_bytes == MIB
    assert len(caplog.records) == 1


def test_it_takes_records_again_when_segments_were_deleted(journal, caplog):
    while journal.append([span(1, 10_000)]):
        pass
    journal.log.segment(1).unlink()
    journal.measure()
    caplog.clear()
    assert journal.append([span(2, 10_000)])
    assert [entry.levelname for entry in caplog.records] == ["WARNING"]


def test_what_the_dead_left_counts_for_the_limit(tmp_path):
    first = Journal.open(tmp_path, SMALL)
    while first.append([span(1, 10_000)]):
        pass
    first.close()
    second = Journal.open(tmp_path, SMALL)
    assert not second.append([span(2, 100_000)])
    second.close()


def test_one_append_larger_than_a_segment_does_not_block_the_journal_for_ever(journal):
    assert journal.append([span(1, 900_000)])
    assert not journal.append([span(2, 300_000)])
    journal.log.segment(1).unlink()
    journal.measure()
    assert journal.append([span(3, 300_000)])


def test_a_full_disk_counts_as_a_full_journal(journal, monkeypatch):
    def refuse(file, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    journal.append([span(1)])
    with monkeypatch.context() as patch:
        patch.setattr(journal_module.os, "write", refuse)
        assert not journal.append([span(2)])
    assert journal.stats().dropped == 1
    assert journal.append([span(3)])
    assert records(journal) == [[span(1), span(3)]]


def test_half_a_write_is_never_read_and_nothing_is_written_behind_it(journal, monkeypatch):
    write = os.write
    left = [500, 0]

    def run_full(file, data):
        if not (room := left.pop(0)):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[:room])

    journal.append([span(1)])
    with monkeypatch.context() as patch:
        patch.setattr(journal_module.os, "write", run_full)
        # The first of the two frames is whole on the disk, the second is not.
        assert not journal.append([span(2, 100), span(3)])
    assert journal.append([span(4)])
    assert records(journal) == [[span(1)], [span(4)]]


@pytest.mark.parametrize("policy", ["never", "interval", "always"])
def test_fsync_follows_its_setting(tmp_path, monkeypatch, policy):
    monkeypatch.setattr(journal_module, "TICK_SECONDS", 0.05)
    threads = []
    sync = os.fdatasync
    monkeypatch.setattr(journal_module.os, "fdatasync", lambda file: threads.append(threading.current_thread().name) or sync(file))
    journal = Journal.open(tmp_path, JournalSettings(fsync=policy))
    journal.append([span(1)])
    time.sleep(0.3)
    while policy == "interval" and not threads:
        time.sleep(0.01)
    seen = set(threads)
    journal.close()
    assert seen == {"never": set(), "interval": {"journal"}, "always": {threading.current_thread().name}}[policy]


def test_many_threads_append_whole_groups(journal):
    def work(thread: int) -> None:
        for number in range(50):
            assert journal.append([Row(f"t{thread}", b"%d" % number), Row(f"t{thread}", b"%d+" % number)])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    flat = [record for segment in records(journal) for record in segment]
    for first, second in zip(flat[::2], flat[1::2], strict=True):
        assert (second.table, second.data) == (first.table, first.data + b"+")
    assert journal.rows == 400
