"""What all connections of a listener share."""

import asyncio
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from email.utils import formatdate
from typing import Any, Final, Protocol

from server.http.proxies import NOBODY, Proxies

__all__ = ("Shared", "Timed")

READ_AT_ONCE: Final = 256 * 1024
HEAD_AT_ONCE: Final = 16 * 1024
"""Of a request that has not begun. What comes of a large body with its head is copied more often than the rest, so it is kept short."""


class Timed(Protocol):
    """A connection, as the listener sees it."""

    def overdue(self, now: float) -> None:
        """Hang up if a clock has run out at ``now`` (the loop's time)."""
        ...

    def stop(self) -> None:
        """Answer what is being answered, and nothing after it."""
        ...

    def abort(self) -> None:
        """Hang up at once."""
        ...


Failure = Callable[[str], tuple[str, bytes]]
"""The body of the answer to a request, by its path, on which the application failed, and its content type."""


def _plainly(path: str) -> tuple[str, bytes]:
    return "text/plain; charset=utf-8", b"the server failed on this request; its log says why\n"


class Shared:
    """The state that all connections share: those open, requests under way, clocks in seconds, and the date."""

    def __init__(
        self,
        *,
        failure: Failure = _plainly,
        proxies: Proxies = NOBODY,
        head_seconds: float = 30.0,
        body_seconds: float = 60.0,
        stuck_seconds: float = 120.0,
        idle_seconds: float = 75.0,
        linger_seconds: float = 2.0,
    ) -> None:
        self.failure = failure
        self.proxies = proxies
        """Peers whose word on their clients is taken."""
        self.head_seconds = head_seconds
        """From a connection, or the first byte of a request, to the end of its head."""
        self.body_seconds = body_seconds
        """Between two pieces of a request's body."""
        self.stuck_seconds = stuck_seconds
        """How long a client may take nothing of an answer that waits for it."""
        self.idle_seconds = idle_seconds
        """From an answer to the next request."""
        self.linger_seconds = linger_seconds
        """How long a client that was refused may go on sending."""
        self.buffer = memoryview(bytearray(READ_AT_ONCE))
        """What is read, of whichever connection: it is told apart before the next is read."""
        self.head_buffer = self.buffer[:HEAD_AT_ONCE]
        self.connections: set[Timed] = set()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.stopping = False
        self.date = b""
        self.tick()

    def tick(self) -> None:
        """Set the ``Date`` header (RFC 9110 section 6.6.1)."""
        self.date = f"date: {formatdate(usegmt=True)}\r\n".encode()

    def look(self, now: float) -> None:
        """Hang up on connections that are too slow."""
        for connection in frozenset(self.connections):
            connection.overdue(now)

    @property
    def under_way(self) -> AbstractSet["asyncio.Task[Any]"]:
        """How many requests are being answered."""
        return frozenset(self.tasks)
