"""Rules: a field of ``Reading``, the attributes that may hold it (best first), and how to read the value.

A reader answers ``None`` for a value that is not of its kind: a wrong attribute is the same as a missing one, and stays visible among
the raw attributes.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from tracing.types import Attribute
from tracing.unreadable import UNREADABLE

__all__ = ("Fields", "Reader", "Rule", "boolean", "integer", "milliseconds", "money", "read_rules", "seconds", "text", "texts")

Reader = Callable[[Attribute], object]
Fields = dict[str, object]

_LARGEST_COUNT: Final = 2**32 - 1


class Rule(msgspec.Struct, frozen=True):
    """One line of a convention's table."""

    field: str
    read: Reader
    keys: tuple[str, ...]


def read_rules(attributes: Mapping[str, Attribute], rules: Iterable[Rule]) -> Fields:
    """Apply a table. A field whose attributes are all missing or unreadable is absent from the result."""
    fields: Fields = {}
    get = attributes.get
    for rule in rules:
        for key in rule.keys:
            raw = get(key)
            if raw is not None and (value := rule.read(raw)) is not None:
                fields[rule.field] = value
                break
    return fields


def text(value: Attribute) -> str | None:
    """Text that is not empty; numbers are written out."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(value)


def texts(value: Attribute) -> tuple[str, ...] | None:
    """A list of texts, given as a list, as a JSON list, or as one text."""
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    if not isinstance(value, str) or not value:
        return None
    if value.startswith("["):
        try:
            return tuple(str(item) for item in msgspec.json.decode(value, type=list[object]))
        except UNREADABLE:
            pass
    return (value,)


def integer(value: Attribute) -> int | None:
    """A count. Zero is a count. OTLP/JSON sends 64-bit integers as text, some clients send floats; both are read."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = _number(value)
    if isinstance(value, float):
        value = int(value) if math.isfinite(value) else None
    return value if isinstance(value, int) and 0 <= value <= _LARGEST_COUNT else None


def boolean(value: Attribute) -> bool | None:
    """A flag, also as the texts ``true`` and ``false``."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def money(value: Attribute) -> Decimal | None:
    """US dollars, not negative."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < 1_000_000 else None


def seconds(value: Attribute) -> int | None:
    """A duration in seconds, as nanoseconds."""
    return _duration(value, 1e9)


def milliseconds(value: Attribute) -> int | None:
    """A duration in milliseconds, as nanoseconds."""
    return _duration(value, 1e6)


def _duration(value: Attribute, unit: float) -> int | None:
    if isinstance(value, str):
        value = _number(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return min(round(value * unit), 2**63 - 1)


def _number(value: str) -> float | int | None:
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return None
