"""The state of the traces table, read from its address and written back to it.

/traces?filter=latency_ms > 2000&status=ERROR&model=gpt-4o&range=24h&order=-cost
  ─▶ ListQuery ─▶ expression(), since_ns() for the store; url(...) for every link on the page
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from tracing.filters import WITHOUT_JUDGES, speaks_of_judges

__all__ = ("ORDERS", "RANGES", "STATUSES", "Chip", "ListQuery", "quoted", "read_query")

ORDERS: Final = ("-start_time", "start_time", "-duration", "duration", "-cost", "cost", "-tokens", "tokens")
STATUSES: Final = ("ok", "error", "interrupted")

RANGES: Final[Mapping[str, int]] = {"15m": 900, "1h": 3600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000}
"""Ranges offered, in seconds. They stay relative in a shared link."""

_FIELDS: Final[Mapping[str, str]] = {"status": "status", "model": "model", "prompt": "prompt", "service": "service"}
"""Parameters of the address that are choices, and the field of the filter language each stands for."""


_COMPARES: Final = re.compile(r"[=<>~]")
"""An expression has one of these, or it compares nothing."""


class Chip(msgspec.Struct, frozen=True):
    """An active choice, and the address without it."""

    label: str
    url: str


class ListQuery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is shown: its fields are the parameters of the address, their defaults stay out of it."""

    filter: str = ""
    status: str = ""
    model: str = ""
    prompt: str = ""
    service: str = ""
    range: str = ""
    judges: str = ""
    order: str = "-start_time"
    live: str = ""
    cursor: str = ""

    def expression(self) -> str | None:
        """The filter for the store: the typed expression and each choice, joined by ``and``. The typed one comes first, in parentheses."""
        typed = self.typed()
        terms = [f"({typed})"] if typed.strip() else []
        terms += [f"{field} = {quoted(value)}" for name, field in _FIELDS.items() if (value := getattr(self, name))]
        terms += [WITHOUT_JUDGES] if self.hides_judges else []
        if len(terms) == 1 and typed.strip():
            return typed
        return " and ".join(terms) or None

    def typed(self) -> str:
        """What was typed as an expression: words that compare nothing are looked for in what was said."""
        words = self.filter.strip()
        return self.filter if not words or _COMPARES.search(words) else f"text ~ {quoted(words)}"

    @property
    def hides_judges(self) -> bool:
        """Whether what judges asked their models is left out: unless it is asked for, or the filter speaks of it."""
        return not self.judges and not speaks_of_judges(self.filter)

    def since_ns(self, now_ns: int) -> int | None:
        """The start of the range, ``None`` for any time."""
        seconds = RANGES.get(self.range)
        return None if seconds is None else now_ns - seconds * 1_000_000_000

    def narrowed(self) -> bool:
        """Whether anything hides rows of applications."""
        return bool(self.filter.strip() or self.range or any(getattr(self, name) for name in _FIELDS))

    def url(self, path: str = "/traces", /, **changes: str) -> str:
        """The address of this state with ``changes``; a change of anything but the page starts again at the first page."""
        state = msgspec.structs.replace(self, **({"cursor": ""} | changes))
        text = urlencode(msgspec.to_builtins(state))
        return f"{path}?{text}" if text else path

    def chips(self) -> Iterator[Chip]:
        """The active choices, each with the address that takes it away."""
        if self.filter.strip():
            yield Chip(self.filter, self.url(filter=""))
        for name in _FIELDS:
            if value := getattr(self, name):
                yield Chip(f"{name}: {value}", self.url(**{name: ""}))
        if self.range:
            yield Chip(f"last {self.range}", self.url(range=""))

    def judge_chip(self) -> Chip | None:
        """The way to judges' own traffic and back; ``None`` where the filter decides about it."""
        if speaks_of_judges(self.filter):
            return None
        return Chip("judge traffic: shown", self.url(judges="")) if self.judges else Chip("judge traffic: hidden", self.url(judges="1"))


def read_query(parameters: Mapping[str, Any]) -> ListQuery:
    """The state that an address describes. Values that are not offered count as absent: an old link still opens."""
    given = {name: str(parameters[name]).strip() for name in ListQuery.__struct_fields__ if name in parameters}
    allowed = {"status": STATUSES, "range": RANGES, "order": ORDERS, "live": ("1",), "judges": ("1",)}
    return ListQuery(**{name: value for name, value in given.items() if value and (name not in allowed or value in allowed[name])})


def quoted(value: str) -> str:
    """A value as text of the filter language."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
