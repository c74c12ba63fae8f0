"""A piece of SQL and the values that are bound to it. Values never become part of the text."""

from typing import Any

import msgspec

__all__ = ("ALWAYS", "Condition", "Statement")


class Statement(msgspec.Struct, frozen=True):
    """A whole SELECT: ``{name:Type}`` in ``sql`` is bound to ``parameters[name]``."""

    sql: str
    parameters: dict[str, Any]


class Condition(msgspec.Struct, frozen=True):
    """A boolean expression, in parentheses where it needs them."""

    sql: str
    parameters: dict[str, Any] = {}


ALWAYS = Condition("1")
