"""Page tokens as MLflow writes them: the base64 of ``{"offset": n}``. Its own tests decode them."""

import base64
import binascii
from typing import Any, Final

import msgspec

from registry.errors import InvalidParameterValue

__all__ = ("next_token", "offset_of")

LARGEST: Final = 2**63 - 1
"""What a database takes as an offset."""


def next_token(offset: int) -> str:
    """The token of the page that begins at ``offset``."""
    return base64.b64encode(msgspec.json.encode({"offset": offset})).decode()


def offset_of(token: str | None) -> int:
    """The offset of a token's page; 0 without a token. Raises ``InvalidParameterValue``."""
    if not token:
        return 0
    try:
        decoded = base64.b64decode(token)
    except (binascii.Error, ValueError):
        raise InvalidParameterValue("Invalid page token, could not base64-decode") from None
    try:
        value: Any = msgspec.json.decode(decoded)
    except msgspec.DecodeError:
        raise InvalidParameterValue(f"Invalid page token, decoded value={decoded!r}") from None
    offset = value.get("offset") if isinstance(value, dict) else None
    if isinstance(offset, str):
        raise InvalidParameterValue(f"Invalid page token, not stringable {offset}")
    if isinstance(offset, bool) or not isinstance(offset, int) or not 0 < offset <= LARGEST:
        raise InvalidParameterValue(f"Invalid page token, parsed value={value}")
    return offset
