"""Traces that judges read together."""

import asyncio

import pytest

from evals.reading import MOST, SharedReading
from tests.evals.making import Traces, make_span
from tracing.errors import StoreUnavailable


class Library(Traces):
    """Keeps what it was asked for; what is in ``unreadable`` fails whoever is asked with it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []
        self.unreadable: set[str] = set()

    async def spans(self, trace_ids):
        self.asked.append(list(trace_ids))
        if self.unreadable & set(trace_ids):
            raise StoreUnavailable("too large")
        return await super().spans(trace_ids)


@pytest.fixture
def library() -> Library:
    made = Library()
    for number in range(40):
        made.told[str(number)] = [make_span(str(number))]
    return made


async def test_what_is_asked_for_together_is_read_together_and_each_gets_its_own(library):
    reading = SharedReading(library)
    wanted = [*map(str, range(3)), "1", "never stored"]
    found = await asyncio.gather(*map(reading.spans, wanted))
    assert [[span.trace_id for span in spans] for spans in found] == [["0"], ["1"], ["2"], ["1"], []]
    assert library.asked == [["0", "1", "2", "never stored"]]


async def test_no_reading_is_of_more_than_so_many_traces(library):
    found = await asyncio.gather(*(SharedReading(library).spans(str(number)) for number in range(3)))
    assert [len(each) for each in library.asked] == [1, 1, 1] and all(found), "each reading has its own company"
    library.asked.clear()
    reading = SharedReading(library)
    await asyncio.gather(*(reading.spans(str(number)) for number in range(MOST + 5)))
    assert [len(each) for each in library.asked] == [MOST, 5]


async def test_a_trace_that_cannot_be_read_is_no_harm_to_those_read_with_it(library):
    library.unreadable = {"1"}
    reading = SharedReading(library)
    found = await asyncio.gather(*map(reading.spans, "012"), return_exceptions=True)
    assert [isinstance(each, StoreUnavailable) for each in found] == [False, True, False]
    assert found[0] and found[2]


async def test_whoever_stops_waiting_does_not_stop_the_others(library):
    reading = SharedReading(library)
    first, second = asyncio.ensure_future(reading.spans("1")), asyncio.ensure_future(reading.spans("1"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)[0].trace_id == "1"
    assert first.cancelled()
