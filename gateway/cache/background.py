"""Work that no answer waits for."""

import asyncio
from collections.abc import Coroutine

__all__ = ("Background",)


class Background:
    """Tasks under way. Beyond ``most`` of them new work is left out: what is kept is never worth a queue that grows."""

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run ``work`` in the background; leave it out when too much is under way."""
        if len(self._tasks) >= self._most:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for everything that is under way."""
        if self._tasks:
            await asyncio.wait(set(self._tasks))
