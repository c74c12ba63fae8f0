"""That a span began, written down with all others that began in the same turn of the event loop.

A record of its own for each would be a twentieth of what a request costs. Whoever has seen a byte of an answer has been through a turn at
least, so what is lost with a process that dies in the middle of one is a request of which nobody has heard. A span that ends in the turn in which
it began, as an answer from the cache does, needs no opening.
"""

import asyncio

from tracing.ingest import SpanSink
from tracing.raw import RawSpan

__all__ = ("Openings",)


class Openings:
    """Spans that began and are not written down yet. For use within one event loop; without one, each is written at once."""

    def __init__(self, sink: SpanSink) -> None:
        self._sink = sink
        self._waiting: dict[str, RawSpan] = {}

    def begun(self, raw: RawSpan) -> None:
        """Write it down before this turn of the loop ends."""
        if not self._waiting:
            try:
                asyncio.get_running_loop().call_soon(self.write)
            except RuntimeError:  # no loop runs
                self._sink.begin_own([raw])
                return
        self._waiting[raw.span_id] = raw

    def ended(self, raw: RawSpan) -> None:
        """It is over: only its end is of interest."""
        if self._waiting:
            self._waiting.pop(raw.span_id, None)

    def write(self) -> None:
        """Write down what waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, {}
            self._sink.begin_own(list(waiting.values()))
