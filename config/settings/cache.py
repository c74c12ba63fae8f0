"""Settings of the answer cache."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ("CacheSettings", "CacheStoreSettings", "SemanticSettings")


class CacheStoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where answers are kept for routes with a ``cache``, and how much of them."""

    memory_bytes: Annotated[int, Meta(ge=0)] = 64 * 1024 * 1024
    """Most that this process keeps in memory, in bytes; what was used longest ago goes first."""

    disk_bytes: Annotated[int, Meta(ge=0)] = 1024 * 1024 * 1024
    """Most that lies under ``storage.path``, in bytes. A change takes a restart."""

    vector_bytes: Annotated[int, Meta(ge=0)] = 64 * 1024 * 1024
    """Most vectors of ``semantic`` caches that this process keeps in memory, in bytes."""

    answer_bytes: Annotated[int, Meta(ge=0)] = 1024 * 1024
    """Largest answer that is kept, in bytes."""


class SemanticSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Also answer a question that means nearly the same. Each request that has no kept answer is embedded, which is paid for."""

    model: str
    """``provider/model``, or a route, that gives embeddings."""

    threshold: Annotated[float, Meta(ge=0, le=1)] = 0.95
    """How near two questions must be: the cosine of their vectors. What is right depends on the model; too low gives wrong answers."""

    entries: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    """Most questions that are remembered of one tenant's same conversation up to the question."""

    timeout: Annotated[float, Meta(gt=0)] = 2.0
    """Longest wait for a vector, in seconds; then the request is sent."""


class CacheSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Give the answer to a request again when the same request comes: same tenant, route, upstream, model and body.

    Only whole, successful answers are kept. Clients have their say with ``cache-control: no-cache``, ``no-store`` and ``max-age``.
    """

    store: Literal["memory", "redis", "disk"] = "memory"
    """Where: in this process, in Redis (``storage.redis``) for several gateways, or in files, which outlive a restart."""

    ttl: Annotated[int, Meta(ge=1, le=31_536_000)] = 3600
    """Longest time that an answer is given again, in seconds."""

    per: Literal["team", "key", "user"] = "team"
    """Who shares answers: a team's keys (a key without one is alone), each key by itself, or each user. Callers without a virtual key share."""

    semantic: SemanticSettings | None = None
    """Compare the last message by its meaning. Default: never."""

    coalesce: bool = True
    """Whether the same request, while it is being answered, waits for that answer instead of being sent again."""
