"""What server and store process say to each other: frames of MessagePack over a socket pair, each behind its length in four bytes.

The socket has no name and no other reader, so the settings of a ClickHouse server may travel over it, password and all; they are on no
command line, in no environment and in no file.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from config.schema import StorageSettings
from config.secrets import Secret
from storage.errors import (
    EditedMigration,
    MigrationError,
    MissingMigration,
    NewerSchema,
    QueryFailed,
    SettingsError,
    StorageError,
    TelemetryUnavailable,
)

__all__ = (
    "Answer",
    "Begin",
    "Command",
    "Failure",
    "Flush",
    "FromStore",
    "Insert",
    "Opened",
    "Query",
    "State",
    "Stop",
    "ToStore",
    "conceal",
    "error_of",
    "failure_of",
    "frame",
    "framed",
    "receive",
    "reveal",
    "to_server",
    "to_store",
)

_LENGTH_BYTES: Final = 4


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """The first message: what to open, whose log to follow, and what ``expand`` needs to know. ``stored`` rows of the log are stored already.

    ``shared``: whether other processes journal in the same directory.
    """

    settings: StorageSettings
    log: str
    options: dict[str, Any]
    stored: int
    shared: bool


class Query(msgspec.Struct, frozen=True, tag="query"):
    """Run a SELECT; answered with its rows as JSON objects, one a line."""

    id: int
    sql: str
    parameters: Mapping[str, Any] | None


class Command(msgspec.Struct, frozen=True, tag="command"):
    """Run a statement that returns nothing."""

    id: int
    sql: str
    parameters: Mapping[str, Any] | None


class Insert(msgspec.Struct, frozen=True, tag="insert"):
    """Insert rows, JSON objects one a line, under a token."""

    id: int
    table: str
    rows: bytes
    token: str


class Flush(msgspec.Struct, frozen=True, tag="flush"):
    """Answer when the server's log is stored up to ``end`` (segment, offset)."""

    id: int
    end: tuple[int, int]
    seconds: float


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Store up to ``end``, as far as it goes in ``seconds``, then close and end."""

    end: tuple[int, int]
    seconds: float


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """The database is open and migrated."""


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """A call worked."""

    id: int
    lines: bytes


class Failure(msgspec.Struct, frozen=True, tag="failure"):
    """A call did not work, or, with ``id`` 0, the database can never be opened. ``code`` names the error; the others are ``QueryFailed``'s."""

    id: int
    code: str
    message: str
    number: int | None = None
    name: str | None = None


class State(msgspec.Struct, frozen=True, tag="state"):
    """How far the way into the database is: see ``storage.journal.Delivery``. ``away`` is why the database is not open yet."""

    position: tuple[int, int]
    replayed: bool
    stored: int
    backlog: int
    oldest_ns: int | None
    last_error: str | None
    rejected: int
    damaged_bytes: int
    away: str | None


ToStore = Begin | Query | Command | Insert | Flush | Stop
FromStore = Opened | Answer | Failure | State


def reveal(value: object) -> object:
    """The hook of an encoder. msgspec wants ``NotImplementedError`` for a type that it does not know: a setting of a new kind fails the start, loudly."""
    if isinstance(value, Secret):
        return {"secret": value.reveal(), "reference": value.reference}
    raise NotImplementedError(f"{type(value).__name__} cannot be sent to the store process")


def conceal(kind: type, value: Any) -> object:
    """The hook of a decoder: the other way, with the same contract."""
    if kind is Secret:
        return Secret(value["secret"], value["reference"])
    raise NotImplementedError(f"{kind.__name__} cannot be read from the server")


_encoder: Final = msgspec.msgpack.Encoder(enc_hook=reveal)
to_store: Final = msgspec.msgpack.Decoder(ToStore, dec_hook=conceal)
"""Decodes what the server says."""

to_server: Final = msgspec.msgpack.Decoder(FromStore)
"""Decodes what the store says."""


def frame(message: ToStore | FromStore) -> bytes:
    """A message, ready to be written."""
    return framed(message)


def framed(message: object, encoder: msgspec.msgpack.Encoder = _encoder) -> bytes:
    """Any message behind its length, secrets included."""
    data = encoder.encode(message)
    return len(data).to_bytes(_LENGTH_BYTES, "little") + data


async def receive(reader: asyncio.StreamReader) -> bytes | None:
    """The next message, not yet decoded; ``None`` when the other side is gone."""
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "little")
        return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


_ERRORS: Final[Mapping[str, type[StorageError]]] = {
    error.code: error for error in (EditedMigration, MigrationError, MissingMigration, NewerSchema, SettingsError, TelemetryUnavailable)
}


def failure_of(call: int, error: StorageError) -> Failure:
    """An error, as it is sent."""
    if isinstance(error, QueryFailed):
        return Failure(call, error.code, str(error), error.number, error.name)
    return Failure(call, error.code, str(error))


def error_of(failure: Failure) -> StorageError:
    """The same error on the other side."""
    if failure.code == QueryFailed.code:
        return QueryFailed(failure.message, number=failure.number, name=failure.name)
    return _ERRORS.get(failure.code, TelemetryUnavailable)(failure.message)
