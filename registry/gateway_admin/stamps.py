"""When things of this area were made and changed, and by whom: as columns, and as messages have it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from registry.gateway_admin.common_store import milliseconds

__all__ = ("stamped", "stamps_of")


def stamped(by: str | None) -> dict[str, Any]:
    """The columns of something that is made now, by whoever the client names."""
    now = datetime.now(UTC)
    return {"created_at": now, "updated_at": now, "created_by": by or None, "updated_by": by or None}


def stamps_of(row: Row[Any]) -> dict[str, Any]:
    """The same of a stored row, as messages have it: in milliseconds since the epoch."""
    return {
        "created_at": milliseconds(row.created_at),
        "last_updated_at": milliseconds(row.updated_at),
        "created_by": row.created_by,
        "last_updated_by": row.updated_by,
    }
