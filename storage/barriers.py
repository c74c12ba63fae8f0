"""Those who wait until what was journalled before they came is stored."""

import asyncio
from collections.abc import Mapping

import msgspec

from storage.journal_cursor import Position

__all__ = ("Barrier", "Barriers")


class Barrier(msgspec.Struct):
    """Somebody waits until the source's log is stored up to ``end``, and those of others up to ``others``.

    ``others`` are positions by the id of a log; ``None`` until they were looked at.
    """

    end: Position
    reached: asyncio.Future[None]
    others: dict[str, Position] | None


class Barriers:
    """Everybody who waits. True while there is anybody. For use within one event loop."""

    def __init__(self) -> None:
        self._waiting: list[Barrier] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def raised(self, end: Position, *, shared: bool) -> Barrier:
        """A new barrier. Where the directory is ``shared``, how far others have written is still to be looked at."""
        barrier = Barrier(end, asyncio.get_running_loop().create_future(), None if shared else {})
        self._waiting.append(barrier)
        return barrier

    def lower(self, barrier: Barrier) -> None:
        """Nobody waits at this barrier any more."""
        self._waiting = [other for other in self._waiting if other is not barrier]

    def unlooked(self) -> list[Barrier]:
        """The barriers of those who came since it was last looked how far others have written."""
        return [barrier for barrier in self._waiting if barrier.others is None]

    def wanted(self) -> set[str]:
        """The ids of logs that somebody waits for, the source's aside."""
        return {log for barrier in self._waiting for log in barrier.others or ()}

    def ended(self, log: str) -> None:
        """There is nothing more in a log. What its end was taken for may have been a write that failed half-way, which is never stored."""
        for barrier in self._waiting:
            if barrier.others:
                barrier.others.pop(log, None)

    def release(self, mine: Position, others: Mapping[str, Position]) -> None:
        """Let those go on whose rows are stored: the source's log up to ``mine``, the logs of others up to ``others``.

        A log that is not among ``others`` is gone, and was stored to its end.
        """
        for barrier in self._waiting:
            if barrier.others is None or barrier.end > mine or barrier.reached.done():
                continue
            if all(log not in others or others[log] >= end for log, end in barrier.others.items()):
                barrier.reached.set_result(None)
