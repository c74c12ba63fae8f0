"""Two ways to one answer: the second begins when the first takes too long.

The one that is not taken is cancelled, however the race ends.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TypeVar

__all__ = ("raced",)

T = TypeVar("T")


async def raced(
    first: Callable[[], Coroutine[None, None, T]],
    second: Callable[[], Coroutine[None, None, T]],
    *,
    after: float,
    good: Callable[[T], bool],
    discard: Callable[[T], Awaitable[None]],
) -> T:
    """The first result that is ``good``, else the last one.

    ``second`` begins when ``first`` has not ended after ``after`` seconds. Every result that is not returned goes to ``discard``, once,
    also when the caller is cancelled. Whatever is still running then is cancelled, and has ended when this returns. Where neither has a
    result, raises the error of the one that ended last.
    """
    racing = [asyncio.ensure_future(first())]
    chosen: asyncio.Future[T] | None = None
    try:
        await asyncio.wait(racing, timeout=after)
        if not racing[0].done():
            racing.append(asyncio.ensure_future(second()))
        chosen = await _best(racing, good)
    finally:
        await _end(racing, chosen, discard)
    return chosen.result()


async def _best(racing: Sequence["asyncio.Future[T]"], good: Callable[[T], bool]) -> "asyncio.Future[T]":
    ended: list[asyncio.Future[T]] = []
    pending = set(racing)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            if each.exception() is None and good(each.result()):
                return each
        ended += done
    return next((each for each in reversed(ended) if each.exception() is None), ended[-1])


async def _end(racing: Sequence["asyncio.Future[T]"], chosen: "asyncio.Future[T] | None", discard: Callable[[T], Awaitable[None]]) -> None:
    losers = [each for each in racing if each is not chosen]
    ending = asyncio.ensure_future(_let_go(losers, discard))
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:  # now nobody is there to take the winner's either
        if chosen is not None and chosen.exception() is None:
            await discard(chosen.result())
        raise


async def _let_go(losers: Sequence["asyncio.Future[T]"], discard: Callable[[T], Awaitable[None]]) -> None:
    for each in losers:
        each.cancel()
    if losers:
        await asyncio.wait(losers)
    for each in losers:
        if not each.cancelled() and each.exception() is None:
            await discard(each.result())
