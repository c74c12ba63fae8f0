"""What goes wrong when the cache is cleared: a ``status`` for HTTP, a ``code`` for programs, a ``hint`` that says how to go on."""

from typing import ClassVar

__all__ = ("CacheFailure", "RouteNotCached", "StoreUnavailable")


class CacheFailure(Exception):
    """Base of the tree."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "cache_error"

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RouteNotCached(CacheFailure):
    """No route of that name has a cache."""

    status = 404
    code = "route_not_cached"


class StoreUnavailable(CacheFailure):
    """A store does not answer, so that what it keeps is still there."""

    status = 503
    code = "cache_unavailable"
