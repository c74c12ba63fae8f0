"""Cursors: where a page ended, as opaque text that goes back to us unchanged."""

import base64
import binascii

import msgspec

from tracing.errors import BadCursor
from tracing.store_sql import Position

__all__ = ("read_cursor", "write_cursor")


class _Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    order: str
    key: int
    trace_id: str


def write_cursor(order: str, position: Position) -> str:
    """Text for ``position``; it is good for the same order only."""
    return base64.urlsafe_b64encode(msgspec.json.encode(_Cursor(order, position.key, position.trace_id))).rstrip(b"=").decode()


def read_cursor(order: str, text: str) -> Position:
    """The position in a cursor. Raises ``BadCursor``."""
    try:
        cursor = msgspec.json.decode(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True), type=_Cursor)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise BadCursor("the cursor is not one of ours", hint="pass next_cursor of the page before, unchanged, or none at all") from error
    if cursor.order != order or abs(cursor.key) >= 2**63:
        raise BadCursor(
            f"the cursor belongs to the order {cursor.order!r}, not to {order!r}",
            hint="start again without a cursor when the order changes",
        )
    return Position(cursor.key, cursor.trace_id)
