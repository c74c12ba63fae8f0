"""What can go wrong on a connection; the tree is drawn in ``gateway.http``."""

__all__ = ("Broken", "HttpError", "Overdue", "Unreachable")


class HttpError(Exception):
    """A request had no whole answer. ``str()`` may name hosts, never headers or bodies."""


class Unreachable(HttpError):
    """No connection could be opened."""


class Broken(HttpError):
    """The connection ended before the answer did, or what came is no HTTP/1.1."""


class Overdue(HttpError):
    """A clock ran out: ``clock`` is the setting, ``seconds`` what it allows."""

    def __init__(self, clock: str, seconds: float) -> None:
        super().__init__(f"timeouts.{clock} ({seconds:g} s)")
        self.clock = clock
        self.seconds = seconds
