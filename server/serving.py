"""From an opened journal to a server that answers, and to its stop."""

import asyncio
import gc
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from litestar.types import ASGIApp
from msgspec import structs

from config import Loaded, Settings
from config.reload import watch
from server.banner import banner
from server.errors import failure
from server.http.listener import Listener
from server.http.proxies import Proxies
from server.http.shared import Shared
from server.refusals import REFUSALS, refusal
from server.services import Services
from storage.journal import Journal
from storage.metadata import Metadata
from storage.process.parent import Store

__all__ = ("Door", "allow_files", "application", "serve_until_stopped", "settle_collector")


class Door(Protocol):
    """Where requests come in. It is open from its making on."""

    async def close(self, patience: float) -> None:
        """Let nobody in any more, and let those inside finish within ``patience`` seconds."""
        ...


OpenDoor = Callable[[Loaded, Services, ASGIApp, asyncio.Event], Awaitable[Door]]


async def public_door(loaded: Loaded, services: Services, app: ASGIApp, stop: asyncio.Event) -> Door:
    """A door at the address of the settings."""
    address = loaded.settings.server
    shared = Shared(failure=failure, proxies=Proxies(address.trusted_proxies))
    listener = await Listener.open(app, address.host, address.port, shared)
    print(banner(loaded, listener.port), file=sys.stderr, flush=True)  # noqa: T201 - what the user started this for
    return listener


async def serve_until_stopped(loaded: Loaded, journal: Journal, store: Store, metadata: Metadata, open_door: OpenDoor = public_door) -> int:
    """Open the rest, serve until SIGINT or SIGTERM, then close everything. Returns the exit code. ``metadata`` is being opened."""
    services = await Services.build(loaded.settings, journal, store, metadata)
    app = application(services)  # while the databases are being opened: to list the routes takes as long
    await services.load()
    stop = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(services.run()), tasks.create_task(_watch(loaded, services))]
            allow_files()
            _on_signals(stop)
            door = await open_door(loaded, services, app, stop)
            settle_collector()
            await _stopped(stop, background)
            await door.close(services.settings.server.stop_seconds)
            for task in background:
                task.cancel()
    finally:
        await services.close()
    return 0


def application(services: Services) -> ASGIApp:
    """The application of the process's role. Modules of the other role are not loaded."""
    if services.settings.server.role == "gateway":
        from server.gateway_app import create_gateway_app

        return create_gateway_app(services)
    from server.app import create_app

    return create_app(services)


def allow_files() -> None:
    """Raise the limit of open files as far as the system allows: a thousand streams are two thousand, and many shells begin with 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS has a lower one of the kernel's
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def settle_collector() -> None:
    """What was loaded to serve stays for good: the collector need not walk over it again and again, and may wait for more garbage.

    Each request makes some hundred objects and leaves no cycle behind; with the defaults the collector took a twentieth of its time.
    Of some 240,000 objects 2,600 are garbage by now: to find them would take a twentieth of the start.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()


async def _watch(loaded: Loaded, services: Services) -> None:
    home = Path.cwd()

    async def apply(settings: Settings) -> None:
        try:
            await services.apply(_anchored(settings, home))
        except REFUSALS as error:
            raise refusal(str(loaded.file or "the built-in defaults"), error) from error

    await watch(loaded, apply, services.refuse)


def _anchored(settings: Settings, home: Path) -> Settings:
    """The settings with absolute paths, as ``tidegate up`` made them at the start: a relative path that stayed the same is no change."""
    return structs.replace(settings, storage=structs.replace(settings.storage, path=str(home / settings.storage.path)))


def _on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)


async def _stopped(stop: asyncio.Event, tasks: "list[asyncio.Task[None]]") -> None:
    """Wait for a signal, or for a part of the server that ended by itself, which is never meant to happen."""
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
