"""Numbers, times and names as people read them.

Every function is total: what is not known comes in as ``None`` and goes out as an em dash, never as a zero.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from tracing.types import AssessmentValue

__all__ = (
    "UNKNOWN",
    "age",
    "compact",
    "duration",
    "exact_time",
    "family",
    "figure",
    "file_size",
    "from_millis",
    "host_of",
    "indented",
    "inert",
    "level",
    "machine_time",
    "money",
    "parse_time",
    "percent",
    "score",
    "time_ns",
    "tokens",
)

Time = str | datetime
"""Telemetry tells times as RFC 3339 text, the registry as ``datetime``."""

UNKNOWN: Final = "—"
_MINUS: Final = "\N{MINUS SIGN}"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_FAMILIES: Final = {
    "LLM": "model",
    "AGENT": "agent",
    "TOOL": "tool",
    "RETRIEVER": "retrieval",
    "EMBEDDING": "retrieval",
    "RERANKER": "retrieval",
    "MEMORY": "retrieval",
    "EVALUATOR": "judgement",
    "GUARDRAIL": "judgement",
}


def duration(milliseconds: float | None) -> str:
    """``0.4 ms``, ``87 ms``, ``4.17 s``, ``2 m 05 s``, ``3 h 12 m``: three digits that matter, one unit or two."""
    if milliseconds is None:
        return UNKNOWN
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} m"


def compact(count: int | None) -> str:
    """A count: exact below ten thousand (``9,812``), then ``12.3k`` and ``4.5M``."""
    if count is None:
        return UNKNOWN
    if abs(count) < 10_000:
        return f"{count:,}"
    if abs(count) < 999_950:
        return f"{count / 1000:.1f}k"
    return f"{count / 1_000_000:.1f}M"


def tokens(count: int | None, *, estimated: bool = False) -> str:
    """A token count; a tilde says that nobody counted."""
    return compact(count) if count is None or not estimated else f"~{compact(count)}"


def money(dollars: Decimal | float | None) -> str:
    """US dollars with enough digits to tell small sums apart: ``$0.000042``, ``$0.0028``, ``$1.10``, ``$1,204``."""
    if dollars is None:
        return UNKNOWN
    value = Decimal(dollars)
    size = abs(value)
    if size == 0:
        return "$0"
    if size >= 1000:
        return f"${value:,.0f}"
    if size >= 1:
        return f"${value:.2f}"
    if size < Decimal("0.01"):
        return f"${value:.{min(9, 1 - size.adjusted())}f}"  # two digits that count, also where the second is a zero: a column stays in line
    digits = f"{value:.{2 - size.adjusted()}f}".rstrip("0")
    return f"${digits}" if len(digits.partition(".")[2]) >= 2 else f"${value:.2f}"


def percent(share: float | None) -> str:
    """``0.8 %``, ``100 %``."""
    if share is None:
        return UNKNOWN
    value = share * 100
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"


def file_size(count: int) -> str:
    """Bytes in powers of 1,000."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1000:.1f} kB"
    return f"{count / 1_000_000:.1f} MB"


def figure(value: float | None) -> str:
    """A metric: ``0.3127``, ``12,345``, ``1.2e-07``; ``NaN`` and the infinities by name."""
    if value is None:
        return UNKNOWN
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else f"{_MINUS}∞"
    plain = value == 0 or 1e-4 <= abs(value) < 1e9
    written = f"{value:,.6g}" if plain and abs(value) < 1e6 else f"{value:,.0f}" if plain else f"{value:.4g}"
    return written.replace("-", _MINUS, 1) if value < 0 else written


def from_millis(milliseconds: int) -> datetime:
    """The moment so many milliseconds after the epoch; the last there is for one that no calendar has."""
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def parse_time(time: Time) -> datetime | None:
    """A moment from RFC 3339 text with any number of digits; ``None`` when it is not a time. Without a zone it is in UTC."""
    try:
        moment = time if isinstance(time, datetime) else datetime.fromisoformat(time)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def time_ns(text: Time) -> int:
    """Nanoseconds since the epoch, exact to the microsecond; 0 when the text is not a time."""
    moment = parse_time(text)
    return 0 if moment is None else round((moment - _EPOCH) / timedelta(microseconds=1)) * 1000


def age(text: Time, now: datetime) -> str:
    """How long ago: ``now``, ``12s``, ``4m``, ``3h``, ``2d``, then the date. Clocks that run ahead read ``now``."""
    moment = parse_time(text)
    if moment is None:
        return UNKNOWN
    seconds = (now - moment).total_seconds()
    for size, unit in ((60, "s"), (3600, "m"), (86_400, "h"), (14 * 86_400, "d")):
        if seconds < size:
            return _in_unit(seconds, unit)
    return f"{moment:%Y-%m-%d}"


def _in_unit(seconds: float, unit: str) -> str:
    whole = int(seconds // {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit])
    return f"{whole}{unit}" if whole > 0 else "now"


def exact_time(text: Time) -> str:
    """``2026-11-24 00:15:25.123 UTC``."""
    moment = parse_time(text)
    if moment is None:
        return str(text) or "unknown time"
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M:%S}.{utc.microsecond // 1000:03d} UTC"


def machine_time(text: Time) -> str:
    """What a ``datetime`` attribute holds: RFC 3339, ``""`` when the time is not known."""
    moment = parse_time(text)
    return "" if moment is None else moment.isoformat()


def score(value: AssessmentValue) -> str:
    """A verdict in a table cell: ``yes``, ``no``, ``0.91``, ``3``, a category, or an em dash for none."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", _MINUS)
    return str(value)


def level(value: AssessmentValue) -> str:
    """Which mark a verdict carries: ``good`` and ``bad`` for yes and no, ``none`` without a verdict, else ``plain``.

    A number has no mark: nothing tells whether high is good.
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "good" if value else "bad"
    return "plain"


def family(kind: str) -> str:
    """The colour family of a span kind: six hues that stay apart in every kind of colour vision, not one hue a kind."""
    return _FAMILIES.get(kind, "flow")


def host_of(url: str) -> str:
    """The host of an address, ``""`` when it has none."""
    from urllib.parse import urlsplit

    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


_RULING: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Controls of terminals, and marks that turn the order of what is read."""


def inert(text: str) -> str:
    """Text whose controls are seen instead of obeyed: what says "txt.exe" may not be read as "exe.txt"."""
    return _RULING.sub(lambda found: chr(0x2400 + ord(found[0])) if found[0] < " " else "\ufffd", text)


def indented(value: Any) -> str:
    """A value as JSON for reading, two spaces a level."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
