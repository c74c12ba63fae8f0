"""The server's side of the store process: the telemetry port, and what the journal wants to know of its delivery.

The process is started again whenever it ends by itself. Calls that were under way then fail as if the database were away; rows are in the
journal, so nothing is lost and nothing is stored twice.
"""

import asyncio
import logging
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, Final, TypeVar

import msgspec

from config.schema import StorageSettings
from storage.errors import MigrationError, SettingsError, TelemetryUnavailable
from storage.journal import Delivery, Journal
from storage.journal_cursor import Position
from storage.process.messages import (
    Answer,
    Begin,
    Command,
    Failure,
    Flush,
    Insert,
    Opened,
    Query,
    State,
    Stop,
    ToStore,
    error_of,
    frame,
    receive,
    to_server,
)

__all__ = ("Store",)

T = TypeVar("T")
logger = logging.getLogger(__name__)

_OPENING: Final = "the telemetry database is being opened"
_GONE: Final = "the store process has ended and is being started again"
_FATAL: Final = (MigrationError, SettingsError)
_LARGE_BYTES: Final = 256 * 1024
"""An answer above this is decoded in a thread: requests go on meanwhile."""

_LIMIT_BYTES: Final = 2**20
_PAUSE_SECONDS: Final = 0.5
_AWAY_SECONDS: Final = 1.0
"""How long a reader, or a stop, waits for rows to be stored while the database is known to be away."""

_NO_STATE: Final = State(
    (0, 0), replayed=False, stored=0, backlog=0, oldest_ns=None, last_error=None, rejected=0, damaged_bytes=0, away=_OPENING
)


