"""How far a log was stored, kept so that neither a kill nor a full disk can lose it.

The file has two slots that are written in turn, in place: a write that was cut short leaves the other slot valid, and no write needs
a new block of the disk (draining the journal is what makes room on a full one).
"""

import os
from pathlib import Path
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

__all__ = ("Cursor", "Mark", "Position")

_SLOT: Final = Struct("<QQQQ")
_CHECKSUM: Final = Struct("<I")
_STRIDE: Final = 64
_NO_INTENT: Final = 2**64 - 1


class Position(NamedTuple):
    """A place in a log: the number of a segment, and a byte in it. Positions compare in the order of writing."""

    segment: int
    offset: int


class Mark(NamedTuple):
    """All before ``position`` is stored. ``intent``: the bytes up to there are being stored, and must be tried again as exactly one batch."""

    position: Position
    intent: int | None = None


class Cursor:
    """The mark of one log. ``durable`` forces each change to the disk, so that it also survives a power cut."""

    def __init__(self, path: Path, *, durable: bool) -> None:
        self._path = path
        self._durable = durable
        self._generation, self._mark = _load(path)

    @property
    def mark(self) -> Mark:
        """The last mark that was written; the very beginning when there is none."""
        return self._mark

    def write(self, mark: Mark) -> None:
        """Replace the mark. Raises ``OSError``; then the old one stays."""
        generation = self._generation + 1
        slot = _SLOT.pack(generation, *mark.position, _NO_INTENT if mark.intent is None else mark.intent)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.pwrite(file, slot + _CHECKSUM.pack(crc32(slot)), generation % 2 * _STRIDE)
            if self._durable:
                os.fdatasync(file)
        finally:
            os.close(file)
        self._generation, self._mark = generation, mark


def _load(path: Path) -> tuple[int, Mark]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    slots = [slot for start in (0, _STRIDE) if (slot := _slot(data[start : start + _SLOT.size + _CHECKSUM.size])) is not None]
    return max(slots, key=lambda slot: slot[0], default=(0, Mark(Position(0, 0))))


def _slot(data: bytes) -> tuple[int, Mark] | None:
    if len(data) < _SLOT.size + _CHECKSUM.size or _CHECKSUM.unpack_from(data, _SLOT.size) != (crc32(data[: _SLOT.size]),):
        return None
    generation, segment, offset, intent = _SLOT.unpack_from(data)
    return generation, Mark(Position(segment, offset), None if intent == _NO_INTENT else intent)
