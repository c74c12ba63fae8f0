"""How long a target takes now: a moving average that believes bad news at once and good news slowly.

Peak EWMA, as Finagle and Linkerd balance: https://linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency/
"""

from math import exp

__all__ = ("PeakEwma",)

FADES_IN = 10.0
"""Seconds in which two thirds of what was known are forgotten."""

LOST = 1.0
"""Seconds that a failure counts as, at least: an error that comes at once must not look like a fast answer."""


class PeakEwma:
    """Seconds an answer takes. ``None`` until one came."""

    __slots__ = ("_at", "value")

    def __init__(self) -> None:
        self.value: float | None = None
        self._at = 0.0

    def observe(self, seconds: float, now: float) -> None:
        """An answer took ``seconds``."""
        if self.value is None or seconds >= self.value:
            self.value = seconds
        else:
            kept = exp(-max(0.0, now - self._at) / FADES_IN)
            self.value = self.value * kept + seconds * (1 - kept)
        self._at = now

    def lost(self, seconds: float, now: float) -> None:
        """Note that a failure took ``seconds``, after which the request had to be sent again."""
        self.observe(max(seconds, LOST, self.value or 0.0), now)

    def load(self, pending: int, now: float) -> float:
        """The seconds that one more request would wait.

        Zero for a target that nobody has asked yet, so that it is asked. What is known fades also while nobody asks: one bad moment would
        keep everybody away for good.
        """
        if self.value is None:
            return 0.0
        return self.value * exp(-max(0.0, now - self._at) / FADES_IN) * (pending + 1)
