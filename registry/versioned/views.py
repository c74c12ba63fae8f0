"""What clients are told of every row."""

from typing import Any

from registry.versioned.types import Changed

__all__ = ("changed",)


def changed(row: Changed) -> dict[str, Any]:
    """Who made it and who changed it last, and when, under the names that MLflow's clients know."""
    return {
        "created_by": row.created_by,
        "last_updated_by": row.last_updated_by,
        "creation_timestamp": row.created_at,
        "last_updated_timestamp": row.last_updated_at,
    }
