"""What a workspace may be called."""

import re
from typing import Final

from registry.errors import InvalidParameterValue

__all__ = ("check_name",)

NAME: Final = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
LENGTHS: Final = range(2, 64)
RESERVED: Final = frozenset({"workspaces", "api", "ajax-api", "static-files"})


def check_name(name: str) -> None:
    """Raise ``InvalidParameterValue`` for a name that a workspace cannot have."""
    if len(name) not in LENGTHS:
        raise InvalidParameterValue(f"Workspace name '{name}' must be between {LENGTHS.start} and {LENGTHS.stop - 1} characters.")
    if not NAME.fullmatch(name):
        raise InvalidParameterValue(
            f"Workspace name '{name}' must match the pattern {NAME.pattern} (lowercase alphanumeric with optional internal hyphens)."
        )
    if name in RESERVED:
        raise InvalidParameterValue(f"Workspace name '{name}' is reserved and cannot be used.")
