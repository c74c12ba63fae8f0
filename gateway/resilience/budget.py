"""How many retries a route may add to its traffic, so that an upstream in trouble is not asked twice as often."""

__all__ = ("RetryBudget",)


class RetryBudget:
    """Each request deposits ``share`` of a retry, each retry takes a whole one; ``reserve`` are there for a quiet route.

    The reserve refills with time, ``reserve`` in ``refill`` seconds, and what is not used is not saved beyond ten seconds' worth of either.
    """

    __slots__ = ("_balance", "_filled", "_limit", "_rate", "_share")

    def __init__(self, share: float, now: float, *, reserve: float = 10.0, refill: float = 10.0, limit: float = 100.0) -> None:
        self._share = share
        self._limit = limit
        self._rate = reserve / refill
        self._balance = reserve
        self._filled = now

    def deposit(self) -> None:
        """Count a request, which earns its share of a retry."""
        self._balance = min(self._limit, self._balance + self._share)

    def withdraw(self, now: float) -> bool:
        """Whether one more retry is allowed; then it is taken."""
        self._balance = min(self._limit, self._balance + (now - self._filled) * self._rate)
        self._filled = now
        if self._balance < 1:
            return False
        self._balance -= 1
        return True
