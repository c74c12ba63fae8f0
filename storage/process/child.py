"""The store process: opens the database, follows the server's log, answers the server's calls, and ends with the server."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import msgspec

import storage
from storage.deferred import DeferredTelemetry
from storage.errors import MigrationError, SettingsError, StorageError, TelemetryUnavailable
from storage.journal import Delivery
from storage.journal_cursor import Position
from storage.leisure import Expand
from storage.process.messages import (
    Answer,
    Begin,
    Command,
    Flush,
    FromStore,
    Insert,
    Opened,
    Query,
    State,
    Stop,
    failure_of,
    frame,
    receive,
    to_store,
)
from storage.segments import Log
from storage.writer import Writer

__all__ = ("Expansion", "serve")

logger = logging.getLogger(__name__)

Expansion = Callable[[dict[str, Any]], Expand]
"""From the options that the server gave to what is made of journalled rows."""

STATE_SECONDS: Final = 0.05
QUIET_STATE_SECONDS: Final = 0.4
"""Between looks at how things are: soon after a change, and where none comes."""

_NEVER: Final = Position(2**62, 0)


def serve(descriptor: int, expansion: Expansion) -> None:
    """Serve the server at the other end of the socket until it says stop, or is gone."""
    asyncio.run(_serve(socket.socket(fileno=descriptor), expansion))


async def _serve(connection: socket.socket, expansion: Expansion) -> None:
    reader, writer = await asyncio.open_connection(sock=connection)
    first = await receive(reader)
    if first is not None:
        await StoreProcess(to_store.decode(first), expansion, writer).run(reader)


class FollowedLog:
    """The log of the server, as the writer sees it: nobody here knows how far it goes, so each look is worth it. A ``storage.writer.Source``."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.rows_end = _NEVER

    def attach(self, delivery: Callable[[], Delivery], nudge: Callable[[], None], every_rows: int) -> None:
        """Does nothing: ``State`` messages tell the server."""

    def measure(self) -> None:
        """Does nothing: the server measures by itself, once a second."""


class StoreProcess:
    """One server's store. ``run`` returns when the server is gone, or has said stop and everything is closed."""

    def __init__(self, begin: Begin, expansion: Expansion, writer: asyncio.StreamWriter) -> None:
        settings = begin.settings
        self._out = writer
        self._telemetry = DeferredTelemetry(lambda: storage.open_telemetry(settings))
        log = Log(storage.journal_directory(settings), begin.log)
        self._calls: set[asyncio.Task[None]] = set()
        self._writer = Writer(
            FollowedLog(log),
            self._telemetry,
            settings.journal,
            expansion(begin.options),
            stored=begin.stored,
            attended=lambda: bool(self._calls),
            shared=begin.shared,
        )

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Do what the server says.

        When the server is gone this ends at once: what is not stored is in the journal, for the next process.
        """
        tasks = [asyncio.create_task(work) for work in (self._open(), self._report())]
        while (data := await receive(reader)) is not None:
            message = to_store.decode(data)
            if isinstance(message, Stop):
                await self._stop(message, tasks)
                return
            if not isinstance(message, Begin):
                self._start(self._call(message))
        os._exit(0)

    async def _open(self) -> None:
        try:
            await self._telemetry.run()
        except (MigrationError, SettingsError) as error:
            self._say(failure_of(0, error))
            return
        storing = asyncio.ensure_future(self._writer.run())
        await asyncio.sleep(0)  # it has begun, and knows that the dead may have left something
        self._say(self._state())
        self._say(Opened())
        await storing

    async def _report(self) -> None:
        """Tell the server how things are, when they have changed."""
        last: State | None = None
        pause = STATE_SECONDS
        while True:
            pause = min(2 * pause, QUIET_STATE_SECONDS)
            if (now := self._state()) != last:
                self._say(now)
                last, pause = now, STATE_SECONDS
            await asyncio.sleep(pause)

    async def _call(self, call: Query | Command | Insert | Flush) -> None:
        try:
            answer: FromStore = Answer(call.id, await self._answer(call))
        except StorageError as error:
            answer = failure_of(call.id, error)
        except Exception as error:
            logger.exception("a call of the server failed")
            answer = failure_of(call.id, TelemetryUnavailable(f"the store process failed: {type(error).__name__}"))
        self._say(answer)

    async def _answer(self, call: Query | Command | Insert | Flush) -> bytes:
        match call:
            case Query():
                return await self._telemetry.query_lines(call.sql, call.parameters)
            case Command():
                await self._telemetry.command(call.sql, call.parameters)
            case Insert():
                await self._telemetry.insert(call.table, call.rows, token=call.token)
            case Flush():
                await self._writer.flush_to(Position(*call.end), call.seconds)
                self._say(self._state())
        return b""

    async def _stop(self, stop: Stop, tasks: list[asyncio.Task[None]]) -> None:
        for task in (*tasks, *self._calls):
            task.cancel()
        await asyncio.wait(tasks)
        if self._telemetry.ready:
            await self._writer.close(stop.seconds, Position(*stop.end))
        await self._telemetry.close()
        self._say(self._state())
        with suppress(ConnectionError):
            await self._out.drain()

    def _state(self) -> State:
        delivery = self._writer.delivery()
        return State(**msgspec.structs.asdict(delivery), away=self._telemetry.error)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def _say(self, message: FromStore) -> None:
        if not self._out.is_closing():
            self._out.write(frame(message))
