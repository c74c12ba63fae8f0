"""The workspaces that the reader of a page may go to."""

from contextvars import ContextVar
from typing import Final

from registry.workspaces.scope import DEFAULT, current

__all__ = ("OFFERED", "workspace_frame")

OFFERED: Final[ContextVar[tuple[str, ...]]] = ContextVar("pages_workspaces", default=(DEFAULT,))
"""Their names, by name; ``default`` alone while the server is not divided."""


def workspace_frame() -> dict[str, object]:
    """What the frame of every page shows: the current workspace, and the others to switch to."""
    return {"workspace": current(), "workspaces": OFFERED.get()}
