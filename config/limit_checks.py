"""Checks of limits: those that count nothing, and those that name nobody."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from config.findings import Finding
from config.suggest import closest, listing
from config.written import Node, child, items, span_of, text_of

__all__ = ("check_limits",)

METRICS = ("requests", "tokens", "cost")


def check_limits(root: Node, routes: AbstractSet[str]) -> Iterator[Finding]:
    """Every limit of the file, and of its ``routes``."""
    for index, limit in enumerate(items(child(root, "limits"))):
        yield from _limit(limit, f"limits[{index}]")
        yield from _routes(limit, f"limits[{index}]", routes)
    for number, route in enumerate(items(child(root, "routes"))):
        own = frozenset(filter(None, [text_of(child(route, "name"))]))
        for index, limit in enumerate(items(child(route, "limits"))):
            yield from _limit(limit, f"routes[{number}].limits[{index}]")
            yield from _routes(limit, f"routes[{number}].limits[{index}]", own)


def _routes(limit: Node, path: str, routes: AbstractSet[str]) -> Iterator[Finding]:
    """Names of routes that this file does not have. One may still be made through the API, so this is no error."""
    if text_of(child(limit, "per")) != "route":
        return
    for index, node in enumerate(items(child(limit, "only"))):
        name = text_of(node)
        if name is not None and name not in routes and "/" not in name:
            predicate = f"names the route {name!r}, which is not one that it could count"
            hint = f"use one of: {listing(routes)}"
            yield Finding(node.span, f"{path}.only[{index}]", path, predicate, hint, closest(name, routes), "warning")


def _limit(limit: Node, path: str) -> Iterator[Finding]:
    if all(child(limit, metric) is None for metric in METRICS):
        yield Finding(limit.span, path, path, "limits nothing", "write requests, tokens or cost: {requests: 60, window: minute}")
    per = text_of(child(limit, "per")) or "all"
    if per == "all" and items(child(limit, "only")):
        predicate = "names those it is meant for, and counts all together"
        yield Finding(span_of(limit, "only"), f"{path}.only", path, predicate, "write per: route, key, team, user or address beside it")
