"""How often a password may be guessed: some attempts for a name from one address, more for an address, then none for a while."""

from collections import OrderedDict
from typing import Final

import msgspec

__all__ = ("Attempts", "TooManyAttempts")

WINDOW_SECONDS: Final = 300.0
FOR_NAME: Final = 10
FOR_ADDRESS: Final = 50
REMEMBERED: Final = 10_000


class TooManyAttempts(Exception):
    """Passwords were guessed too often: nothing is checked for ``seconds``, whether the password is right or not."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many attempts: {seconds:.0f} s")
        self.seconds = seconds


class _Failures(msgspec.Struct):
    until: float
    count: int = 0


class Attempts:
    """Counts failures in memory. A name is counted together with the address: nobody is locked out by somebody else's guesses."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[bytes | None, str], _Failures] = OrderedDict()

    def check(self, name: bytes, address: str, now: float) -> None:
        """Raise ``TooManyAttempts`` after too many wrong passwords. ``now`` is in seconds of a clock that never goes back."""
        for key, most in (((name, address), FOR_NAME), ((None, address), FOR_ADDRESS)):
            found = self._failures.get(key)
            if found is not None and found.count >= most and found.until > now:
                raise TooManyAttempts(found.until - now)

    def failed(self, name: bytes, address: str, now: float) -> None:
        """Count a wrong password."""
        for key in ((name, address), (None, address)):
            found = self._failures.get(key)
            if found is None or found.until <= now:
                found = self._failures[key] = _Failures(now + WINDOW_SECONDS)
            found.count += 1
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, name: bytes, address: str) -> None:
        """Note a right password: earlier failures are forgotten."""
        self._failures.pop((name, address), None)
