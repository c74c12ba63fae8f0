"""Headers: what their values may hold, and the type of the body that they announce."""

from collections.abc import Iterable
from typing import Final

__all__ = ("content_type", "header_value", "is_events")

LONGEST: Final = 2000
"""Characters of a value: it may hold what a client named, and a head of 64 KB is one that many clients refuse to read."""

_CONTROLS: Final = dict.fromkeys((*range(32), 127), "?")


def header_value(text: str) -> bytes:
    """``text`` as a header can hold it (RFC 9110 section 5.5): whatever it cannot is a question mark, and what is too long is cut."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}..."
    if text.isascii() and text.isprintable():
        return text.encode()
    return text.translate(_CONTROLS).encode("latin-1", "replace")


def content_type(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The value of ``content-type``; ``b""`` where there is none. Names of headers are lower-case."""
    return next((value for name, value in headers if name == b"content-type"), b"")


def is_events(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether an answer is a stream of server-sent events."""
    return content_type(headers).startswith(b"text/event-stream")
