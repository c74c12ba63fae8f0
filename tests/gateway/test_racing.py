"""Two that race for one answer: whatever is not taken is let go, whoever ends the race and whenever."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.racing import raced


class Runner:
    """Answers ``result`` after some turns of the loop, or raises it; knows what became of each."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.cancelled: list[str] = []
        self.answered: list[str] = []
        self.discarded: list[str] = []

    async def run(self, name: str, turns: int, error: Exception | None = None) -> str:
        self.begun.append(name)
        try:
            for _ in range(turns):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # to hang up takes a moment
            self.cancelled.append(name)
            raise
        if error is not None:
            raise error
        self.answered.append(name)
        return name

    async def discard(self, name: str) -> None:
        self.discarded.append(name)


@settings(max_examples=120)
@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 20), st.booleans(), st.booleans())
def test_each_answer_is_returned_or_discarded_once_however_the_caller_is_cancelled(
    first: int, second: int, leaves: int, first_good: bool, second_good: bool
):
    runner = Runner()
    good = {"first": first_good, "second": second_good}

    async def race() -> list[str]:
        task = asyncio.ensure_future(
            raced(
                lambda: runner.run("first", first),
                lambda: runner.run("second", second),
                after=0.0,
                good=good.__getitem__,
                discard=runner.discard,
            )
        )
        for _ in range(leaves):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        for _ in range(20):
            await asyncio.sleep(0)
        return [] if task.cancelled() else [task.result()]

    returned = asyncio.run(race())
    assert sorted(returned + runner.discarded) == sorted(runner.answered)
    assert sorted(runner.answered + runner.cancelled) == sorted(runner.begun)
    assert not returned or good[returned[0]] or not any(good[name] for name in runner.answered)


async def test_one_that_cannot_be_asked_does_not_end_the_race_of_the_other():
    runner = Runner()
    found = await raced(
        lambda: runner.run("slow", 50),
        lambda: runner.run("unable", 0, ValueError("not with this request")),
        after=0.0,
        good=lambda _: True,
        discard=runner.discard,
    )
    assert (found, runner.discarded) == ("slow", [])


async def test_what_both_raise_is_raised():
    runner = Runner()
    with pytest.raises(ValueError, match="no"):
        await raced(
            lambda: runner.run("a", 3, ValueError("no")),
            lambda: runner.run("b", 3, ValueError("no")),
            after=0.0,
            good=lambda _: True,
            discard=runner.discard,
        )
