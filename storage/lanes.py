"""Clients that each serve one call at a time, and as many threads to wait for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from clickhouse_connect.driver.client import Client

from storage.errors import TelemetryUnavailable
from storage.niceness import STORE, step_back

__all__ = ("Lane",)

T = TypeVar("T")


class Lane:
    """As many calls at once as there are clients; the others wait their turn, off the event loop."""

    def __init__(self, clients: list[Client], threads: ThreadPoolExecutor) -> None:
        self._clients = clients
        self._idle: SimpleQueue[Client] = SimpleQueue()
        for client in clients:
            self._idle.put(client)
        self._threads = threads
        self._closed = False

    @classmethod
    async def open(cls, connect: Callable[[], Client], count: int, *, name: str) -> "Lane":
        """Connect ``count`` clients. Raises what ``connect`` raises, with the clients that were opened closed again."""
        # The gateway goes first on a busy core: what waits for the database lies in the journal.
        threads = ThreadPoolExecutor(count, thread_name_prefix=name, initializer=step_back, initargs=(STORE,))
        try:
            clients = await asyncio.get_running_loop().run_in_executor(threads, _connect_all, connect, count)
        except BaseException:
            threads.shutdown(wait=False)
            raise
        return cls(clients, threads)

    async def run(self, work: Callable[[Client], T]) -> T:
        """Call ``work`` with a client in a thread. Cancelling the wait does not stop the statement. Raises what ``work`` raises."""
        if self._closed:
            raise TelemetryUnavailable("the telemetry database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._with_client, work)

    async def close(self) -> None:
        """Wait for what runs, refuse what comes, release the clients. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._release)

    def _with_client(self, work: Callable[[Client], T]) -> T:
        client = self._idle.get_nowait()  # there are no more threads than clients
        try:
            return work(client)
        finally:
            self._idle.put(client)

    def _release(self) -> None:
        self._threads.shutdown(wait=True)
        for client in self._clients:
            client.close()


def _connect_all(connect: Callable[[], Client], count: int) -> list[Client]:
    clients: list[Client] = []
    try:
        clients.extend(connect() for _ in range(count))
    except BaseException:
        for client in clients:
            client.close()
        raise
    return clients
