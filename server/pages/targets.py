"""The state of routes' targets, from what each process of the server says of them."""

from collections.abc import Sequence

from server.fleet import Targets
from server.ui.services import TargetState

__all__ = ("target_states",)


def target_states(processes: Sequence[Targets | None]) -> list[TargetState]:
    """Each target of a route once. Where processes disagree, the worst state, and how many processes have it."""
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for targets in processes:
        for route, model, state, pending in targets or ():
            found.setdefault((route, model), []).append((state, pending))
    return [_target_state(*key, states) for key, states in found.items()]


def _target_state(route: str, model: str, found: Sequence[tuple[str, int]]) -> TargetState:
    states = [state for state, _ in found]
    worst = next((state for state in ("open", "half_open") if state in states), "closed")
    where = f" by {states.count(worst)} of {len(states)} processes" if len(states) > 1 and worst != "closed" else ""
    return TargetState(route, model, worst, sum(pending for _, pending in found), where)
