"""Forms with files (RFC 7578), looked through and edited in their own bytes: files are neither copied apart nor encoded again."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from gateway.errors import InvalidRequest

__all__ = ("Field", "boundary_of", "fields", "text_of", "with_text")

_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]+)"|([^;,\s]+))', re.IGNORECASE)
_NAME: Final = re.compile(rb';\s*name="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_FILENAME: Final = re.compile(rb";\s*filename\*?=", re.IGNORECASE)


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
