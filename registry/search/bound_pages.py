"""Page tokens that hold what was asked, so that none goes on with another search."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import msgspec

from registry.errors import InvalidParameterValue

__all__ = ("Asked",)

LARGEST = 2**63 - 1


class Asked(msgspec.Struct, frozen=True):
    """A search: its filter and order, and what is searched through."""

    filter_string: str | None
    order_by: Sequence[str] | None
    query_scope: str

    def token(self, offset: int) -> str:
        """The token of the page that begins at ``offset``."""
        return base64.b64encode(msgspec.json.encode({**msgspec.structs.asdict(self), "offset": offset}, order="sorted")).decode()

    def offset_of(self, token: str | None) -> int:
        """The offset of a token's page; 0 without a token. Raises ``InvalidParameterValue``."""
        if not token:
            return 0
        said = _decoded(token)
        for field in ("filter_string", "order_by", "query_scope"):
            if (said[field] or None) != (getattr(self, field) or None):
                what = field.replace("query_scope", "query scope")
                raise InvalidParameterValue(f"Page token was issued for a different {what} and cannot be used with the current request.")
        offset: int = said["offset"]
        return offset


def _decoded(token: str) -> dict[str, Any]:
    try:
        said: Any = msgspec.json.decode(base64.b64decode(token))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise InvalidParameterValue("Invalid page token: could not decode.") from None
    if not isinstance(said, dict) or not {"filter_string", "order_by", "offset", "query_scope"} <= said.keys():
        raise InvalidParameterValue("Invalid page token: missing or malformed fields.")
    offset = said["offset"]
    if isinstance(offset, bool) or not isinstance(offset, int) or not 0 <= offset <= LARGEST:
        raise InvalidParameterValue("Invalid page token: offset must be a non-negative integer.")
    return said
