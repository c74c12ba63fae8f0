"""Limits that count nothing, and names in them that belong to nobody."""

from collections.abc import Iterator

from config.findings import Finding
from config.written import Node, child, items, span_of, text_of

__all__ = ("check_limits",)

METRICS = ("requests", "tokens", "cost")


def check_limits(root: Node) -> Iterator[Finding]:
    """Every limit of the file, and of its routes."""
    for index, limit in enumerate(items(child(root, "limits"))):
        yield from _limit(limit, f"limits[{index}]")
    for number, route in enumerate(items(child(root, "routes"))):
        for index, limit in enumerate(items(child(route, "limits"))):
            yield from _limit(limit, f"routes[{number}].limits[{index}]")


def _limit(limit: Node, path: str) -> Iterator[Finding]:
    if all(child(limit, metric) is None for metric in METRICS):
        yield Finding(limit.span, path, path, "limits nothing", "write requests, tokens or cost: {requests: 60, window: minute}")
    per = text_of(child(limit, "per")) or "all"
    if per == "all" and items(child(limit, "only")):
        predicate = "names those it is meant for, and counts all together"
        yield Finding(span_of(limit, "only"), f"{path}.only", path, predicate, "write per: route, key, team, user or address beside it")
