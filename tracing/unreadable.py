"""What strangers send in place of JSON. Pure."""

from typing import Final

import msgspec

__all__ = ("UNREADABLE", "utf8")

UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder raises: for what is no JSON or of another form, what is no UTF-8, and what is nested deeper than it can be read."""


def utf8(data: bytes) -> bytes:
    """The text with U+FFFD in place of bytes that are not UTF-8: readers of JSON take nothing else."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").encode()
    return data
