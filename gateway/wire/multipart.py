"""Forms with files (RFC 7578), looked through and edited in their own bytes: files are neither copied apart nor encoded again."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from gateway.errors import InvalidRequest

__all__ = ("Field", "TextSearch", "boundary_of", "fields", "text_of", "with_text")

_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]+)"|([^;,\s]+))', re.IGNORECASE)
_NAME: Final = re.compile(rb';\s*name="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_FILENAME: Final = re.compile(rb";\s*filename\*?=", re.IGNORECASE)


_LONGEST_HEAD: Final = 16 * 1024
_LONGEST_TEXT: Final = 4 * 1024


class Field(msgspec.Struct, frozen=True):
    """A field of the form: ``start`` and ``end`` are the offsets of its value."""

    name: str
    start: int
    end: int
    is_file: bool = False


def boundary_of(content_type: str) -> bytes:
    """The line that stands between fields. Raises ``InvalidRequest`` for what is no form."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or found is None:
        raise InvalidRequest("Send a form: content-type multipart/form-data with its boundary.")
    return b"--" + (found[1] or found[2]).encode("latin-1")


def fields(body: bytes, boundary: bytes) -> Iterator[Field]:
    """The fields, in order. Raises ``InvalidRequest`` for a form that is cut off."""
    at = body.find(boundary)
    while at >= 0:
        at += len(boundary)
        if body[at : at + 2] == b"--":
            return
        start = body.find(b"\r\n\r\n", at)
        end = body.find(b"\r\n" + boundary, start)
        if start < 0 or end < 0:
            break
        head = body[at:start]
        name = _NAME.search(head)
        yield Field(name[1].decode(errors="replace") if name else "", start + 4, end, _FILENAME.search(head) is not None)
        at = end + 2
    raise InvalidRequest("The form is cut off: it has no end line.")


def text_of(body: bytes, boundary: bytes, name: str) -> str | None:
    """The text of a field that is no file; ``None`` when there is none of this name."""
    found = next((field for field in fields(body, boundary) if field.name == name and not field.is_file), None)
    return None if found is None else body[found.start : found.end].decode(errors="replace")


def with_text(body: bytes, boundary: bytes, name: str, text: str) -> bytes:
    """The form with another text in a field that it has."""
    found = next((field for field in fields(body, boundary) if field.name == name and not field.is_file), None)
    return body if found is None else body[: found.start] + text.encode() + body[found.end :]


class TextSearch:
    """Looks for the text of one field in a form that arrives in pieces, and keeps no more of it than a field's head. ``found`` is where it stands."""

    def __init__(self, boundary: bytes, name: str) -> None:
        self.found: Field | None = None
        self.text = ""
        self.ended = False
        """Whether the end line was seen."""
        self._name = name
        self._line = boundary
        self._after = b"\r\n" + boundary
        self._buffer = bytearray()
        self._offset = 0
        self._step = self._between

    def feed(self, piece: bytes) -> bool:
        """Whether the search is over. Raises ``InvalidRequest`` for what is no form."""
        self._buffer += piece
        while self.found is None and not self.ended and self._step():
            pass
        return self.found is not None or self.ended

    def _between(self) -> bool:
        """In a field that nobody looks for, or in front of the first."""
        at = self._buffer.find(self._line)
        if at < 0:
            self._drop(max(0, len(self._buffer) - len(self._line)))
            return False
        self._drop(at + len(self._line))
        self._line, self._step = self._after, self._head
        return True

    def _head(self) -> bool:
        if self._buffer.startswith(b"--"):
            self.ended = True
            return False
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            _limit(len(self._buffer), _LONGEST_HEAD, "a field's head")
            return False
        head = bytes(self._buffer[:end])
        name = _NAME.search(head)
        wanted = name is not None and name[1].decode(errors="replace") == self._name and _FILENAME.search(head) is None
        self._drop(end + 4)
        self._step = self._value if wanted else self._between
        return True

    def _value(self) -> bool:
        end = self._buffer.find(self._after)
        if end < 0:
            _limit(len(self._buffer), _LONGEST_TEXT, f"the field {self._name!r}")
            return False
        self.text = self._buffer[:end].decode(errors="replace")
        self.found = Field(self._name, self._offset, self._offset + end)
        return False

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._offset += size


def _limit(size: int, most: int, what: str) -> None:
    if size > most:
        raise InvalidRequest(f"The form cannot be read: {what} is longer than {most} bytes.")
