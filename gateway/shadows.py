"""Copies of requests whose answers go to nobody. Each is an exchange and a trace of its own, which names the first trace."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from gateway.resilience.pool import Pool
from gateway.types import Target

__all__ = ("Shadows",)

Send = Callable[[Target], Awaitable[None]]


class Shadows:
    """The copies under way, of all routes."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, pool: Pool, send: Send) -> None:
        """Send copies in the background to whichever shadows are drawn. A copy beyond the route's limit is left out."""
        for target in _drawn(pool):
            if pool.shadows_under_way >= pool.rules.shadow_concurrency:
                continue
            pool.shadows_under_way += 1
            task = asyncio.get_running_loop().create_task(_run(pool, send, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancel the copies that are under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _drawn(pool: Pool) -> Iterator[Target]:
    return (shadow.target for shadow in pool.rules.shadows if pool.random() < shadow.share)


async def _run(pool: Pool, send: Send, target: Target) -> None:
    try:
        await send(target)
    finally:
        pool.shadows_under_way -= 1
