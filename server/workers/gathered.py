"""Gathers what is written in one turn of the event loop into one write: each write of its own would cost as much as the message."""

import asyncio

__all__ = ("Gathered",)


class Gathered:
    """Writes to ``out`` at the end of the turn, unless it is closed."""

    def __init__(self, out: asyncio.StreamWriter) -> None:
        self._out = out
        self._frames: list[bytes] = []
        self._loop = asyncio.get_running_loop()

    def write(self, frame: bytes) -> None:
        """Send ``data`` at the end of this turn, in the order of the calls."""
        if not self._frames:
            self._loop.call_soon(self._send)
        self._frames.append(frame)

    def _send(self) -> None:
        frames, self._frames = self._frames, []
        if not self._out.is_closing():
            self._out.write(b"".join(frames))
