"""Which experiments' traces whoever asks may read."""

from registry.access.types import CALLER, Caller
from tracing.scope import EVERYTHING, Scope

__all__ = ("scope_of", "scope_of_caller")


def scope_of_caller() -> Scope:
    """The scope of ``CALLER``; without one, everything."""
    caller = CALLER.get()
    return EVERYTHING if caller is None else scope_of(caller)


def scope_of(caller: Caller) -> Scope:
    """What holds for traces of no experiment that a grant names, and the named ones for which something else holds."""
    if caller.is_administrator:
        return EVERYTHING
    usually = caller.may("read", "trace", "*")
    named = {grant.resource_pattern for grant in caller.grants if grant.resource_type == "experiment" and grant.resource_pattern != "*"}
    named |= {each for each in caller.places if each.isdecimal()}
    return Scope(frozenset(each for each in named if caller.may("read", "trace", each) != usually), only=not usually)
