"""One batch after another out of a log into the database, and what was counted on the way."""

import asyncio
import time
from collections.abc import Callable

from storage.journal_delivery import Deliverer
from storage.journal_tail import Batch, Tail
from storage.leisure import Leisure
from storage.tails import Tails

__all__ = ("Storing",)


class Storing:
    """``stored`` rows of the source's log are in the database; ``damaged`` bytes of all logs could not be read.

    ``oldest_ns`` is when the oldest row came of those that are being stored, ``seconds`` how long it took to store the last batch. ``deleted`` is
    called when segments were.
    """

    def __init__(self, tails: Tails, leisure: Leisure, deliverer: Deliverer, deleted: Callable[[], None], stored: int) -> None:
        self._tails = tails
        self._leisure = leisure
        self._deliverer = deliverer
        self._deleted = deleted
        self.stored = stored
        self.damaged = 0
        self.oldest_ns: int | None = None
        self.seconds = 0.0

    async def store_next(self, tail: Tail, hurried: Callable[[], bool]) -> Batch | None:
        """Store the next batch of a log, and return it; ``None`` where there is nothing (yet). See ``Leisure`` for ``hurried``. Raises ``OSError``."""
        batch = await asyncio.to_thread(self._claim, tail)
        if batch is not None:
            self.oldest_ns = batch.oldest_ns
            began = time.monotonic()
            for table, rows in (await self._leisure.make(batch.rows, hurried)).items():
                await self._deliverer.store(table, rows, f"{batch.token}:{table}")
            self.seconds = time.monotonic() - began
            await asyncio.to_thread(tail.advance, batch)
            self._account(tail, batch)
        if tail.finished:
            self._tails.forget(tail)
        return batch

    def _claim(self, tail: Tail) -> Batch | None:
        deleted, damaged = tail.deleted, tail.damaged
        batch = tail.claim()
        self.damaged += tail.damaged - damaged
        if tail.deleted != deleted or tail.finished:
            self._deleted()
        return batch

    def _account(self, tail: Tail, batch: Batch) -> None:
        if tail.mine:
            self.stored += batch.count
        else:
            self._tails.stored(tail.log.id, batch.count)
        if not batch.more and not self._tails.backlog:
            self.oldest_ns = None
