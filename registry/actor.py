"""Who is asking, and why they say they do: known where a request comes in, needed where a change is written down."""

from contextvars import ContextVar
from typing import Final

import msgspec

__all__ = ("CURRENT", "Actor")


class Actor(msgspec.Struct, frozen=True):
    """A name, ``""`` when nobody said one, and the reason given for the request."""

    name: str = ""
    reason: str = ""


NOBODY: Final = Actor()
CURRENT: Final[ContextVar[Actor]] = ContextVar("registry_actor", default=NOBODY)
"""Whoever makes the request that runs now. Worker threads do not see it: read it before going there."""
