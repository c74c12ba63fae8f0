"""The workspace of a request, and how a name of it is kept.

Models and prompts outside the default workspace are kept as ``workspace/name``: a name of theirs has no ``/``, so nothing else is called
that, and one set of tables, permissions and moves serves them all.
"""

from contextvars import ContextVar
from typing import Final

__all__ = ("DEFAULT", "REMOVED", "WORKSPACE", "current", "is_here", "prefix_of", "scoped", "unscoped")

DEFAULT: Final = "default"
"""Where everything is that was put nowhere else."""

REMOVED: Final = ""
"""Where experiments of workspaces are that were removed: nobody enters it, so their traces and files stay closed until they are gone."""

WORKSPACE: Final[ContextVar[str | None]] = ContextVar("registry_workspace", default=None)
"""Where the request that runs now is; ``None`` while the server is not divided, and for what is asked across all workspaces."""


def current() -> str:
    """The workspace in which new things are made."""
    return WORKSPACE.get() or DEFAULT


def prefix_of(workspace: str) -> str:
    """What names of a workspace begin with."""
    return "" if workspace == DEFAULT else f"{workspace}/"


def scoped(name: str) -> str:
    """A name as it is kept."""
    return prefix_of(current()) + name


def is_here(name: str, slashes: int = 0) -> bool:
    """Whether a name as it is kept is one of the workspace of the request; where that is none, all are. As it is said it has ``slashes``."""
    workspace = WORKSPACE.get()
    return workspace is None or (name.startswith(prefix_of(workspace)) and unscoped(name).count("/") == slashes)


def unscoped(name: str) -> str:
    """A name as it is said in the workspace of the request."""
    return name.removeprefix(prefix_of(current()))
