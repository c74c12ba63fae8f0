"""AWS's event streams: binary frames with checksums, cut out of bytes as they arrive.

https://smithy.io/2.0/aws/amazon-eventstream.html. A frame is: its length, the length of its headers, a checksum of these two, headers, payload, and
a checksum of everything before it.
"""

from collections.abc import Iterator, Mapping
from struct import Struct, error
from typing import Final
from zlib import crc32

import msgspec

from gateway.errors import UpstreamBroken

__all__ = ("CHECKSUM", "PRELUDE", "Frame", "FrameParser", "checked_length")

PRELUDE: Final = Struct("!III")
CHECKSUM: Final = Struct("!I")
LENGTH: Final = Struct("!H")
LEAST: Final = PRELUDE.size + CHECKSUM.size
MOST: Final = 24 * 1024 * 1024
"""Bytes of a frame; AWS allows 16 MiB of payload and 128 KiB of headers."""

FIXED: Final[Mapping[int, int]] = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header's value, by its type, where they are fixed."""

BYTES: Final = 6
TEXT: Final = 7


class Frame(msgspec.Struct, frozen=True):
    """One message. ``headers`` are those whose value is text, which are all that say something here."""

    headers: Mapping[str, str]
    payload: bytes


class FrameParser:
    """Cuts frames out of bytes. Raises ``UpstreamBroken`` for bytes that are no frames, and never reads beyond what a frame says it is."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The frames that end within ``chunk``."""
        self._buffer += chunk
        while len(self._buffer) >= PRELUDE.size:
            total = checked_length(self._buffer)
            if len(self._buffer) < total:
                return
            frame, self._buffer = self._buffer[:total], self._buffer[total:]
            yield _read(frame)

    def end(self) -> None:
        """The stream is over. Raises ``UpstreamBroken`` within a frame."""
        if self._buffer:
            raise UpstreamBroken("The upstream's event stream ended within a frame.")


def checked_length(buffer: bytes) -> int:
    """The bytes of the frame that begins here. Raises ``UpstreamBroken``."""
    total, headers, checksum = PRELUDE.unpack_from(buffer)
    if crc32(buffer[:8]) != checksum:
        raise UpstreamBroken("The upstream's event stream is damaged: the checksum of a frame's head is wrong.")
    if not LEAST <= total <= MOST or headers > total - LEAST:
        raise UpstreamBroken("The upstream's event stream is damaged: a frame has an impossible length.")
    return int(total)


def _read(frame: bytes) -> Frame:
    (checksum,) = CHECKSUM.unpack_from(frame, len(frame) - CHECKSUM.size)
    if crc32(frame[: -CHECKSUM.size]) != checksum:
        raise UpstreamBroken("The upstream's event stream is damaged: the checksum of a frame is wrong.")
    end = PRELUDE.size + int.from_bytes(frame[4:8])
    try:
        headers = dict(_headers(frame[PRELUDE.size : end]))
    except (IndexError, KeyError, UnicodeDecodeError, error) as damage:
        raise UpstreamBroken("The upstream's event stream is damaged: the headers of a frame cannot be read.") from damage
    return Frame(headers, frame[end : -CHECKSUM.size])


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(data):
        start = at + 1
        at = start + data[at]
        name, kind = data[start:at].decode(), data[at]
        at += 1
        if kind in {BYTES, TEXT}:
            (length,) = LENGTH.unpack_from(data, at)
            at += LENGTH.size
        else:
            length = FIXED[kind]
        value, at = data[at : at + length], at + length
        if at > len(data):
            raise IndexError(name)
        if kind == TEXT:
            yield name, value.decode()
