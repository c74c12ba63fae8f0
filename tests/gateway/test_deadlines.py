"""Time limits of many waits with one timer."""

import asyncio

import pytest

from gateway.deadlines import Deadlines


async def test_a_wait_that_is_overdue_is_a_timeout_and_its_work_is_cancelled():
    work = asyncio.get_running_loop().create_future()
    with pytest.raises(TimeoutError):
        await Deadlines().wait(work, 0.01)
    assert work.cancelled()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_work_in_time_has_its_result_and_its_error():
    deadlines = Deadlines()
    assert await deadlines.wait(asyncio.sleep(0, "done"), 5) == "done"
    with pytest.raises(KeyError):
        await deadlines.wait(_fails(), 5)


async def test_a_cancellation_from_outside_stays_one():
    task = asyncio.ensure_future(Deadlines().wait(asyncio.sleep(30), 20))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_each_wait_has_a_limit_of_its_own():
    deadlines = Deadlines()
    waits = [deadlines.wait(asyncio.sleep(wait, "done"), limit) for wait, limit in ((0.2, 9), (9, 0.1), (0.1, 9), (9, 0.2))]
    ended = await asyncio.gather(*waits, return_exceptions=True)
    assert [type(end) for end in ended] == [str, TimeoutError, str, TimeoutError]


async def test_work_that_ends_although_it_was_cancelled_keeps_its_result_and_the_task_its_peace():
    assert await Deadlines().wait(_stubborn(), 0.01) == "late"
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def _fails() -> None:
    raise KeyError


async def _stubborn() -> str:
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        return "late"
    return "never"
