"""From settings to ceilings, and from a request to the ceilings that it stands under. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from config.schema import LimitSettings, Settings
from gateway.keys.types import VirtualKey
from gateway.limits.types import METRICS, NANOS, Ceiling, Charge, Demand, Metric, Per
from gateway.limits.windows import bounds
from gateway.policies import Call

__all__ = ("Ceilings", "charges", "of_key", "of_settings")

Ceilings = Sequence[Ceiling]
Demands = Mapping[Metric, Demand]

_LONGEST_SUBJECT: Final = 256


def of_settings(settings: Settings) -> tuple[Ceiling, ...]:
    """The ceilings of a configuration: those of everything, and those of each route."""
    everywhere = _compiled(settings.limits, "")
    routes = (each for route in settings.routes for each in _compiled(route.limits, f"route/{route.name}/", route=route.name))
    return _told_apart((*everywhere, *routes))


def of_key(key: VirtualKey) -> tuple[Ceiling, ...]:
    """The ceilings that a key brings along."""
    return _told_apart(msgspec.structs.replace(each, key_name=key.name) for each in _compiled(key.limits, f"key/{key.id}/", key_id=key.id))


def charges(call: Call, ceilings: Iterable[Ceiling], demands: Demands, now: int) -> tuple[Charge, ...]:
    """What a request asks of each ceiling that it stands under. A demand that is not known is left out."""
    traffic = "judges" if call.inbound.origin else "apps"
    asked: list[Charge] = []
    for ceiling in ceilings:
        if ceiling.traffic != traffic or (ceiling.route and ceiling.route != call.plan.route):
            continue
        demand, subject = demands.get(ceiling.metric), _SUBJECTS[ceiling.per](call)[:_LONGEST_SUBJECT]
        if demand is not None and (not ceiling.only or subject in ceiling.only):
            start, end = bounds(ceiling.window, now)
            asked.append(Charge((ceiling.id, start, subject), ceiling, demand, end))
    return tuple(asked)


_SUBJECTS: Final[Mapping[Per, Callable[[Call], str]]] = {
    "all": lambda _: "",
    "route": lambda call: call.plan.route or call.plan.targets[0].name,
    "key": lambda call: call.caller.key.name if call.caller.key else "",
    "team": lambda call: call.caller.team,
    "user": lambda call: call.caller.user,
    "address": lambda call: call.inbound.address,
}
"""Who a counter belongs to. Those who are not known share the counter of ``""``."""


def _compiled(limits: Iterable[LimitSettings], prefix: str, *, route: str = "", key_id: str = "") -> Iterator[Ceiling]:
    for limit in limits:
        for metric in METRICS:
            most = getattr(limit, metric)
            if most is None:
                continue
            name = limit.name or _name(limit, metric)
            yield Ceiling(
                id=f"{prefix}{name}/{metric}",
                name=name,
                metric=metric,
                limit=round(most * NANOS) if metric == "cost" else most,
                window=limit.window,
                per=limit.per,
                only=frozenset(limit.only),
                traffic=limit.traffic,
                route=route,
                key_id=key_id,
            )


def _name(limit: LimitSettings, metric: Metric) -> str:
    scope = "" if limit.per == "all" else f"{limit.per}-and-"
    judged = "judges-" if limit.traffic == "judges" else ""
    return f"{judged}{metric}-per-{scope}{limit.window}"


def _told_apart(ceilings: Iterable[Ceiling]) -> tuple[Ceiling, ...]:
    """Two ceilings never share a counter: the second of one id gets a number."""
    found: dict[str, Ceiling] = {}
    for ceiling in ceilings:
        ids = (ceiling.id, *(f"{ceiling.id}#{number}" for number in range(2, len(found) + 3)))
        free = next(each for each in ids if each not in found)
        found[free] = msgspec.structs.replace(ceiling, id=free)
    return tuple(found.values())
