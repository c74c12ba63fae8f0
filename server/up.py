"""``tidegate up``: one process that serves until it is told to stop."""

import asyncio
import gc
import logging
import signal
import sys

import uvloop

from config import Loaded
from config.reload import watch
from server.app import create_app
from server.banner import banner
from server.errors import failure
from server.http.listener import Listener
from server.http.shared import Shared
from server.services import Services

__all__ = ("serve",)

logger = logging.getLogger(__name__)

STOP_SECONDS = 10.0
"""How long requests that are being answered hold up a stop."""


def serve(loaded: Loaded, *, insecure: bool) -> int:
    """Serve until SIGINT or SIGTERM; the exit code. SIGHUP, or a change of the file, reads the configuration again."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "alembic", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return uvloop.run(_serve(loaded))


async def _serve(loaded: Loaded) -> int:
    services = await Services.open(loaded.settings)
    stop = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(services.run()), tasks.create_task(_watch(loaded, services))]
            address = loaded.settings.server
            listener = await Listener.open(create_app(services), address.host, address.port, Shared(failure=failure))
            _on_signals(stop)
            _settle_collector()
            print(banner(loaded, listener.port), file=sys.stderr, flush=True)  # noqa: T201 - what the user started this for
            await _stopped(stop, background)
            await listener.close(STOP_SECONDS)
            for task in background:
                task.cancel()
    finally:
        await services.close()
    return 0


def _settle_collector() -> None:
    """What was loaded to serve stays for good: the collector need not walk over it again and again, and may wait for more garbage.

    Each request makes some hundred objects and leaves no cycle behind; with the defaults the collector took a twentieth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


async def _watch(loaded: Loaded, services: Services) -> None:
    await watch(loaded, services.apply, services.refuse)


def _on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)


async def _stopped(stop: asyncio.Event, tasks: "list[asyncio.Task[None]]") -> None:
    """Wait for a signal, or for a part that ended by itself, which is never meant to happen."""
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
