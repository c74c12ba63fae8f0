"""``tidegate up``: one process that serves until it is told to stop, and beside it the store process.

The store process is started first. It takes as long to open its database as this one takes to import what serves, so both are done at once.
"""

import gc
import logging
import sys

import uvloop

from config import Loaded
from server.store_process import start_store

__all__ = ("serve",)


def serve(loaded: Loaded, *, insecure: bool) -> int:
    """Serve until SIGINT or SIGTERM; the exit code. SIGHUP, or a change of the file, reads the configuration again."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "alembic", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    gc.disable()  # until all is loaded: nothing of that is garbage, and looking for some took a tenth of the start
    return uvloop.run(_serve(loaded))


async def _serve(loaded: Loaded) -> int:
    journal, store = await start_store(loaded.settings)
    from server.serving import serve_until_stopped

    return await serve_until_stopped(loaded, journal, store)
