"""``tidegate up``: one process that serves until it is told to stop, and beside it the store process.

The store process is started first. It takes as long to open its database as this one takes to import what serves, so both are done at once;
and so is the waiting for the metadata database.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvloop

import storage
from config import Loaded
from server.store_process import start_store

if TYPE_CHECKING:
    from server.workers.place import Place

__all__ = ("serve", "serve_with_workers")


def serve(loaded: Loaded, *, insecure: bool) -> int:
    """Serve until SIGINT or SIGTERM; the exit code. SIGHUP, or a change of the file, reads the configuration again."""
    _begin_log()
    return uvloop.run(_serve(loaded))


def serve_with_workers(loaded: Loaded, workers: int) -> int:
    """As ``serve``, with ``workers`` gateway processes in front."""
    _begin_log()
    from server.workers.supervisor import supervise
    from server.workers.worker import run_worker  # before the fork: workers share the pages, and the core needs most of it, too

    return supervise(loaded, workers, _run_core, run_worker)


def _run_core(loaded: Loaded, place: "Place", ready: Callable[[], None]) -> int:
    from server.workers.core import run_core  # after the fork: no worker carries the registry, the judges and the pages

    return run_core(loaded, place, ready)


def _begin_log() -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "alembic", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


async def _serve(loaded: Loaded) -> int:
    journal, store = await start_store(loaded.settings)
    metadata = storage.begin_metadata(loaded.settings.storage)
    await asyncio.sleep(0)  # its thread sets out: a new database of PostgreSQL is half a second of waiting for it
    from server.serving import serve_until_stopped

    return await serve_until_stopped(loaded, journal, store, metadata)
