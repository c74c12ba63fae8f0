"""A JSON text that may be too large to be held: kept as it is while it is small, and beyond that without what is large in it."""

import re
from typing import Final

__all__ = ("Outline",)

WHOLE: Final = 1024 * 1024
"""Bytes up to which a text is kept as it is."""

LARGEST_MEMBER: Final = 16 * 1024
"""Bytes of a member that is kept of a larger text."""

MOST_MEMBERS: Final = 100

# No possessive quantifiers in any of these: those of Python before 3.11.5 go wrong on groups.
_STRING: Final = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_TOP: Final = re.compile(rb'["{}\[\]:,]')
_DEEP: Final = re.compile(rb'["{}\[\]]')
_UNCUT: Final = re.compile(rb'[^"]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"]*)*', re.DOTALL)
_STRINGS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_PAIRS: Final = re.compile(rb"[{\[][^{}\[\]]*[}\]]")
_STRIDE: Final = 4096
"""Bytes that are stepped over at once where nothing in them is ours to read. To walk them sign by sign takes fifty times as long."""

_OPENS: Final = frozenset(b"{[")
_EMPTY: Final = {b"{": b"{}", b"[": b"[]", b'"': b'""'}
_QUOTE, _COLON, _COMMA, _BACKSLASH = b'":,\\'


class Outline:
    """Takes a text as it comes. ``text`` is what it was, or an object of its small members with the large ones emptied.

    Of a list of objects, which is how Google streams in JSON, the members that came last count.
    """

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0
        self._members: _Members | None = None

    def feed(self, chunk: bytes) -> None:
        """The next bytes."""
        if self._members is not None:
            self._members.feed(chunk)
            return
        self._held.append(chunk)
        self._size += len(chunk)
        if self._size > WHOLE:
            self._members = _Members()
            for piece in self._held:
                self._members.feed(piece)
            self._held.clear()

    def text(self) -> bytes:
        """The text as far as it is kept. Of a text that broke off it may be invalid JSON, or lack members."""
        return b"".join(self._held) if self._members is None else self._members.text()


class _Members:
    """The members of the outermost objects, read byte by byte where they are ours to read: strings and what is deeper are stepped over."""

    def __init__(self) -> None:
        self._found: dict[bytes, bytes] = {}
        self._level = 1
        self._depth = 0
        self._quoted = self._escaped = False
        self._key = b""
        self._reads_key = False
        self._value: bytearray | None = None
        self._walking = 0

    def text(self) -> bytes:
        return b"{" + b",".join(key + b":" + value for key, value in self._found.items()) + b"}"

    def feed(self, chunk: bytes) -> None:
        at = self._walking = 0
        while at < len(chunk):
            at = self._through_string(chunk, at) if self._quoted else self._to_next(chunk, at)

    def _through_string(self, chunk: bytes, at: int) -> int:
        start = at
        if self._escaped:
            self._escaped = False
            at += 1
        at = end = _STRING.match(chunk, at).end()  # type: ignore[union-attr]  # it matches the empty string, too
        if at < len(chunk):
            end = at + 1
            self._escaped, self._quoted = chunk[at] == _BACKSLASH, chunk[at] == _BACKSLASH
        self._keep(chunk, start, end)
        return end

    def _stride(self, chunk: bytes, at: int) -> int:
        """Over what is deeper than our level; no step where it may come back to that within the stride, which is walked then."""
        piece = _UNCUT.match(chunk[at : at + _STRIDE]).group()  # type: ignore[union-attr]  # as above
        signs, pairs = _STRINGS.sub(b"", piece), 1
        while pairs:
            signs, pairs = _PAIRS.subn(b"", signs)
        closing = signs.count(b"}") + signs.count(b"]")
        self._walking = at + len(piece)
        if self._depth - closing <= self._level:
            return at
        self._depth += signs.count(b"{") + signs.count(b"[") - closing
        self._keep(chunk, at, self._walking)
        return self._walking

    def _to_next(self, chunk: bytes, at: int) -> int:
        if self._depth > self._level and at >= self._walking and (over := self._stride(chunk, at)) > at:
            return over
        found = (_TOP if self._depth <= self._level else _DEEP).search(chunk, at)
        end = len(chunk) if found is None else found.end()
        if found is None:
            self._keep(chunk, at, end)
            return end
        sign = chunk[end - 1]
        if sign == _QUOTE:
            self._quoted = True
        elif sign in _OPENS:
            self._open(sign, chunk, at, end)
            return end
        elif self._depth == self._level:
            return self._between_members(sign, chunk, at, end)
        elif sign not in (_COLON, _COMMA):
            self._depth -= 1
        self._keep(chunk, at, end)
        return end

    def _open(self, sign: int, chunk: bytes, at: int, end: int) -> None:
        self._depth += 1
        if self._depth == 1 and sign == b"["[0]:
            self._level = 2
        elif self._depth == self._level:
            self._reads_key, self._key, self._value = True, b"", None
            return
        self._keep(chunk, at, end)

    def _between_members(self, sign: int, chunk: bytes, at: int, end: int) -> int:
        if sign == _COLON and self._reads_key:
            self._reads_key, self._value = False, bytearray()
            return end
        self._keep(chunk, at, end - 1)
        self._close_member()
        self._reads_key, self._key = sign == _COMMA, b""
        self._depth -= sign != _COMMA
        return end

    def _keep(self, chunk: bytes, start: int, end: int) -> None:
        if self._reads_key and len(self._key) <= LARGEST_MEMBER:
            self._key += chunk[start : min(end, start + LARGEST_MEMBER)]
        elif self._value is not None and len(self._value) <= LARGEST_MEMBER:
            self._value += chunk[start : min(end, start + LARGEST_MEMBER + 1)]

    def _close_member(self) -> None:
        value, self._value = self._value, None
        key = self._key.strip()
        if value is None or len(key) > LARGEST_MEMBER or (len(self._found) >= MOST_MEMBERS and key not in self._found):
            return
        held = bytes(value).strip()
        self._found[key] = held if len(value) <= LARGEST_MEMBER else _EMPTY.get(held[:1], b"null")
