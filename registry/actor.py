"""Who asks for a change and why: known where a request comes in, needed where the change is written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import msgspec

__all__ = ("CURRENT", "Actor", "acting", "because")


class Actor(msgspec.Struct, frozen=True):
    """A name, ``""`` when nobody said one, and the reason given for the request."""

    name: str = ""
    reason: str = ""


NOBODY: Final = Actor()
CURRENT: Final[ContextVar[Actor]] = ContextVar("registry_actor", default=NOBODY)
"""Whoever makes the request that runs now."""


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Within this block ``actor`` is the one who asks."""
    token = CURRENT.set(actor)
    try:
        yield
    finally:
        CURRENT.reset(token)


@contextmanager
def because(reason: str) -> Iterator[None]:
    """Within this block ``reason`` is why. An empty one keeps the reason of the request."""
    actor = CURRENT.get()
    with acting(msgspec.structs.replace(actor, reason=reason or actor.reason)):
        yield
