"""Rows made at leisure: of a core that the gateway wants too they take nearly nothing, until somebody waits for them.

To make rows of what was journalled costs a third of what the request itself did. A gateway that is busy to the last would answer a tenth fewer
requests if rows were made meanwhile, though nobody may look at them before it has rested. So they are made on a thread that stands back further than
the rest of the store, a few at a time; when somebody asks, what is left goes on with the others' niceness. Who has stepped aside cannot come
back without privileges: hence two threads.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from storage.niceness import step_aside

__all__ = ("Expand", "Leisure", "Rows")

Rows = dict[str, list[bytes]]
"""Rows by table, tables in the order of their names."""

Expand = Callable[[Rows], Rows]
"""From rows as they were journalled to rows as tables read them. Each row by itself, and always the same of the same."""

SLICE: Final = 4
"""Rows between two looks at whether somebody waits: half a millisecond of work, for which someone on a busy core waits a fifth of a second."""


class Leisure:
    """Makes rows, slowly or at once. For one batch at a time."""

    def __init__(self, expand: Expand) -> None:
        self._expand = expand
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="leisure", initializer=step_aside)

    async def make(self, rows: Rows, hurried: Callable[[], bool]) -> Rows:
        """The rows that ``expand`` makes. ``hurried`` is asked from a thread, again and again. Raises what the two raise."""
        left = deque(_slices(rows))
        made: Rows = {}
        if not hurried():
            await asyncio.get_running_loop().run_in_executor(self._thread, self._work, left, made, hurried)
        if left:
            await asyncio.to_thread(self._work, left, made, _never)
        return dict(sorted(made.items()))

    def close(self) -> None:
        """End the thread when it has done its current slice."""
        self._thread.shutdown(wait=False)

    def _work(self, left: deque[Rows], made: Rows, hurried: Callable[[], bool]) -> None:
        while left and not hurried():
            for table, rows in self._expand(left.popleft()).items():
                made.setdefault(table, []).extend(rows)


def _slices(rows: Rows) -> Iterator[Rows]:
    for table, data in rows.items():
        for start in range(0, len(data), SLICE):
            yield {table: data[start : start + SLICE]}


def _never() -> bool:
    return False
