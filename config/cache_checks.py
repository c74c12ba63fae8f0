"""Checks of caches: routes whose answers must not be kept, and caches without a store."""

from collections.abc import Callable, Iterator

from config.findings import Finding
from config.written import Node, child, items, span_of, text_of

__all__ = ("check_caches",)

CheckModel = Callable[[Node | None, str, str], Iterator[Finding]]


def check_caches(root: Node, check_model: CheckModel) -> Iterator[Finding]:
    """Problems with the cache of any route."""
    telemetry = child(root, "telemetry")
    for index, route in enumerate(items(child(root, "routes"))):
        store = text_of(child(child(route, "cache"), "store")) or "memory"
        cache, path = child(route, "cache"), f"routes[{index}].cache.store"
        model = child(child(cache, "semantic"), "model")
        yield from check_model(model, f"routes[{index}].cache.semantic.model", f"routes[{index}].cache.semantic")
        if cache is None or store not in ("redis", "disk"):
            continue
        if store == "redis" and child(child(root, "storage"), "redis") is None:
            yield Finding(span_of(cache, "store"), path, path, "is 'redis', and there is none", "set storage.redis, or write store: memory")
        if reason := _unwritten(route, telemetry):
            predicate = f"is {store!r}, where answers are written as they are, and {reason}"
            yield Finding(span_of(cache, "store"), path, path, predicate, "write store: memory")


def _unwritten(route: Node, telemetry: Node | None) -> str:
    """Why this route's answers must not be written; ``""`` when they may."""
    if (content := text_of(child(route, "content"))) in ("hash", "none"):
        return f"the route has content: {content}"
    if text_of(child(telemetry, "content")) == "none":
        return "telemetry.content is none"
    return "telemetry.redact replaces what must not be written" if child(telemetry, "redact") is not None else ""
