"""Starts the store process, and tells it how rows are made of what was journalled."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

import storage
from config.schema import Settings, TelemetrySettings
from storage.journal import Journal
from storage.niceness import STORE, step_back
from storage.process.parent import Store

__all__ = ("COMMAND", "main", "start_store")

_ROOT: Final = str(Path(__file__).resolve().parent.parent)
COMMAND: Final = (
    sys.executable,
    "-P",  # no folder but ours on the path: the server may have been started in one that holds a config.py of its own
    "-c",
    "import sys; sys.path.insert(0, sys.argv[1]); from server.store_process import main; main()",
    _ROOT,
)
"""The program; a descriptor's number follows."""


async def start_store(settings: Settings, *, shared: bool = False) -> tuple[Journal, Store]:
    """Open the journal and start the process that stores what is written to it. Returns before that has opened its database.

    ``shared``: see ``Store``.
    """
    directory = storage.journal_directory(settings.storage)
    await asyncio.to_thread(directory.parent.mkdir, parents=True, exist_ok=True)
    journal = Journal.open(directory, settings.storage.journal)
    store = Store(settings.storage, journal, COMMAND, _kept(settings.telemetry), shared=shared)
    await store.start()
    return journal, store


def _kept(telemetry: TelemetrySettings) -> dict[str, Any]:
    from tracing.raw import Keeping

    return msgspec.structs.asdict(Keeping(retention_days=telemetry.retention_days, content=telemetry.content == "full"))


def main() -> None:
    """Serve the server whose socket's descriptor is the last argument."""
    # From the first moment: nobody waits for this database to be open before the server is loaded, which wants a whole core for that.
    step_back(STORE)
    # Here, as the server needs none of it: it loads no driver.
    from storage.process.child import serve
    from tracing.raw import expansion

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s store: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    serve(int(sys.argv[-1]), expansion)
