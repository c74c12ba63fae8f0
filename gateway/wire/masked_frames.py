"""AWS's event streams without secrets: a frame in which something is hidden is written anew, as its checksums cover what it says."""

from collections.abc import Callable, Iterator
from typing import Any, Final
from zlib import crc32

import msgspec

from gateway.errors import UpstreamBroken
from gateway.wire.frames import CHECKSUM, PRELUDE, checked_length
from tracing.unreadable import UNREADABLE

__all__ = ("MaskedFrames",)

_MEMBERS: Final = msgspec.json.Decoder(dict[str, Any])


class MaskedFrames:
    """Implements ``gateway.masking.Passing``. ``hide`` is what becomes of a payload, and of the event within it that models of some vendors have in base64."""

    def __init__(self, hide: Callable[[bytes], bytes]) -> None:
        self._hide = hide
        self._buffer = b""
        self._damaged = False

    def take(self, chunk: bytes | None) -> bytes | None:
        """See ``Passing.take``: frames pass whole. Bytes that are no frames pass as they are, as nobody reads them."""
        if chunk is None:
            rest, self._buffer = self._buffer, b""
            return rest or None
        self._buffer += chunk
        told = b"".join(self._frames())
        if self._damaged:
            told, self._buffer = told + self._buffer, b""
        return told

    def _frames(self) -> Iterator[bytes]:
        while len(self._buffer) >= PRELUDE.size and not self._damaged:
            try:
                total = checked_length(self._buffer)
            except UpstreamBroken:
                self._damaged = True
                return
            if len(self._buffer) < total:
                return
            frame, self._buffer = self._buffer[:total], self._buffer[total:]
            yield self._masked(frame)

    def _masked(self, frame: bytes) -> bytes:
        start = PRELUDE.size + int.from_bytes(frame[4:8])
        payload = frame[start : -CHECKSUM.size]
        hidden = self._within(self._hide(payload))
        return frame if hidden == payload else _written(frame[PRELUDE.size : start], hidden)

    def _within(self, payload: bytes) -> bytes:
        if b'"bytes"' not in payload:
            return payload
        try:
            members = _MEMBERS.decode(payload)
            said = msgspec.convert(members["bytes"], bytes)
        except (*UNREADABLE, KeyError):
            return payload
        hidden = self._hide(said)
        return payload if hidden == said else msgspec.json.encode({**members, "bytes": hidden})


def _written(headers: bytes, payload: bytes) -> bytes:
    lengths = PRELUDE.pack(PRELUDE.size + len(headers) + len(payload) + CHECKSUM.size, len(headers), 0)[:8]
    whole = lengths + CHECKSUM.pack(crc32(lengths)) + headers + payload
    return whole + CHECKSUM.pack(crc32(whole))
