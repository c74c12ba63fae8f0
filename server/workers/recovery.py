"""How a core that was started again goes on counting, from what the workers tell it when they connect."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from gateway.limits.ledger import LocalLedger
from gateway.limits.types import Counter
from server.workers.messages import Hello, Seen

__all__ = ("Recovery",)

LATEST_SECONDS: Final = 1.0
"""How long is waited for the last worker. One that is stuck is taken as it comes later."""


class Recovery:
    """Nothing is granted before it is ``over``: all ``expected`` workers have come, or have had their time.

    Every grant and refusal told a worker where its counters stood, reservations included. The latest of these is where they stand now,
    or a little more: what others' requests gave back since is not in it. So a limit may be reached early, and is not overrun, unless the worker that saw most has ended with the core.
    """

    def __init__(self, ledger: LocalLedger | None, expected: int) -> None:
        """``ledger`` is ``None`` where the counters have outlived the core."""
        self._ledger = ledger
        self._missing = set(range(1, expected + 1))
        self._come: list[Hello] = []
        self._all = asyncio.Event()
        self.over = False

    def take(self, hello: Hello) -> None:
        """Take what a worker tells."""
        if self.over:
            self._go_on([hello])
            return
        self._come.append(hello)
        self._missing.discard(hello.number)
        if not self._missing:
            self._finish()

    async def wait(self) -> None:
        """Wait until it is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LATEST_SECONDS):
                await self._all.wait()
        self._finish()

    def _finish(self) -> None:
        if not self.over:
            self.over = True
            self._go_on(self._come)
            self._all.set()

    def _go_on(self, hellos: Iterable[Hello]) -> None:
        if self._ledger is None:
            return
        latest: dict[Counter, Seen] = {}
        for hello in hellos:
            for granted in hello.open:
                self._ledger.reopen(granted)
            for seen in hello.seen:
                if (known := latest.get(seen.counter)) is None or seen.at > known.at:
                    latest[seen.counter] = seen
        for seen in latest.values():
            self._ledger.stand_at(seen.counter, seen.total, seen.ends)
