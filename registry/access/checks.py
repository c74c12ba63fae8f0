"""Whether the caller may do something with one thing, for code that is not behind MLflow's endpoints."""

from registry.access.gatekeeper import DENIED, permitted
from registry.access.permissions import Action
from registry.access.requirements import MAKE, Need
from registry.access.types import CALLER
from registry.errors import PermissionDenied

__all__ = ("may", "require", "require_to_make")


def may(action: Action, resource_type: str, resource_id: str) -> bool:
    """Whether ``CALLER`` may do it. Without a caller (no users) everything is allowed."""
    caller = CALLER.get()
    return caller is None or caller.is_administrator or permitted(caller, Need(action, resource_type, resource_id))


def require(action: Action, resource_type: str, resource_id: str) -> None:
    """Raise ``PermissionDenied`` unless ``CALLER`` may do it."""
    if not may(action, resource_type, resource_id):
        raise PermissionDenied(DENIED)


def require_to_make() -> None:
    """Raise ``PermissionDenied`` unless ``CALLER`` may make new things."""
    caller = CALLER.get()
    if caller is not None and not permitted(caller, MAKE):
        raise PermissionDenied(DENIED)
