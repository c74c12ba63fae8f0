"""Work of several callers in one transaction: they share its beginning, its locks, and the one force to the disk at its end.

Callers who come while a transaction is being committed are the next one's. So writers of one row need not wait for each other's commits,
and a caller who is alone waits for nobody.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection

__all__ = ("SharedTransactions",)

T = TypeVar("T")
Work = Callable[[Connection], Any]

AT_ONCE: Final = 32
"""Callers of one transaction at most: the first of them waits for the work of all."""


class _Call(msgspec.Struct, frozen=True, eq=False):
    work: Work
    answer: asyncio.Future[Any]


class _Outcome(msgspec.Struct, frozen=True, eq=False):
    call: _Call
    result: Any = None
    error: BaseException | None = None


class SharedTransactions:
    """Runs one transaction at a time. ``transact`` calls a function within one, and commits it or raises."""

    def __init__(self, thread: ThreadPoolExecutor, transact: Callable[[Callable[[Connection], list[Any]]], list[Any]]) -> None:
        self._thread = thread
        self._transact = transact
        self._waiting: deque[_Call] = deque()
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Call ``work`` in a transaction, and return when that is committed; raises what ``work`` raises.

        It may be called more than once: when one of those that share a transaction fails, all of it is rolled back, and each is called again
        in a transaction of its own.
        """
        call = _Call(work, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        self._go_on()
        found: T = await call.answer
        return found

    async def finish(self) -> None:
        """Return when nobody waits any more."""
        while not self._idle.is_set():
            await self._idle.wait()  # by the time it wakes us, the next transaction may run

    def _go_on(self) -> None:
        """On the event loop, as all that touches what waits."""
        while self._waiting and self._idle.is_set():
            calls = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            calls = [call for call in calls if not call.answer.done()]  # the others' callers have left
            if calls:
                self._idle.clear()
                self._thread.submit(self._serve, calls, asyncio.get_running_loop())

    def _serve(self, calls: Sequence[_Call], loop: asyncio.AbstractEventLoop) -> None:
        outcomes = self._outcomes(calls)
        loop.call_soon_threadsafe(self._tell, outcomes)

    def _tell(self, outcomes: Sequence[_Outcome]) -> None:
        self._idle.set()
        self._go_on()  # before the answers are worked on: the database is what takes time
        for outcome in outcomes:
            answer = outcome.call.answer
            if answer.done():
                continue
            if outcome.error is None:
                answer.set_result(outcome.result)
            else:
                answer.set_exception(outcome.error)

    def _outcomes(self, calls: Sequence[_Call]) -> list[_Outcome]:
        try:
            results = self._transact(lambda connection: [call.work(connection) for call in calls])
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller waits for it
            return [_Outcome(calls[0], error=error)] if len(calls) == 1 else [each for call in calls for each in self._outcomes([call])]
        return [_Outcome(call, result) for call, result in zip(calls, results, strict=True)]
