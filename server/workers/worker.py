"""A worker: a gateway on the public address, which forwards to the core what is not the gateway's."""

import asyncio
import gc
import signal
from typing import Final

import uvloop

import storage
from config import Loaded
from server.errors import failure
from server.http.acceptor import Acceptor
from server.http.listener import Listener
from server.http.protocol import HttpProtocol
from server.http.proxies import Proxies
from server.http.shared import Shared
from server.serving import allow_files, settle_collector
from server.workers.forwarding import Forwarder
from server.workers.front import create_worker_app
from server.workers.line import Line
from server.workers.messages import Ask, Now, Report
from server.workers.place import Place, Ready
from server.workers.services import WorkerServices
from storage.journal import Journal

__all__ = ("run_worker",)

CONNECTIONS_A_TURN: Final = 1
"""So that connections that come together are shared by all workers: whoever took all that wait would have them all."""


def run_worker(loaded: Loaded, place: Place, ready: Ready) -> int:
    """Serve until told to stop; the exit code."""
    gc.disable()
    return uvloop.run(_serve(loaded, place, ready))


class Worker:
    """A worker process. Its services are built when the core has told what to go by."""

    def __init__(self, journal: Journal, place: Place) -> None:
        self._journal = journal
        self.line = Line(place, self._use, self._report)
        self.services: asyncio.Future[WorkerServices] = asyncio.get_running_loop().create_future()

    def _use(self, now: Now) -> None:
        if self.services.done():
            self.services.result().use(now)
        else:
            self.services.set_result(WorkerServices(now, self._journal, self.line))

    def _report(self, ask: Ask) -> asyncio.Future[Report]:
        return asyncio.ensure_future(self.services.result().report(ask))


async def _serve(loaded: Loaded, place: Place, ready: Ready) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # the core reads the configuration
    loop.add_reader(place.lifeline, stop.set)
    journal = Journal.open(storage.journal_directory(loaded.settings.storage), loaded.settings.storage.journal)
    worker, core = Worker(journal, place), Forwarder(place.requests)
    line = asyncio.ensure_future(worker.line.run())
    stopped = asyncio.ensure_future(_set(stop))
    known = asyncio.ensure_future(_known(worker))
    await asyncio.wait([known, line, stopped], return_when=asyncio.FIRST_COMPLETED)
    known.cancel()
    if worker.services.done():
        services = worker.services.result()
        shared = Shared(failure=failure, proxies=Proxies(loaded.settings.server.trusted_proxies))
        await _answer(services, core, shared, place, ready, [line, stopped])
        line.cancel()
        core.close()
        await services.close()
    else:
        journal.close()
    if line.done() and not line.cancelled() and (error := line.exception()) is not None:
        raise error
    return 0


async def _answer(
    services: WorkerServices, core: Forwarder, shared: Shared, place: Place, ready: Ready, until: "list[asyncio.Task[None]]"
) -> None:
    allow_files()
    services.under_way = lambda: len(shared.under_way)
    app = create_worker_app(services, core)
    listener = Listener(Acceptor(list(place.listening), lambda: HttpProtocol(app, shared), CONNECTIONS_A_TURN), shared)
    settle_collector()
    ready()
    await asyncio.wait(until, return_when=asyncio.FIRST_COMPLETED)
    await listener.close(services.settings.server.stop_seconds)


async def _set(event: asyncio.Event) -> None:
    await event.wait()


async def _known(worker: Worker) -> None:
    await asyncio.shield(worker.services)
