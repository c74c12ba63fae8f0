"""Server-sent events, incrementally: bytes in as they arrive, events out.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, with one liberty: a last event without its blank line
counts, since several servers end their streams that way.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from gateway.errors import UpstreamBroken
from tracing.unreadable import utf8

__all__ = ("Event", "EventParser")

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one event. The largest that are known hold a picture."""

_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Event(msgspec.Struct, frozen=True):
    """One event. ``data`` is ``None`` where there was none (a comment); ``raw`` is its text on the wire, blank line included.

    What is no UTF-8 is in ``raw`` as it came, and replaced in ``data``, as the specification of these streams wants it.
    """

    data: bytes | None
    raw: bytes
    name: bytes = b""


class EventParser:
    """Cuts a stream into events. The ``raw`` of all events, joined, is the stream, byte for byte, however it was cut on arrival."""

    __slots__ = ("_begun", "_buffer", "_scanned", "_skip_newline", "_start")

    def __init__(self) -> None:
        self._buffer = b""
        self._start = self._scanned = 0
        self._begun = False
        self._skip_newline = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that end within ``chunk``. Raises ``UpstreamBroken`` for one that does not end."""
        # What was given already is cut off once a chunk, not once an event: a chunk may hold thousands.
        self._buffer = self._buffer[self._start :] + chunk
        self._scanned -= self._start
        self._start = 0
        while (match := _BLANK_LINE.search(self._buffer, self._search_from())) is not None:
            yield self._cut(match.end())
        if len(self._buffer) - self._start > MOST_BYTES:
            raise UpstreamBroken(f"The stream holds an event of more than {MOST_BYTES} bytes.")
        self._scanned = max(self._start, len(self._buffer) - 3)

    def end(self) -> Iterator[Event]:
        """What is left when the stream ends: at most one event."""
        if len(self._buffer) > self._start:
            yield self._cut(len(self._buffer))

    def _search_from(self) -> int:
        """Where to look for the end of an event. Line ends at the beginning belong to none: a CRLF cut in two leaves a lone LF there."""
        if self._skip_newline and self._buffer.startswith(b"\n", self._start):
            return max(self._scanned, self._start + 1)
        return self._scanned

    def _cut(self, end: int) -> Event:
        raw = self._buffer[self._start : end]
        self._start = self._scanned = end
        block = raw[1:] if self._skip_newline and raw.startswith(b"\n") else raw
        self._skip_newline = raw.endswith(b"\r")
        if not self._begun:
            block = block.removeprefix(_BOM)
            self._begun = True
        return _read(block, raw)


def _read(block: bytes, raw: bytes) -> Event:
    if not block.isascii():
        block = utf8(block)
    line = block[:-2]
    if block.startswith(b"data: ") and block.endswith(b"\n\n") and b"\n" not in line and b"\r" not in line:
        return Event(line[6:], raw)
    return _read_lines(_LINE_END.split(block), raw)


def _read_lines(lines: list[bytes], raw: bytes) -> Event:
    data: list[bytes] = []
    name = b""
    for line in lines:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
    return Event(b"\n".join(data) if data else None, raw, name)
