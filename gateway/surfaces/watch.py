"""Watches whether the client still waits for its answer, and cancels the request when it does not."""

import asyncio
from collections.abc import Callable
from typing import Final, Self, cast

from litestar.types import HTTPScope, Receive

__all__ = ("ON_LEAVE", "ClientWatch")

ON_LEAVE: Final = "tidegate.on_leave"
"""The name, among a scope's extensions, of a function that takes a callback for the moment when the client is gone; ``None`` takes it back."""

OnLeave = Callable[[Callable[[], None] | None], None]

WATCH_AFTER_SECONDS: Final = 0.02
"""Where the server has no such function: an answer that comes sooner is not worth a look whether the client is still there."""


class ClientWatch:
    """Cancels the request when its client goes away: the upstream is closed, and the span says so."""

    __slots__ = ("_gone", "_receive", "_request", "_timer", "_told", "_watching")

    def __init__(self, scope: HTTPScope, receive: Receive) -> None:
        self._receive = receive
        self._told = cast("OnLeave | None", (scope.get("extensions") or {}).get(ON_LEAVE))
        self._request: asyncio.Task[object] | None = None
        self._gone = False
        self._timer: asyncio.TimerHandle | None = None
        self._watching: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        """Begin to watch, in the task of the request."""
        self._request = asyncio.current_task()
        if self._told is not None:
            self._told(self._left)
        else:
            self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_SECONDS, self._arm)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> bool:
        """Swallow the cancellation that this watch itself caused, and no other."""
        self.disarm()
        if self._gone and kind is asyncio.CancelledError and self._request is not None:
            self._request.uncancel()
            return True
        return False

    def disarm(self) -> None:
        """The answer is made: whether the client takes it is no longer of interest."""
        if self._told is not None:
            self._told(None)
            return
        if self._timer is not None:
            self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()

    def _arm(self) -> None:
        self._watching = asyncio.ensure_future(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left()

    def _left(self) -> None:
        self._gone = True
        if self._request is not None:
            self._request.cancel()
