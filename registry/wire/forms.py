"""Forms (RFC 7578) that were read whole."""

from email.message import Message
from email.parser import BytesHeaderParser
from typing import Final

from registry.errors import InvalidParameterValue

__all__ = ("read_form",)

MOST_PARTS: Final = 8
UNREADABLE: Final = "The multipart/form-data body cannot be read"


def read_form(body: bytes, content_type: str) -> list[tuple[str, bytes]]:
    """The parts of a form, each with its name. Raises ``InvalidParameterValue``."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise InvalidParameterValue(f"{UNREADABLE}: its Content-Type names no boundary.")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1"), MOST_PARTS + 1)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise InvalidParameterValue(f"{UNREADABLE}: its end is missing, or it has more than {MOST_PARTS} parts.")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> tuple[str, bytes]:
    head, empty, content = piece.partition(b"\r\n\r\n")
    name = BytesHeaderParser().parsebytes(head.lstrip(b" \t\r\n")).get_param("name", header="content-disposition")
    if not empty or not isinstance(name, str):
        raise InvalidParameterValue(f"{UNREADABLE}: a part of it has no name.")
    return name, content
