"""A circuit breaker: a target that keeps failing is left alone for a while, then asked once, and trusted again when it answers."""

from enum import StrEnum

from config.schema import BreakerSettings

__all__ = ("Breaker", "BreakerState")


class BreakerState(StrEnum):
    """``HALF_OPEN``: the time is over, and one request at a time probes the target."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """The state of one target. ``now`` is monotonic time in seconds.

    ``failures`` in a row open it for ``open`` seconds, twice as long each time a probe fails, up to ``longest``. A probe whose result never
    comes is forgotten after as long as the target was left alone.
    """

    __slots__ = ("_failures", "_opened_for", "_probe_until", "_until", "settings")

    def __init__(self, settings: BreakerSettings) -> None:
        self.settings = settings
        self._failures = 0
        self._until: float | None = None
        self._opened_for = 0.0
        self._probe_until: float | None = None

    def state(self, now: float) -> BreakerState:
        """The current state."""
        if self._until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._until else BreakerState.HALF_OPEN

    @property
    def until(self) -> float:
        """When the target may be probed; 0 when the breaker is closed."""
        return self._until or 0.0

    def allows(self, now: float) -> bool:
        """Whether a request may go there: closed, or half open without a probe under way."""
        if self._until is None:
            return True
        return now >= self._until and (self._probe_until is None or now >= self._probe_until)

    def begin(self, now: float) -> None:
        """A request goes there; while half open it is the probe."""
        if self._until is not None and now >= self._until:
            self._probe_until = now + max(self._opened_for, self.settings.open)

    def succeeded(self, now: float) -> None:
        """The target answered: all is forgiven, unless the answer is to a request from before it was left alone."""
        if self._until is not None and now < self._until:
            return
        self._failures = 0
        self._until = None
        self._opened_for = 0.0
        self._probe_until = None

    def failed(self, now: float, told: float | None = None) -> None:
        """The target failed; ``told`` is for how many seconds it asked to be left alone."""
        self._failures += 1
        if told:
            self.trip(now, min(told, self.settings.longest))
        elif self._until is not None:
            if now >= self._until:
                self.trip(now, min(self.settings.longest, max(self._opened_for * 2, self.settings.open)))
        elif self.settings.failures and self._failures >= self.settings.failures:
            self.trip(now, self.settings.open)

    def trip(self, now: float, seconds: float) -> None:
        """Leave the target alone for ``seconds`` from now on, whatever was known."""
        self._until = now + seconds
        self._opened_for = seconds
        self._probe_until = None
