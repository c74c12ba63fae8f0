"""Which names a blob may have. Decided once, before any store sees the name.

A path is made of segments with ``/`` between them. What a store, a proxy or a file system further on could read as a way out of the root
is refused, not repaired: a name that is repaired is a second name of another blob.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

from storage.errors import BlobPathRefused

__all__ = ("blob_path", "blob_prefix")

LONGEST: Final = 1024
"""Bytes of UTF-8: the limit of S3."""

LONGEST_SEGMENT: Final = 240
"""Bytes of UTF-8: most file systems take 255, and a store adds a suffix while it writes."""

FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\]")
SEPARATORS: Final = re.compile(r"[/\\]")
UNFINISHED: Final = re.compile(r"#\d+\Z")
DECODINGS: Final = 8


def blob_path(path: str) -> str:
    """``path`` itself, if it names a blob under the root. Raises ``BlobPathRefused`` with the reason."""
    if not path:
        raise BlobPathRefused("the path of a blob is empty")
    if FORBIDDEN.search(path):
        raise BlobPathRefused(f"the path {path!r} holds a backslash or a control character")
    if len(path.encode()) > LONGEST:
        raise BlobPathRefused(f"the path of a blob has at most {LONGEST} bytes; this one has {len(path.encode())}")
    if UNFINISHED.search(path):
        raise BlobPathRefused(f"the path {path!r} ends in '#' and a number, which a directory keeps for what is being written")
    for segment in path.split("/"):
        _check(segment, path)
    return path


def blob_prefix(prefix: str) -> str:
    """As ``blob_path``, for the folder at which a listing begins; ``""`` is the root, and one ``/`` at the end is allowed."""
    return blob_path(prefix.removesuffix("/")) if prefix else ""


def _check(segment: str, path: str) -> None:
    if not segment:
        raise BlobPathRefused(f"the path {path!r} begins or ends with '/', or has two together")
    if len(segment.encode()) > LONGEST_SEGMENT:
        raise BlobPathRefused(f"a segment of a path has at most {LONGEST_SEGMENT} bytes; {segment[:40]!r}… has more")
    for reading in _readings(segment):
        if reading.strip(" ") in {"", ".", ".."} or SEPARATORS.search(reading) or FORBIDDEN.search(reading):
            raise BlobPathRefused(f"the path {path!r} holds {segment!r}, which can be read as a way out of its folder")


def _readings(segment: str) -> list[str]:
    """What decoders further on could make of a path: percent-decoded, again and again, and with look-alike characters folded together."""
    readings = [segment]
    for _ in range(DECODINGS):
        decoded = unicodedata.normalize("NFKC", unquote(readings[-1], errors="surrogateescape"))
        if decoded == readings[-1]:
            return readings
        readings.append(decoded)
    raise BlobPathRefused(f"the segment {segment[:40]!r} is encoded more than {DECODINGS} times over")
