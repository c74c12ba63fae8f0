"""``tidegate up``: one process that serves until it is told to stop."""

import asyncio
import logging
import signal
import sys

import uvloop
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from config import Loaded, Settings
from config.reload import watch
from server.app import create_app
from server.banner import banner
from server.cli.ports import free_port
from server.services import Services

__all__ = ("serve",)

logger = logging.getLogger(__name__)

BACKLOG = 4096
CONCURRENT_REQUESTS = 8192


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
            port, server, serving = await _listen(loaded.settings, services, tasks)
            _on_signals(stop)
            print(banner(loaded, port), file=sys.stderr, flush=True)  # noqa: T201 - what the user started this for
            await _stopped(stop, [*background, serving])
            server.stop()  # type: ignore[no-untyped-call]  # Granian leaves it bare
            await serving
            for task in background:
                task.cancel()
    finally:
        await services.close()
    return 0


async def _listen(settings: Settings, services: Services, tasks: asyncio.TaskGroup) -> tuple[int, Server, "asyncio.Task[None]"]:
    """Bind, and return when the first connection would be taken."""
    host, port = settings.server.host, settings.server.port or free_port(settings.server.host)
    server = Server(
        create_app(services),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        backpressure=CONCURRENT_REQUESTS,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
        websockets=False,
        log_enabled=False,
    )
    serving = tasks.create_task(server.serve())
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection(host if host not in {"0.0.0.0", "::"} else "127.0.0.1", port)  # noqa: S104 - compared, not bound
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            break
    return port, server, serving


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
