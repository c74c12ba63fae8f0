"""Values of headers that are made of what somebody else wrote."""

from typing import Final

__all__ = ("header_value",)

_CONTROLS: Final = dict.fromkeys((*range(32), 127), "?")


def header_value(text: str) -> bytes:
    """``text`` as a header can hold it (RFC 9110 section 5.5): whatever it cannot is a question mark."""
    if text.isascii() and text.isprintable():
        return text.encode()
    return text.translate(_CONTROLS).encode("latin-1", "replace")
