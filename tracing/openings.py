"""That a span began, written down together with what else there is to write.

A write of its own for each would be a twentieth of what a request costs. So a beginning waits for the next end of any span, which takes it
along, and for a millisecond at most. A span that ends before needs no opening: an answer from the cache never does. Whoever passes on a byte of an
answer asks for the beginning to be written first (``write``), so what is lost with a process that dies is a request of the last millisecond of
which nobody has heard.
"""

import asyncio
from typing import Final

from tracing.ingest import SpanSink
from tracing.raw import RawSpan

__all__ = ("Openings",)

LONGEST_WAIT_SECONDS: Final = 0.001


class Openings:
    """Spans that began and are not written down yet. For use within one event loop; without one, each is written at once."""

    def __init__(self, sink: SpanSink) -> None:
        self._sink = sink
        self._waiting: dict[str, RawSpan] = {}
        self._timed = False

    def begun(self, raw: RawSpan) -> None:
        """Have it written down within a millisecond."""
        if not self._timed:
            try:
                asyncio.get_running_loop().call_later(LONGEST_WAIT_SECONDS, self._time_is_up)
            except RuntimeError:  # no loop runs
                self._sink.begin_own([raw])
                return
            self._timed = True
        self._waiting[raw.span_id] = raw

    def ended(self, raw: RawSpan) -> None:
        """Note that a span has ended: its end is written down, and with it what else has begun."""
        waiting = self._waiting
        if waiting:
            waiting.pop(raw.span_id, None)
            self._waiting = {}
        self._sink.put_own(raw, waiting.values())

    def write(self) -> None:
        """Write down the openings that wait."""
        if self._waiting:
            waiting, self._waiting = self._waiting, {}
            self._sink.begin_own(waiting.values())

    def _time_is_up(self) -> None:
        self._timed = False
        self.write()