class Store:
    """Implements ``storage.telemetry.Telemetry``. ``start`` once, then ``run`` until cancelled, then ``close``.

    ``command`` starts a store process; the number of a descriptor, its end of the socket, is appended. ``options`` go to its ``Expansion``.
    ``shared``: whether other living processes journal in the same directory, so that nobody here knows what was written last.
    """

    def __init__(
        self, settings: StorageSettings, journal: Journal, command: Sequence[str], options: dict[str, Any], *, shared: bool = False
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._command = command
        self._options = options
        self._shared = shared
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._ids = count(1)
        self._opened = asyncio.Event()
        self._away: str | None = _OPENING
        self._state = _NO_STATE
        journal.attach(self._delivery, _nobody, 1)

    @property
    def ready(self) -> bool:
        """Whether the database is open and its migrations are applied."""
        return self._away is None

    @property
    def error(self) -> str | None:
        """Why the database does not answer, ``None`` when it does."""
        return self._state.away if self._away == _OPENING and self._state.away else self._away

    @property
    def appended(self) -> Position:
        """The position in the journal right behind the last row."""
        return self._journal.rows_end

    @property
    def stored(self) -> Position | None:
        """The position before which everything of this process is stored; ``None`` while rows of an earlier process may not be."""
        return Position(*self._state.position) if self.ready and self._state.replayed else None

    @property
    def pid(self) -> int | None:
        """The number of the store process."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process. Returns before the database is open. Raises ``OSError``."""
        here, there = socket.socketpair()
        try:
            self._process = await asyncio.to_thread(_spawn, [*self._command, str(there.fileno())], there)
        finally:
            there.close()
        self._reader, self._writer = await asyncio.open_connection(sock=here, limit=_LIMIT_BYTES)
        self._away = _OPENING
        self._say(Begin(self._settings, self._journal.log.id, self._options, self._state.stored, self._shared))

    async def run(self) -> None:
        """Take what the store says until cancelled. Raises ``MigrationError`` or ``SettingsError``: then the database can never be opened."""
        while True:
            await self._listen()
            self._lose()
            logger.error("the store process has ended by itself, and is started again; what was not stored is in the journal")
            await asyncio.sleep(_PAUSE_SECONDS)
            await self.start()

    async def opened(self) -> None:
        """Wait until the database was open for the first time."""
        await self._opened.wait()

    async def query(self, sql: str, parameters: Mapping[str, Any] | None, row: type[T]) -> list[T]:
        """As ``Telemetry.query``."""
        lines = await self._ask(Query(next(self._ids), sql, parameters))
        decoder = msgspec.json.Decoder(row)
        return decoder.decode_lines(lines) if len(lines) < _LARGE_BYTES else await asyncio.to_thread(decoder.decode_lines, lines)

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """As ``Telemetry.command``."""
        await self._ask(Command(next(self._ids), sql, parameters))

    async def insert(self, table: str, rows: bytes, *, token: str) -> None:
        """As ``Telemetry.insert``."""
        await self._ask(Insert(next(self._ids), table, rows, token))

    async def flush(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - the deadline is a promise to the caller, told in the error
        """Return when all rows are stored that were appended before the call, by this process and those it shares the journal with.

        At once when they are, and nobody else appends. After a start that includes what a killed process had journalled: it was acknowledged, and a reader must not miss it.
        Raises ``TelemetryUnavailable`` when that takes longer than ``timeout`` seconds, or a second while the database is known to be away.
        """
        end = self._journal.rows_end
        if not self._shared and self._state.replayed and Position(*self._state.position) >= end:
            return
        await self._ask(Flush(next(self._ids), end, min(timeout, _AWAY_SECONDS) if self._state.last_error else timeout))

    async def close(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - how long a stop may take is the caller's to say
        """Store what is left, as far as it goes within ``timeout`` seconds, and end the process; the rest stays in the journal.

        Call it when ``run`` has ended.
        """
        process, self._away = self._process, "the telemetry database is closed"
        if process is None:
            return
        self._say(Stop(self._journal.rows_end, min(timeout, _AWAY_SECONDS) if self._state.last_error else timeout))
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout + _AWAY_SECONDS):
                await self._listen()
        self._fail("the telemetry database is closed")
        await asyncio.to_thread(_reap, process)
        if self._writer is not None:
            self._writer.close()

    async def _listen(self) -> None:
        """Take messages until the other side is gone."""
        while self._reader is not None and (data := await receive(self._reader)) is not None:
            self._take(to_server.decode(data))

    def _take(self, message: Opened | Answer | Failure | State) -> None:
        match message:
            case State():
                self._state = message
            case Opened():
                self._away = None
                self._opened.set()
            case Failure(id=0):
                raise error_of(message)
            case Answer() | Failure():
                self._settle(message)

    def _settle(self, message: Answer | Failure) -> None:
        future = self._waiting.pop(message.id, None)
        if future is None or future.done():
            return
        if isinstance(message, Answer):
            future.set_result(message.lines)
        else:
            future.set_exception(error_of(message))

    async def _ask(self, call: Query | Command | Insert | Flush) -> bytes:
        """Send a call and wait for its answer. Raises ``TelemetryUnavailable`` and ``QueryFailed``."""
        if not self.ready:
            raise TelemetryUnavailable(self.error or _OPENING)
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[call.id] = future
        try:
            self._say(call)
            return await future
        finally:
            self._waiting.pop(call.id, None)

    def _say(self, message: ToStore) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(frame(message))

    def _lose(self) -> None:
        """Fail every call under way: the process is gone."""
        self._away = _GONE
        self._state = msgspec.structs.replace(self._state, last_error=_GONE, replayed=False)
        self._fail(_GONE)
        if self._writer is not None:
            self._writer.close()
        if self._process is not None:
            _reap(self._process)

    def _fail(self, reason: str) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(TelemetryUnavailable(reason))
        self._waiting.clear()

    def _delivery(self) -> Delivery:
        state = self._state
        return Delivery(
            position=Position(*state.position),
            replayed=state.replayed,
            stored=state.stored,
            backlog=state.backlog,
            oldest_ns=state.oldest_ns,
            last_error=state.last_error,
            rejected=state.rejected,
            damaged_bytes=state.damaged_bytes,
        )


def _spawn(command: list[str], there: socket.socket) -> "subprocess.Popen[bytes]":
    """In a process group of its own, so that an interrupt from the terminal reaches the server alone, which stops the store in its turn."""
    return subprocess.Popen(command, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603 - our own program


def _reap(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the end of a process that has closed its socket; it is not let live on without one."""
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _nobody() -> None:
    """The store looks by itself."""
