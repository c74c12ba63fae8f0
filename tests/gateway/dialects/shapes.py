"""Whether JSON fits the vendors' published shapes: the types that their own SDKs declare for requests, read as a schema that allows nothing else.

Pydantic would accept unknown members of these, and look into no list of them.
"""

import collections.abc
import types
import typing
from functools import cache
from typing import NotRequired, Required

from typing_extensions import is_typeddict

_NUMBERS = {float: (int, float), int: (int,)}


def misfit(value: object, shape: object, at: str = "") -> str | None:
    """The first thing that does not fit, and where; ``None`` when all does."""
    shape = _bare(shape)
    origin = typing.get_origin(shape)
    if shape in {typing.Any, object}:
        return None
    if is_typeddict(shape):
        return _object(value, shape, at)
    if origin in {typing.Union, types.UnionType}:
        return _one_of(value, typing.get_args(shape), at)
    if origin is typing.Literal:
        return None if value in typing.get_args(shape) else f"{at}: {value!r} is none of {typing.get_args(shape)}"
    if origin in {list, tuple, collections.abc.Iterable, collections.abc.Sequence}:
        if not isinstance(value, list):
            return f"{at}: {value!r} is no list"
        item = typing.get_args(shape)[0]
        return next(filter(None, (misfit(each, item, f"{at}[{index}]") for index, each in enumerate(value))), None)
    if origin in {dict, collections.abc.Mapping} or shape is dict:
        return None if isinstance(value, dict) else f"{at}: {value!r} is no object"
    if shape is None or shape is type(None):
        return None if value is None else f"{at}: {value!r} is not null"
    if isinstance(shape, type):
        fits = isinstance(value, _NUMBERS.get(shape, (shape,))) and not (isinstance(value, bool) and shape is not bool)
        return None if fits else f"{at}: {value!r} is no {shape.__name__}"
    return f"{at}: {value!r} is no {shape!r}"  # files and the like, which JSON has none of


def _bare(shape: object) -> object:
    while typing.get_origin(shape) in {typing.Annotated, Required, NotRequired, typing.Required, typing.NotRequired}:
        shape = typing.get_args(shape)[0]
    return getattr(shape, "__value__", shape)


@cache
def _members(shape: type) -> dict[str, object]:
    return typing.get_type_hints(shape, include_extras=True)


@cache
def _required(shape: type) -> frozenset[str]:
    """Marks are read from the hints: where a module's annotations are strings, ``__required_keys__`` does not know of them."""
    marks = {name: typing.get_origin(hint) for name, hint in _members(shape).items()}
    unmarked = {name for name in shape.__required_keys__ if marks[name] not in {NotRequired, typing.NotRequired}}
    return frozenset(unmarked | {name for name, mark in marks.items() if mark in {Required, typing.Required}})


def _object(value: object, shape: type, at: str) -> str | None:
    if not isinstance(value, dict):
        return f"{at}: {value!r} is no object"
    members = _members(shape)
    if unknown := value.keys() - members.keys():
        return f"{at}: {shape.__name__} has no {sorted(unknown)}"
    if missing := _required(shape) - value.keys():
        return f"{at}: {shape.__name__} lacks {sorted(missing)}"
    return next(filter(None, (misfit(each, members[name], f"{at}.{name}") for name, each in value.items())), None)


def _one_of(value: object, shapes: tuple, at: str) -> str | None:
    """The complaint that reached deepest is the most telling."""
    found = [misfit(value, shape, at) for shape in shapes]
    return (
        None
        if None in found
        else max(filter(None, found), key=lambda complaint: (complaint.partition(":")[0].count("."), "lacks" not in complaint))
    )
