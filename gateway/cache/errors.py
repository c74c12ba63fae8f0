"""What can go wrong in the answer cache.

::

    CacheError
    ├── AnswerUnreadable        a kept answer has no other form; the request is sent as if nothing were kept
    └── CacheFailure            told to whoever clears the cache
        ├── RouteNotCached      404
        └── StoreUnavailable    503
"""

from typing import ClassVar

__all__ = ("AnswerUnreadable", "CacheError", "CacheFailure", "RouteNotCached", "StoreUnavailable")


class CacheError(Exception):
    """Base of the tree."""


class AnswerUnreadable(CacheError):
    """A kept answer is not of the form that its dialect promises. It passed to its client unread, and has no form in which it could be told otherwise."""


class CacheFailure(CacheError):
    """A clearing failed: a ``status`` for HTTP, a ``code`` for programs, a ``hint`` that says how to go on."""

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
