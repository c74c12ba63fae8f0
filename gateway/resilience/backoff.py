"""How long to wait before a retry."""

from config.schema import BackoffSettings

__all__ = ("wait_before",)


def wait_before(retry: int, told: float | None, settings: BackoffSettings, draw: float) -> float | None:
    """Seconds before the ``retry``-th retry, counted from 0; ``None`` when the vendor asks for more patience than is allowed.

    What the vendor asked for (``told``) is waited for in full, else "full jitter": anything between nothing and a limit that doubles with
    each retry. ``draw`` is uniform in [0, 1).
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    if told is not None:
        return told if told <= settings.longest_wait else None
    return draw * min(settings.limit, settings.base * 2.0 ** min(retry, 30))
