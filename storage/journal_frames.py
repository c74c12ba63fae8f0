"""The format of a journal's segments: frames, one after the other. Pure: bytes in, values out.

A frame, little-endian::

    magic 4 | crc32 4 | length 4 | kind 1 | last 1 | table 1 | key 1 | time 8 | table name | key | data

``crc32`` covers all that follows it; ``length`` counts what follows the fixed part; ``table`` and ``key`` are the lengths of the two;
``time`` is nanoseconds since the Unix epoch. ``last`` ends a group: what one ``append`` wrote is read whole or not at all, so that a
process killed in the middle of a write leaves nothing half told.
"""

from collections.abc import Sequence
from enum import Enum
from struct import Struct
from typing import Final
from zlib import crc32

import msgspec

from storage.records import Opening, Row

__all__ = ("HEADER_BYTES", "MAGIC", "Fault", "Frame", "Scan", "decode", "encode", "encode_timed", "scan")

# The byte 0xff never occurs in UTF-8, so never within a row: a search for it finds frames, not text. The last byte is the version.
MAGIC: Final = b"\xffTJ\x01"

_HEAD: Final = Struct("<4sI")
_FACTS: Final = Struct("<IBBBBQ")
HEADER_BYTES: Final = _HEAD.size + _FACTS.size
_ROW: Final = 1
_OPENING: Final = 2


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One record as it was read; ``end`` is the position after it."""

    record: Row | Opening
    time_ns: int
    last: bool
    end: int


class Fault(Enum):
    """Why there is no frame at a position. ``CUT``: the bytes end before the frame does. ``DAMAGED``: they are not those that were written."""

    CUT = "cut"
    DAMAGED = "damaged"


class Scan(msgspec.Struct, frozen=True):
    """What a stretch of bytes holds: the frames of whole groups, where to read on, and how many bytes had to be skipped."""

    frames: list[Frame]
    end: int
    damaged: int


def encode(records: Sequence[Row | Opening], time_ns: int) -> bytes:
    """One group of frames. Raises ``struct.error`` when a table name or a key has more than 255 bytes."""
    if len(records) == 1:  # nearly always, and on the way of every request
        return _frame(records[0], time_ns, last=True)
    return encode_timed([(record, time_ns) for record in records])


def encode_timed(records: Sequence[tuple[Row | Opening, int]]) -> bytes:
    """As ``encode``, for records that each have a time of their own."""
    last = len(records) - 1
    return b"".join([_frame(record, time_ns, last=index == last) for index, (record, time_ns) in enumerate(records)])


def _frame(record: Row | Opening, time_ns: int, *, last: bool) -> bytes:
    table, key, data = record.table.encode(), record.key, record.data
    kind = _ROW if type(record) is Row else _OPENING
    told = _FACTS.pack(len(table) + len(key) + len(data), kind, last, len(table), len(key), time_ns) + table + key
    # The checksum runs on from one to the other, instead of over a copy of both.
    return b"".join((_HEAD.pack(MAGIC, crc32(data, crc32(told))), told, data))


def decode(buffer: bytes, position: int) -> Frame | Fault:
    """The frame that starts at ``position``."""
    if len(buffer) - position < HEADER_BYTES:
        return Fault.CUT if buffer.startswith(MAGIC[: len(buffer) - position], position) else Fault.DAMAGED
    magic, checksum = _HEAD.unpack_from(buffer, position)
    if magic != MAGIC:
        return Fault.DAMAGED
    length, kind, last, table, key, time_ns = _FACTS.unpack_from(buffer, position + _HEAD.size)
    start, end = position + HEADER_BYTES, position + HEADER_BYTES + length
    if end > len(buffer):
        return Fault.CUT
    if crc32(memoryview(buffer)[position + _HEAD.size : end]) != checksum or table + key > length or kind not in (_ROW, _OPENING):
        return Fault.DAMAGED
    facts = start + table + key
    shape = Row if kind == _ROW else Opening
    record = shape(buffer[start : start + table].decode(), buffer[facts:end], buffer[start + table : facts])
    return Frame(record, time_ns, bool(last), end)


def scan(buffer: bytes, *, rows: int | None = None, closed: bool) -> Scan:
    """Read whole groups until ``rows`` rows were seen or the bytes end.

    ``closed`` says that nothing will ever follow ``buffer``: then what is left after the last whole group is passed over (a write that
    was cut short), otherwise it is left for the next scan. A damaged stretch with frames behind it is skipped and counted.
    """
    frames: list[Frame] = []
    group: list[Frame] = []
    position = end = damaged = skipped = seen = 0
    fault = Fault.CUT
    while position < len(buffer) and (rows is None or seen < rows):
        found = decode(buffer, position)
        if isinstance(found, Frame):
            group.append(found)
            position = found.end
            if found.last:
                seen += sum(type(frame.record) is Row for frame in group)
                frames += group
                group, end, damaged, skipped = [], position, damaged + skipped, 0
        elif (following := _next_frame(buffer, position + 1)) is not None:
            skipped += following - position
            position = following
        else:
            fault = found
            break
    if closed and (rows is None or seen < rows):
        damaged += skipped + (len(buffer) - position if fault is Fault.DAMAGED else 0)
        end = len(buffer)
    return Scan(frames, end, damaged)


def _next_frame(buffer: bytes, position: int) -> int | None:
    """Where the next readable frame starts."""
    while (position := buffer.find(MAGIC, position)) >= 0:
        if isinstance(decode(buffer, position), Frame):
            return position
        position += 1
    return None
