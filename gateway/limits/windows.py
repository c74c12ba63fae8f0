"""Windows of time by the calendar, in UTC."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from gateway.limits.types import Window

__all__ = ("bounds",)

_SECONDS: Final[Mapping[Window, int]] = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_MONDAY: Final = 4 * 86_400
"""The first Monday of the epoch, in seconds: its first day was a Thursday."""

_months: dict[int, tuple[int, int]] = {}


@lru_cache(64)
def bounds(window: Window, now: int) -> tuple[int, int]:
    """The first second of the window that ``now`` is in, and of the next one. Cached, since all requests of a second ask the same."""
    return _BOUNDS.get(window, _even)(window, now)


def _even(window: Window, now: int) -> tuple[int, int]:
    start = now - now % _SECONDS[window]
    return start, start + _SECONDS[window]


def _week(_: Window, now: int) -> tuple[int, int]:
    start = now - (now - _MONDAY) % (7 * 86_400)
    return start, start + 7 * 86_400


def _month(_: Window, now: int) -> tuple[int, int]:
    found = _months.get(now // 86_400)
    if found is None:
        first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = (first + timedelta(days=32)).replace(day=1)
        _months.clear()
        found = _months[now // 86_400] = int(first.timestamp()), int(following.timestamp())
    return found


_BOUNDS: Final[Mapping[Window, Callable[[Window, int], tuple[int, int]]]] = {"week": _week, "month": _month}
