"""The core: the whole server, listening on a Unix socket instead of the public address."""

import asyncio
import gc
import sys
from typing import Final

import msgspec
import uvloop
from litestar.types import ASGIApp, Receive, Scope, Send

import storage
from config import Loaded
from config.errors import ConfigError
from config.load import load_with_report
from server.errors import failure
from server.http.acceptor import Acceptor
from server.http.listener import Listener
from server.http.protocol import HttpProtocol
from server.http.shared import Shared
from server.refusals import REFUSALS, way_out
from server.services import Services
from server.serving import Door, serve_until_stopped
from server.store_process import start_store
from server.workers.hub import Hub
from server.workers.place import CLIENT, Place, Ready, unix_socket

__all__ = ("run_core",)

CANNOT_BE_RUN: Final = 2
"""The exit code of ``tidegate up`` for settings that cannot be used."""


def run_core(loaded: Loaded, place: Place, ready: Ready) -> int:
    """Serve until told to stop; the exit code."""
    for listening in place.listening:
        listening.close()
    gc.disable()
    try:
        return uvloop.run(_serve(_newest(loaded), place, ready))
    except REFUSALS as error:
        fix = f"\n  fix: {way_out(error)}" if way_out(error) else ""
        sys.stderr.write(f"error: {error}{fix}\n")
        return CANNOT_BE_RUN


def _newest(loaded: Loaded) -> Loaded:
    """The configuration as it is now: a core that is started again must go on with what was reloaded meanwhile."""
    try:
        newest = load_with_report(loaded.file, None, loaded.arguments, loaded.further)
    except ConfigError:
        return loaded  # the watcher says what is wrong with it
    settings = msgspec.structs.replace(newest.settings, storage=loaded.settings.storage)  # its paths were made absolute
    return msgspec.structs.replace(loaded, settings=settings, sources=newest.sources and loaded.sources)


async def _serve(loaded: Loaded, place: Place, ready: Ready) -> int:
    journal, store = await start_store(loaded.settings, shared=True)

    async def private_door(_: Loaded, services: Services, app: ASGIApp, stop: asyncio.Event) -> Door:
        asyncio.get_running_loop().add_reader(place.lifeline, stop.set)
        door = await CoreDoor.open(place, services, with_client(app))
        ready()
        return door

    return await serve_until_stopped(loaded, journal, store, storage.begin_metadata(loaded.settings.storage), private_door)


class CoreDoor:
    """Requests that workers forward, and the line on which they ask."""

    def __init__(self, listener: Listener, hub: Hub) -> None:
        self._listener = listener
        self._hub = hub

    @classmethod
    async def open(cls, place: Place, services: Services, app: ASGIApp) -> "CoreDoor":
        """Listen on both sockets."""
        hub = Hub(services, place.workers)
        await hub.listen(place.line)
        shared = Shared(failure=failure)
        return cls(Listener(Acceptor([unix_socket(place.requests)], lambda: HttpProtocol(app, shared)), shared), hub)

    async def close(self, patience: float) -> None:
        """See ``Door.close``."""
        await self._listener.close(patience)
        self._hub.close()


def with_client(app: ASGIApp) -> ASGIApp:
    """``app``, with the client's address in place of the worker's."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        headers = []
        for header in scope["headers"]:
            if header[0] == CLIENT:
                scope["scheme"], host, port, ours, our_port = header[1].decode("latin-1").split(" ")
                scope["client"] = (host, int(port)) if host else None
                scope["server"] = (ours, int(our_port)) if ours else None  # the framework knows no scheme without it
            else:
                headers.append(header)
        scope["headers"] = headers
        await app(scope, receive, send)

    return serve
