"""What a version may become. Everything here raises ``InvalidParameterValue``."""

from typing import Final

from registry.errors import InvalidParameterValue

__all__ = ("CHANGES", "check_status_change")

CHANGES: Final = {"draft": ("active", "deleted"), "active": ("deprecated", "draft"), "deprecated": ("active", "deleted"), "deleted": ()}


def check_status_change(before: str, after: str) -> None:
    """Versions become active before they are deprecated, and active ones are not deleted."""
    if after not in CHANGES[before]:
        allowed = sorted(CHANGES[before])
        raise InvalidParameterValue(f"Invalid status transition from '{before}' to '{after}'. Allowed transitions: {allowed}")
