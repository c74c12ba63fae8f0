"""Whose traces a reader may see: those of some experiments, or of all but some. The rest are as if they were not there."""

from collections.abc import Callable
from typing import Final

import msgspec

from tracing.statements import Condition

__all__ = ("DEFAULT_EXPERIMENT", "EVERYTHING", "Scope", "ScopeOf", "everything")

DEFAULT_EXPERIMENT: Final = "0"
"""Holds the traces that nobody put into an experiment."""


class Scope(msgspec.Struct, frozen=True):
    """All experiments but ``experiments``; with ``only``, these and no others."""

    experiments: frozenset[str] = frozenset()
    only: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing is hidden."""
        return not self.only and not self.experiments

    def without(self, experiments: frozenset[str]) -> "Scope":
        """The scope without the traces of these experiments."""
        return Scope(self.experiments - experiments if self.only else self.experiments | experiments, self.only)

    def condition(self) -> Condition:
        """The condition for traces of this scope, in a statement that has a ``trace_id``."""
        if self.is_whole:
            return Condition("1", {})
        named = f"trace_id IN ({_PLACED} AND value IN {{scope_experiments:Array(String)}})"
        if DEFAULT_EXPERIMENT in self.experiments:
            named = f"({named} OR trace_id NOT IN ({_PLACED}))"
        return Condition(named if self.only else f"NOT {named}", {"scope_experiments": sorted(self.experiments)})


_PLACED: Final = "SELECT trace_id FROM trace_properties FINAL WHERE project_id = 'default' AND kind = 'INFO' AND key = 'experiment_id'"

EVERYTHING: Final = Scope()
ScopeOf = Callable[[], Scope]
"""The scope of whoever asks now."""


def everything() -> Scope:
    """The scope that hides nothing: for the server's own work."""
    return EVERYTHING
