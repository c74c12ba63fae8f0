"""What is wrong with one value, in words: whether it is what the schema wants, and what to type instead."""

import math
import re
from typing import Final

from msgspec import inspect as mi

from config.suggest import closest, listing

__all__ = ("describe", "fix_for", "mismatch", "suggestion_for")

INT64: Final = 2**63 - 1
MAX_QUOTED: Final = 60
WORDS: Final = {"yes": "true", "on": "true", "true": "true", "1": "true", "no": "false", "off": "false", "false": "false", "0": "false"}
"""What other languages, and older YAML, take for true and false."""

Value = str | int | float | bool | None


def mismatch(value: Value, kind: mi.Type, form: str = "") -> str | None:
    """What ``value`` must be instead, as the predicate of a sentence; ``None`` when it is right.

    ``form`` puts a pattern of the schema into words. Raises ``TypeError`` for a type that settings are not made of.
    """
    match kind:
        case mi.StrType():
            return _text_mismatch(value, kind, form)
        case mi.LiteralType():
            return None if isinstance(value, str) and value in kind.values else f"must be one of {_choices(kind)}, not {describe(value)}"
        case mi.BoolType():
            return None if isinstance(value, bool) else f"must be true or false, not {describe(value)}"
        case mi.IntType() | mi.FloatType():
            return _number_mismatch(value, kind)
        case _:
            raise TypeError(f"settings have no type {kind!r}")


def suggestion_for(value: Value, kind: mi.Type) -> str | None:
    """The allowed word nearest to a wrong one."""
    if not isinstance(kind, mi.LiteralType) or not isinstance(value, str):
        return None
    return closest(value, map(str, kind.values))


def fix_for(value: Value, kind: mi.Type) -> str:
    """What to type instead, where the mistake is a common one."""
    if isinstance(kind, mi.StrType) and isinstance(value, int | float):
        return "put quotes around it"
    if isinstance(kind, mi.BoolType) and isinstance(value, str) and value.lower() in WORDS:
        return f"write {WORDS[value.lower()]}"
    if isinstance(kind, mi.IntType | mi.FloatType) and isinstance(value, str):
        return _fix_for_number(value)
    return ""


def _fix_for_number(value: str) -> str:
    if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", value):
        return "take the quotes off"
    found = re.fullmatch(r"[$€]?\s*(?P<digits>[0-9][0-9_,']*(?:\.[0-9]+)?)\s*(?P<unit>[%A-Za-z]*)", value)
    if found is None:
        return ""
    digits = re.sub(r"[_,']", "", found["digits"])
    return f"write a number alone, in the unit that docs/settings.md names, as in {digits}" if found["unit"] else f"write {digits}"


def describe(value: Value) -> str:
    """A value as an error calls it: ``text 'abc'``, ``the number 12``, ``nothing``."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"text {value if len(value) <= MAX_QUOTED else value[:MAX_QUOTED] + '…'!r}"
    return f"the number {value}" if isinstance(value, float) or abs(value) <= INT64 else "a number that is too large"


def _text_mismatch(value: Value, kind: mi.StrType, form: str) -> str | None:
    if not isinstance(value, str):
        return f"must be text, not {describe(value)}"
    if not (kind.min_length or 0) <= len(value) <= (kind.max_length or math.inf) or (kind.pattern and not re.search(kind.pattern, value)):
        return f"must be {form or 'of another form'}, not {describe(value)}"
    # A pattern's "$" lets a line break at the end pass.
    return f"must be {form}, not {describe(value)}" if kind.pattern and value.endswith("\n") else None


def _number_mismatch(value: Value, kind: mi.IntType | mi.FloatType) -> str | None:
    wanted = "a whole number" if isinstance(kind, mi.IntType) else "a number"
    if isinstance(value, bool) or not isinstance(value, int if isinstance(kind, mi.IntType) else int | float):
        return f"must be {wanted}, not {describe(value)}"
    if not abs(value) <= INT64:  # written so that NaN is caught too
        return f"must be a number of ordinary size, not {describe(value)}"
    limits = {"at least": kind.ge, "greater than": kind.gt, "at most": kind.le, "less than": kind.lt}
    if _within(value, kind):
        return None
    return f"must be {wanted} {' and '.join(f'{words} {limit}' for words, limit in limits.items() if limit is not None)}, not {value}"


def _within(value: float, kind: mi.IntType | mi.FloatType) -> bool:
    lowest = (kind.ge is None or value >= kind.ge) and (kind.gt is None or value > kind.gt)
    return lowest and (kind.le is None or value <= kind.le) and (kind.lt is None or value < kind.lt)


def _choices(kind: mi.LiteralType) -> str:
    return listing(map(str, kind.values))
