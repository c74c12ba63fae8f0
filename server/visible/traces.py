"""Which experiments' traces whoever asks may read, in the workspace of the request."""

from collections.abc import Mapping

from registry.access.types import CALLER, Caller
from registry.workspaces.scope import DEFAULT, REMOVED, WORKSPACE
from tracing.scope import EVERYTHING, Scope

__all__ = ("VisibleTraces", "scope_of")


class VisibleTraces:
    """The scope of ``CALLER`` where the request is. ``places`` says where experiments are that are not in the default workspace."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __call__(self) -> Scope:
        """The scope at this moment. Without a caller everything of the workspace is seen; on a server without workspaces, everything."""
        caller, workspace = CALLER.get(), WORKSPACE.get()
        allowed = EVERYTHING if caller is None else scope_of(caller)
        if workspace is None:
            return allowed
        if workspace == DEFAULT:
            return allowed.without(self._elsewhere(all_seen=caller is None or caller.is_administrator))
        here = frozenset(each for each, place in self._places.items() if place == workspace and each.isdecimal())
        return Scope(frozenset(each for each in here if caller is None or caller.may("read", "trace", each)), only=True)

    def _elsewhere(self, *, all_seen: bool) -> frozenset[str]:
        """Traces of removed workspaces are in none: those who see everything find them in the default one."""
        return frozenset(each for each, place in self._places.items() if each.isdecimal() and not (all_seen and place == REMOVED))


def scope_of(caller: Caller) -> Scope:
    """The experiments whose traces a caller may see, from their grants.

    It is what holds for experiments that no grant names, and those named for which something else holds.
    """
    if caller.is_administrator:
        return EVERYTHING
    usually = caller.may("read", "trace", "*")
    named = {grant.resource_pattern for grant in caller.grants if grant.resource_type == "experiment" and grant.resource_pattern != "*"}
    named |= {each for each in caller.places if each.isdecimal()}
    return Scope(frozenset(each for each in named if caller.may("read", "trace", each) != usually), only=not usually)
