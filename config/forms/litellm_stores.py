"""LiteLLM's cache, the Redis that it shares with the router, its budget, and what it keeps of messages."""

from collections.abc import Mapping
from typing import Final

from config.forms.reading import Reader, listed, made, plain, word
from config.forms.references import reference
from config.suggest import closest, listing
from config.written import Node, child, span_of, text_of

__all__ = ("CACHE_KEYS", "budget_of", "cache_of", "content_of", "redis_of")

STORES: Final[Mapping[str, str]] = {"local": "memory", "in-memory": "memory", "disk": "disk", "redis": "redis"}
"""Where LiteLLM keeps answers, in our words."""

SEMANTIC: Final = ("redis-semantic", "valkey-semantic", "qdrant-semantic")
CACHE_KEYS: Final = ("type", "ttl", "url", "host", "port")
CACHE_UNUSED: Final[Mapping[str, str]] = {
    "password": "write url: os.environ/REDIS_URL, which holds redis://:password@host:port",
    "namespace": "take it out: keys of the cache begin with their tenant and route",
    "max_connections": "take it out",
    "supported_call_types": "take it out: whatever a route answers whole is kept",
    "mode": "take it out, and send cache-control: no-store with requests whose answers are not to be kept",
    "disk_cache_dir": "set storage.path, beneath which it lies",
    "similarity_threshold": "write cache: {semantic: {model: …, threshold: …}} in a route",
    "ssl": "write url: with rediss://",
    "default_in_memory_ttl": "write ttl",
    "default_in_redis_ttl": "write ttl",
}
WINDOWS: Final[Mapping[str, str]] = {
    "1s": "second",
    "1m": "minute",
    "60s": "minute",
    "1h": "hour",
    "60m": "hour",
    "1d": "day",
    "24h": "day",
    "7d": "week",
    "30d": "month",
    "1mo": "month",
}
"""LiteLLM's durations that are, or are about, a window here."""


def redis_of(root: Node, reader: Reader) -> Node | None:
    """``storage.redis``: ours where it is written, else what the router or the cache counts in."""
    if (written := child(child(root, "storage"), "redis")) is not None:
        return written
    router, params = child(root, "router_settings"), child(child(root, "litellm_settings"), "cache_params")
    if (url := child(router, "redis_url")) is not None:
        return reference(reader, url, "router_settings.redis_url")
    if (url := child(params, "url")) is not None:
        return reference(reader, url, "litellm_settings.cache_params.url")
    host, port = child(params, "host"), child(params, "port")
    # A name in a variable cannot be put into a URL here; and a URL with a password in it is a secret, which is no text of a file.
    if host is None or "/" in str(plain(host)) or "/" in str(plain(port) if port else "") or child(params, "password") is not None:
        return None
    return word(host.span, f"redis://{plain(host)}:{plain(port) if port else 6379}")


def cache_of(root: Node, reader: Reader, redis: Node | None) -> Node | None:
    """``cache: true`` of everything is a cache of each route."""
    settings = child(root, "litellm_settings")
    cache, params = child(settings, "cache"), child(settings, "cache_params")
    path = "litellm_settings.cache_params"
    if params is not None:
        reader.known_keys(params, path, CACHE_KEYS, CACHE_UNUSED)
    if cache is None or plain(cache) is not True:
        return None
    kind = child(params, "type")
    store = STORES.get(text_of(kind) or "local")
    if store is None or (store == "redis" and redis is None):
        node = cache if kind is None else kind
        predicate = f"is {plain(node)!r}, and so nothing is answered from a cache here"
        reader.note(node.span, f"{path}.type", f"{path}.type", predicate, _other_store(text_of(kind), store), severity="warning")
        return None
    if store != "memory" and content_of(root) is not None:
        predicate = f"would write answers, which turn_off_message_logging forbids here; they are kept in memory instead of in {store!r}"
        node = cache if kind is None else kind
        reader.note(node.span, f"{path}.type", f"{path}.type", predicate, "write type: local", severity="warning")
        store = "memory"
    return made(cache.span, {"store": word(cache.span, store), "ttl": child(params, "ttl")})


def _other_store(kind: str | None, store: str | None) -> str:
    if store == "redis":
        return "write url: os.environ/REDIS_URL, which holds redis://:password@host:port, or write type: local"
    if kind in SEMANTIC:
        return "write type: local, and cache: {semantic: {model: …}} in the routes, see docs/cache.md"
    return f"write type: {listing(STORES)}"


def budget_of(root: Node, reader: Reader) -> Node | None:
    """``max_budget`` of the whole proxy, as a limit on what all spend together."""
    settings = child(root, "litellm_settings")
    money, duration = child(settings, "max_budget"), child(settings, "budget_duration")
    if money is None:
        return None
    here = "litellm_settings.budget_duration"
    window = WINDOWS.get(text_of(duration) or "")
    if window is None:
        written = "is missing, and a limit here has a window" if duration is None else f"is {plain(duration)!r}, which is no window here"
        near = closest(text_of(duration) or "", WINDOWS)
        span = span_of(settings or root, "max_budget" if duration is None else "budget_duration")
        reader.note(span, here, here, written, f"write one of: {listing(WINDOWS)}", near, severity="error")
        return None
    values = {"name": word(money.span, "max-budget"), "cost": reader.came_from(money, "litellm_settings.max_budget")}
    return listed(money.span, [made(money.span, {**values, "window": word(money.span, window)})])


def content_of(root: Node) -> Node | None:
    """``turn_off_message_logging``: nothing of messages is stored."""
    node = child(child(root, "litellm_settings"), "turn_off_message_logging")
    return word(node.span, "none") if node is not None and plain(node) is True else None
