"""What is counted, what a request asks for, what became of it.

Amounts are whole numbers: requests, tokens, and money in billionths of a dollar, so that sums are exact in Python, SQL and Redis alike.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

import msgspec

__all__ = (
    "METRICS",
    "Amounts",
    "Budgets",
    "Ceiling",
    "Charge",
    "Counter",
    "Demand",
    "Granted",
    "Metric",
    "Per",
    "Refused",
    "Standing",
    "Tally",
    "Traffic",
    "Window",
)

Metric = Literal["requests", "tokens", "cost"]
METRICS: Final[tuple[Metric, ...]] = get_args(Metric)
Per = Literal["all", "route", "key", "team", "user", "address"]
Traffic = Literal["apps", "judges"]
Window = Literal["second", "minute", "hour", "day", "week", "month"]

NANOS: Final = 1_000_000_000
"""Units of money in a dollar."""

Amounts = Mapping[Metric, int]
"""What a request used. A metric that is absent is not known, and not counted."""

Counter = tuple[str, int, str]
"""One counter: the ceiling's id, the second its window began, the subject."""


class Ceiling(msgspec.Struct, frozen=True, kw_only=True):
    """The most of one metric in a window. ``id`` is the same after a restart; ``route`` and ``key_id`` are whose ceiling it is.

    ``key_name`` is how people know the key.
    """

    id: str
    name: str
    metric: Metric
    limit: int
    window: Window
    per: Per
    only: frozenset[str] = frozenset()
    traffic: Traffic = "apps"
    route: str = ""
    key_id: str = ""
    key_name: str = ""


class Demand(msgspec.Struct, frozen=True):
    """What a request will use of a metric: at least, and at most as far as that is known."""

    least: int
    most: int


class Charge(msgspec.Struct, frozen=True):
    """A demand on one counter, whose window ends at ``ends``, in seconds since the epoch."""

    counter: Counter
    ceiling: Ceiling
    demand: Demand
    ends: int


class Granted(msgspec.Struct, frozen=True):
    """A reservation. ``amounts`` and ``left`` (after it) go with ``charges``, one each."""

    id: str
    charges: tuple[Charge, ...]
    amounts: tuple[int, ...]
    left: tuple[int, ...]


class Refused(msgspec.Struct, frozen=True):
    """The first charge that does not fit. Nothing was reserved."""

    charge: Charge
    used: int
    reserved: int


class Tally(msgspec.Struct, frozen=True):
    """How a counter moved when a request was settled."""

    charge: Charge
    before: int
    after: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A counter as people read it. Amounts of money are dollars. ``resets_at`` is RFC 3339.

    ``key`` and ``route`` are whose limit it is, ``""`` for one of everything; ``subject`` is who it was counted for: their name, ``""`` when
    nobody said, and the owner of a limit on all of its own requests.
    """

    limit: str
    metric: Metric
    per: Per
    subject: str
    window: Window
    traffic: Traffic
    ceiling: float
    used: float
    reserved: float
    remaining: float
    resets_at: str
    key: str = ""
    route: str = ""

    @property
    def whose(self) -> str:
        """In words: ``all``, ``key ci``, ``user ada of route chat``, ``no team``."""
        owner = f"key {self.key}" if self.key else f"route {self.route}" if self.route else ""
        if self.per == "all":
            return owner or "all"
        counted = f"{self.per} {self.subject}" if self.subject else f"no {self.per}"
        return f"{counted} of {owner}" if owner else counted


class Budgets(msgspec.Struct, frozen=True):
    """Counters, the fullest first."""

    budgets: list[Standing]
