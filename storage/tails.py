"""The logs of one journal directory: the source's own, and those of other processes, dead and alive."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final

from config.schema import JournalSettings
from storage.journal_cursor import Position
from storage.journal_tail import Tail
from storage.segments import Log, list_logs, log_ends

__all__ = ("LOOK_AROUND_SECONDS", "Tails")

LOOK_AROUND_SECONDS: Final = 1.0
"""How often logs of other processes are looked for."""


class Tails:
    """What is unread of each log. ``mine`` is the source's; the others are found by ``look_around``. For use within one event loop."""

    def __init__(self, mine: Log, settings: JournalSettings) -> None:
        self._settings = settings
        self._directory = mine.directory
        self.mine = Tail(mine, settings, mine=True)
        self._others: dict[str, Tail] = {}
        self._backlog: dict[str, int] = {}
        self._looked = float("-inf")

    @property
    def others(self) -> tuple[Tail, ...]:
        """The logs of other processes, as far as they were found."""
        return tuple(self._others.values())

    @property
    def any_dead(self) -> bool:
        """Whether there is something left that a dead process has written."""
        return any(tail.dead for tail in self._others.values())

    @property
    def backlog(self) -> int:
        """How many rows of the others wait to be stored."""
        return sum(self._backlog.values())

    def among(self, wanted: Collection[str]) -> list[Tail]:
        """The others whose ids are ``wanted``, or else all of them."""
        return [tail for log, tail in self._others.items() if not wanted or log in wanted]

    def positions(self) -> Mapping[str, Position]:
        """How far each of the others is stored, by its id."""
        return {log: tail.position for log, tail in self._others.items()}

    def waiting_bytes(self) -> int:
        """Size of what is not stored of all logs, in bytes. Raises ``OSError``."""
        return self.mine.waiting_bytes() + sum(tail.waiting_bytes() for tail in self._others.values())

    async def look_around(self, *, at_once: bool = False) -> None:
        """Find the logs of other processes; ``at_once`` also where it was looked for them a moment ago. Raises ``OSError``."""
        now = asyncio.get_running_loop().time()
        if now - self._looked < LOOK_AROUND_SECONDS and not at_once:
            return
        self._looked = now
        for log in await asyncio.to_thread(list_logs, self._directory):
            if log != self.mine.log and log.id not in self._others:
                self._others[log.id] = Tail(log, self._settings, mine=False)
                self._backlog[log.id] = await asyncio.to_thread(self._others[log.id].pending)

    async def unstored(self) -> dict[str, Position]:
        """The others that go on behind what is stored of them, and how far they go now. Raises ``OSError``."""
        ends = await self.ends()
        if not ends.keys() <= {self.mine.log.id, *self._others}:
            await self.look_around(at_once=True)
        return {log: end for log, end in ends.items() if log in self._others and self._others[log].position < end}

    async def ends(self) -> dict[str, Position]:
        """How far each log goes now, by its id. Raises ``OSError``."""
        return await asyncio.to_thread(log_ends, self._directory)

    async def keep_counting(self) -> None:
        """Keep ``backlog`` true while others append, also while storing waits for the database."""
        while True:
            await asyncio.sleep(LOOK_AROUND_SECONDS)
            with suppress(OSError):  # who stores finds it too, and tells of it
                await self._count()

    async def _count(self) -> None:
        await self.look_around(at_once=True)
        for log, tail in tuple(self._others.items()):
            pending = await asyncio.to_thread(tail.pending)
            if log in self._others:
                self._backlog[log] = pending

    def stored(self, log: str, rows: int) -> None:
        """Note that so many rows of one of the others are stored."""
        if log in self._backlog:
            self._backlog[log] = max(0, self._backlog[log] - rows)

    def forget(self, tail: Tail) -> None:
        """Let go of a log that is gone."""
        tail.close()
        self._others.pop(tail.log.id, None)
        self._backlog.pop(tail.log.id, None)

    def close(self) -> None:
        """Let go of the locks of dead logs."""
        for tail in self._others.values():
            tail.close()
