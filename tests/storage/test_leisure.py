"""Rows made at leisure are the same rows, and nobody who waits for them waits for the leisure's end."""

import asyncio
import os
import sys
import threading

import pytest

from storage.leisure import SLICE, Leisure, Rows


class Workshop:
    """An expansion that notes which row was made by a thread that takes only what is left of a core."""

    def __init__(self) -> None:
        self.seen: list[tuple[bytes, bool]] = []

    def __call__(self, rows: Rows) -> Rows:
        aside = sys.platform == "linux" and os.sched_getscheduler(threading.get_native_id()) == os.SCHED_IDLE
        self.seen.extend((row, aside) for data in rows.values() for row in data)
        return {"made": [row.upper() for data in rows.values() for row in data]}


@pytest.fixture
def rows() -> Rows:
    return {table: [f"{table}{number:03d}".encode() for number in range(3 * SLICE + 1)] for table in ("a", "b")}


async def test_every_row_is_made_once_and_in_order(rows: Rows) -> None:
    leisure = Leisure(Workshop())
    made = await leisure.make(rows, lambda: False)
    leisure.close()
    assert made == {"made": [row.upper() for data in rows.values() for row in data]}


@pytest.mark.skipif(sys.platform != "linux", reason="a thread can step aside on Linux alone")
async def test_rows_that_nobody_waits_for_are_made_by_a_thread_that_takes_what_is_left_of_a_core(rows: Rows) -> None:
    workshop = Workshop()
    leisure = Leisure(workshop)
    await leisure.make(rows, lambda: False)
    leisure.close()
    assert all(aside for _, aside in workshop.seen)


@pytest.mark.skipif(sys.platform != "linux", reason="a thread can step aside on Linux alone")
async def test_when_somebody_begins_to_wait_what_is_left_is_made_without_leisure(rows: Rows) -> None:
    workshop = Workshop()
    leisure = Leisure(workshop)
    made = await leisure.make(rows, lambda: len(workshop.seen) >= SLICE)
    leisure.close()
    slow = [row for row, aside in workshop.seen if aside]
    assert slow == rows["a"][:SLICE]
    assert made == {"made": [row.upper() for data in rows.values() for row in data]}


async def test_an_expansion_that_fails_is_told_and_the_next_batch_is_made(rows: Rows) -> None:
    def fail(_: Rows) -> Rows:
        raise ValueError("no")

    leisure = Leisure(fail)
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            await asyncio.wait_for(leisure.make(rows, lambda: False), 5)
    leisure.close()
