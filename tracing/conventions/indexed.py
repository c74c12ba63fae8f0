"""Puts lists and objects together again that were flattened into keys (``llm.input_messages.3.message.role``).

Keys come from outside. An index says nothing about how long a list is, so positions only order what is there and allocate nothing, and both
the number of values and the depth are limited.
"""

from collections.abc import Iterable, Mapping
from typing import Final, cast

from tracing.types import Attribute

__all__ = ("MAX_DEPTH", "MAX_VALUES", "objects", "rebuild")

MAX_VALUES: Final = 4096
"""Values taken from one prefix; more are left among the raw attributes."""

MAX_DEPTH: Final = 12


class Tree(dict[str, object]):
    """An inner node, told apart from an attribute that is an object itself."""


def rebuild(attributes: Mapping[str, Attribute], prefix: str) -> object:
    """The value under ``prefix``: a list where all keys are numbers, an object elsewhere, ``None`` where there is nothing."""
    start, root, taken = prefix + ".", Tree(), 0
    for key, value in attributes.items():
        if key.startswith(start) and taken < MAX_VALUES:
            _place(root, key[len(start) :].split(".", MAX_DEPTH), value)
            taken += 1
    return _settle(root) if root else None


def objects(value: object) -> list[dict[str, object]]:
    """The objects in a rebuilt list; anything else is left out."""
    return [cast("dict[str, object]", item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _place(node: Tree, path: list[str], value: Attribute) -> None:
    for step in path[:-1]:
        inner = node.setdefault(step, Tree())
        if not isinstance(inner, Tree):
            return  # the same key is a value and a parent: the first stays
        node = inner
    node.setdefault(path[-1], value)


def _settle(value: object) -> object:
    if not isinstance(value, Tree):
        return value
    if value and all(_is_index(key) for key in value):
        return [_settle(value[key]) for key in _in_order(value)]
    return {key: _settle(inner) for key, inner in value.items()}


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 9


def _in_order(keys: Iterable[str]) -> list[str]:
    return sorted(keys, key=int)
