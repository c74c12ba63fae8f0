"""That a span began, written down where it lasts.

A span that is over at once needs no beginning, and most are: one is written when it is one to two ticks old, with all that are. Whoever passes
on a byte of an answer asks for the beginnings to be written first (``write``), so what is lost with a process that dies is a request of the
last hundredth of a second of which nobody has heard.
"""

import asyncio
from typing import Final

from tracing.ingest import SpanSink
from tracing.raw import RawSpan

__all__ = ("TICK_SECONDS", "Openings")

TICK_SECONDS: Final = 0.005


class Openings:
    """Spans that began and are not written down yet. For use within one event loop; without one, each is written at once."""

    def __init__(self, sink: SpanSink) -> None:
        self._sink = sink
        self._new: dict[str, RawSpan] = {}
        self._older: dict[str, RawSpan] = {}
        self._ticks = False

    def begun(self, raw: RawSpan) -> None:
        """Have it written down within two ticks."""
        if not self._ticks:
            try:
                asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
            except RuntimeError:  # no loop runs
                self._sink.begin_own([raw])
                return
            self._ticks = True
        self._new[raw.span_id] = raw

    def ended(self, raw: RawSpan) -> None:
        """Write down the end of a span, which needs no beginning then."""
        if self._new.pop(raw.span_id, None) is None:
            self._older.pop(raw.span_id, None)
        self._sink.put_own(raw)

    def write(self) -> None:
        """Write down the beginnings that wait."""
        if self._new or self._older:
            waiting = [*self._older.values(), *self._new.values()]
            self._new, self._older = {}, {}
            self._sink.begin_own(waiting)

    def _tick(self) -> None:
        due, self._older, self._new = self._older, self._new, {}
        self._ticks = bool(self._older)
        if self._ticks:
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
        if due:
            self._sink.begin_own(due.values())
