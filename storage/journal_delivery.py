"""Batches into the database: tried again for as long as it takes, and never held up by one bad row."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from storage.errors import QueryFailed, Unavailable
from storage.telemetry import Telemetry

__all__ = ("ROW_FAULTS", "Deliverer", "Rejected")

logger = logging.getLogger(__name__)

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0

ROW_FAULTS: Final = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        25,  # CANNOT_PARSE_ESCAPE_SEQUENCE
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        33,  # CANNOT_READ_ALL_DATA
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        128,  # TOO_LARGE_ARRAY_SIZE
        130,  # CANNOT_READ_ARRAY_FROM_TEXT
        131,  # TOO_LARGE_STRING_SIZE
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        376,  # CANNOT_PARSE_UUID
        407,  # DECIMAL_OVERFLOW
        467,  # CANNOT_PARSE_BOOL
        469,  # VIOLATED_CONSTRAINT
        674,  # CANNOT_PARSE_IPV6
        691,  # UNKNOWN_ELEMENT_OF_ENUM
    }
)
"""ClickHouse's codes for "this row is bad". Any other refusal (a table that is missing, a right that is) says nothing about the row: it is
waited out, since the row would be lost otherwise. The names are those of ErrorCodes.cpp."""


class Rejected(msgspec.Struct, frozen=True):
    """A row that ClickHouse refused, as it lies in ``journal/rejected``: one JSON object a line. ``row`` is text, damaged bytes replaced."""

    table: str
    token: str
    reason: str
    row: str


class Deliverer:
    """Stores batches of rows, each under a token that makes a second attempt harmless."""

    def __init__(self, telemetry: Telemetry, rejected: Path) -> None:
        self._telemetry = telemetry
        self._directory = rejected
        self.last_error: str | None = None
        self.rejected = 0

    async def store(self, table: str, rows: Sequence[bytes], token: str) -> None:
        """Return when the rows are stored, or lie among the rejected. Never gives up.

        A refused batch is halved until the bad rows stand alone. The halves have tokens of their own, made from the whole's.
        """
        try:
            await self._insert(table, b"\n".join(rows), token)
        except QueryFailed as refusal:
            if len(rows) == 1:
                await asyncio.to_thread(self._reject, Rejected(table, token, str(refusal), rows[0].decode(errors="replace")))
                return
            middle = len(rows) // 2
            await self.store(table, rows[:middle], f"{token}/0")
            await self.store(table, rows[middle:], f"{token}/1")

    async def _insert(self, table: str, rows: bytes, token: str) -> None:
        """Insert as soon as the database can. Raises ``QueryFailed`` for a bad row only."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self._telemetry.insert(table, rows, token=token)
            except QueryFailed as error:
                if error.number in ROW_FAULTS:
                    raise
                self._note(table, error)
            except Unavailable as error:
                self._note(table, error)
            else:
                self._recover()
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _note(self, table: str, error: Exception) -> None:
        if self.last_error is None:
            logger.warning("rows for %s wait in the journal: %s", table, error)
        self.last_error = str(error)

    def _recover(self) -> None:
        if self.last_error is not None:
            logger.info("the database takes rows again")
        self.last_error = None

    def _reject(self, row: Rejected) -> None:
        """Put a row aside. After a crash it may be put aside twice."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        file = self._directory / f"{row.token.partition(':')[0]}.jsonl"
        with file.open("ab") as lines:
            lines.write(msgspec.json.encode(row) + b"\n")
        self.rejected += 1
        logger.error("ClickHouse refused a row for %s; it lies in %s", row.table, file)
