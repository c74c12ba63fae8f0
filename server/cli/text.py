"""Numbers and times as people read them. Pure; what is not known is ``—``, never zero."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from tracing.types import ScoreSummary, Status

__all__ = ("UNKNOWN", "age", "cost", "duration", "score", "status_mark", "tokens", "utc")

UNKNOWN: Final = "—"
MARKS: Final = {Status.OK: ("✓", "green"), Status.UNSET: ("✓", "green"), Status.ERROR: ("✗", "red"), Status.INTERRUPTED: ("▲", "yellow")}


def age(start_time: str, now: datetime) -> str:
    """How long ago RFC 3339 text was: ``12 s``, ``3 min``, ``5 h``, ``2 d``."""
    seconds = max(0, int((now - datetime.fromisoformat(_microseconds(start_time))).total_seconds()))
    for limit, divisor, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds // divisor} {unit}"
    return f"{seconds // 86_400} d"


def utc(at: datetime) -> str:
    """``2026-11-29 03:00 UTC``: a terminal does not say whose time it shows."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(milliseconds: float | None) -> str:
    """``0.8 ms``, ``120 ms``, ``3.4 s``, ``2.1 min``."""
    if milliseconds is None:
        return UNKNOWN
    if milliseconds < 1000:
        return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.1f} s" if milliseconds < 120_000 else f"{milliseconds / 60_000:.1f} min"


def tokens(sent: int | None, received: int | None, *, estimated: bool = False) -> str:
    """``120→30``, with ``~`` in front when it is an estimate."""
    if sent is None and received is None:
        return UNKNOWN
    return f"{'~' if estimated else ''}{UNKNOWN if sent is None else sent}→{UNKNOWN if received is None else received}"


def cost(amount: Decimal | None, unpriced: int = 0) -> str:
    """US dollars; ``+?`` when the price of some calls is not known."""
    if amount is None:
        return UNKNOWN
    digits = 2 if amount >= 1 else 6
    text = f"${amount:.{digits}f}" if amount else "$0"
    return f"{text} +?" if unpriced else text


def score(summary: ScoreSummary) -> str:
    """``helpful yes``, ``tone 0.7``, ``helpful error: timeout``."""
    return f"{summary.name} {_value(summary)}"


def status_mark(status: Status) -> tuple[str, str]:
    """A sign for a status, and its colour."""
    return MARKS[status]


def _value(summary: ScoreSummary) -> str:
    if summary.error_code:
        return f"error: {summary.error_code}"
    if isinstance(summary.value, bool):
        return "yes" if summary.value else "no"
    return UNKNOWN if summary.value is None else f"{summary.value:g}" if isinstance(summary.value, float) else str(summary.value)


def _microseconds(text: str) -> str:
    """Nanoseconds cut to the six digits that ``datetime`` can hold."""
    head, dot, fraction = text.removesuffix("Z").partition(".")
    return f"{head}{dot}{fraction[:6]}+00:00" if dot else f"{head}+00:00"
