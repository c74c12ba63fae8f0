"""Which bytes of a file a request asks for (RFC 9110, section 14). Pure."""

import re
from typing import Final

__all__ = ("UNSATISFIABLE", "byte_range")

UNSATISFIABLE: Final = (-1, -1)
"""The range begins after the last byte."""

ONE: Final = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*")


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last; ``None`` for the whole file, which is also the answer to several ranges at once."""
    found = ONE.fullmatch(header) if header is not None else None
    if found is None or found.group(1, 2) == ("", ""):
        return None
    first, last = found.group(1, 2)
    if not first:
        return (max(size - int(last), 0), size) if int(last) and size else UNSATISFIABLE
    if last and int(last) < int(first):
        return None
    start, stop = int(first), min(int(last) + 1, size) if last else size
    return (start, stop) if start < size else UNSATISFIABLE
