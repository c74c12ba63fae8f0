"""Proto2's JSON, read as protobuf's own parser reads it: both spellings of a name, numbers as text, NaN as text, null for "not set".

What does not fit is refused with the name of the parameter, in the sentences that MLflow's clients (and their tests) know.
"""

import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import inspect

from registry.errors import InvalidParameterValue
from registry.wire.messages import Message, WireEnum

__all__ = ("Reader", "invalid_value", "missing_value")

M = TypeVar("M", bound=Message)
UNSET: Final = object()
SEE: Final = "See the API docs for more information about request parameters."
SPELLED: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def missing_value(path: str) -> InvalidParameterValue:
    """A required parameter is absent, null or empty."""
    return InvalidParameterValue(f"Missing value for required parameter '{path}'. {SEE}")


def invalid_value(path: str, value: Any) -> InvalidParameterValue:
    """A parameter is of the wrong kind or out of range."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return InvalidParameterValue(
        f"Invalid value {shown} for parameter '{path}' supplied:  Hint: Value was of type '{type(value).__name__}'. {SEE}"
    )


class Reader(Generic[M]):
    """Reads JSON objects and query arguments into one type of message, slowly and with patience."""

    def __init__(self, message: type[M]) -> None:
        self._message = message

    def read(self, given: Mapping[str, Any]) -> M:
        """Read a decoded JSON object. Raises ``InvalidParameterValue``."""
        return msgspec.convert(_struct(_described(self._message), given, ""), self._message)

    def read_arguments(self, given: Mapping[str, list[str]]) -> M:
        """Read query arguments, each with all its values. Raises ``InvalidParameterValue``."""
        plain: dict[str, Any] = {}
        for field in _described(self._message).fields:
            if (values := given.get(field.encode_name)) is not None:
                plain[field.encode_name] = _argument(_optional(field.type), values)
        for older, name in self._message.older_names.items():
            if older in given and name not in plain:
                plain[name] = given[older][0]
        return self.read(plain)


@cache  # what the inspection costs is paid for messages that come, and once
def _described(message: type[Message]) -> inspect.StructType:
    found = inspect.type_info(message)
    assert isinstance(found, inspect.StructType)  # noqa: S101 - what it is by its type
    return found


def _argument(kind: inspect.Type, values: list[str]) -> Any:
    if isinstance(kind, inspect.ListType):
        return values
    if not isinstance(kind, inspect.BoolType):
        return values[0]
    if values[0].lower() not in {"true", "false"}:
        raise InvalidParameterValue(f"Invalid boolean value: {values[0]}, must be 'true' or 'false'.")
    return values[0].lower() == "true"


def _struct(kind: inspect.StructType, given: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The known fields of an object, each as its type wants it."""
    older = {name: former for former, name in kind.cls.older_names.items()} if issubclass(kind.cls, Message) else {}
    found: dict[str, Any] = {}
    for field in kind.fields:
        name = field.encode_name
        value = _spelled(given, name)
        if value is None and name in older:
            value = given.get(older[name])
        here = f"{path}.{name}" if path else name
        if field.required and (value is None or value == ""):
            raise missing_value(here)
        read = UNSET if value is None else _value(_optional(field.type), value, here)
        if read is not UNSET:
            found[name] = read
        elif field.required:
            raise missing_value(here)
    return found


def _spelled(given: Mapping[str, Any], name: str) -> Any:
    """The value under ``run_id`` or ``runId``; both at once are ambiguous."""
    first, *rest = name.split("_")
    camel = first + "".join(part.capitalize() for part in rest)
    if camel != name and camel in given:
        if name in given:
            raise InvalidParameterValue(f"Request specifies both '{name}' and '{camel}'; provide only one of them.")
        return given[camel]
    return given.get(name)


def _optional(kind: inspect.Type) -> inspect.Type:
    """The type without ``| None`` and without what is only said about it."""
    if isinstance(kind, inspect.Metadata):
        return _optional(kind.type)
    if isinstance(kind, inspect.UnionType):
        rest = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        return _optional(rest[0]) if len(rest) == 1 else inspect.AnyType()
    return kind


def _value(kind: inspect.Type, value: Any, path: str) -> Any:
    if isinstance(kind, inspect.StructType):
        return _struct(kind, _typed(dict, value, path), path)
    if isinstance(kind, inspect.ListType):
        return _list(_optional(kind.item_type), _typed(list, value, path), path)
    if isinstance(kind, inspect.DictType):
        item = _optional(kind.value_type)
        return {key: _item(item, each, f"{path}.{key}") for key, each in _typed(dict, value, path).items()}
    if isinstance(kind, inspect.EnumType):
        return _enum(kind.cls, value, path)
    read = SCALARS.get(type(kind))
    return value if read is None else _within(kind, read(value, path), value, path)


def _list(kind: inspect.Type, values: list[Any], path: str) -> list[Any]:
    """What is wrong in an element is said of the element when it is a message, and otherwise of the whole list, as MLflow does."""
    if isinstance(kind, inspect.StructType):
        return [_item(kind, each, f"{path}[{index}]") for index, each in enumerate(values)]
    try:
        return [_item(kind, each, path) for each in values]
    except InvalidParameterValue:
        raise invalid_value(path, values) from None


def _item(kind: inspect.Type, value: Any, path: str) -> Any:
    """An element; unlike a field it cannot be left out."""
    if value is None and not isinstance(kind, inspect.AnyType):
        raise invalid_value(path, value)
    read = _value(kind, value, path)
    if read is UNSET:
        raise invalid_value(path, value)
    return read


def _typed(kind: type, value: Any, path: str) -> Any:
    if not isinstance(value, kind):
        raise invalid_value(path, value)
    return value


def _text(value: Any, path: str) -> str:
    text: str = _typed(str, value, path)
    return text


def _bool(value: Any, path: str) -> bool:
    truth: bool = _typed(bool, value, path)
    return truth


def _int(value: Any, path: str) -> int:
    """Whole numbers, also as text; a fraction is cut off, as MLflow does."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise invalid_value(path, value)
    try:
        return int(value)
    except (ValueError, OverflowError):
        raise invalid_value(path, value) from None


def _float(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise invalid_value(path, value)
    if isinstance(value, str) and value in SPELLED:
        return SPELLED[value]
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise invalid_value(path, value) from None


SCALARS: Final[dict[type[inspect.Type], Callable[[Any, str], Any]]] = {
    inspect.StrType: _text,
    inspect.BoolType: _bool,
    inspect.IntType: _int,
    inspect.FloatType: _float,
}


def _within(kind: inspect.Type, read: Any, value: Any, path: str) -> Any:
    if isinstance(kind, inspect.IntType) and ((kind.ge is not None and read < kind.ge) or (kind.le is not None and read > kind.le)):
        raise invalid_value(path, value)
    if isinstance(kind, inspect.StrType) and len(read) < (kind.min_length or 0):
        raise missing_value(path)
    return read


def _enum(kind: type[Any], value: Any, path: str) -> Any:
    """The name of a member. An unknown name is as if it were not there, which is how protobuf reads a newer client; a number must be known."""
    names = {member.value for member in kind}
    if isinstance(value, str) and not value.isdecimal():
        return value if value in names else UNSET
    number = _int(value, path)
    for member in kind:
        if isinstance(member, WireEnum) and member.number == number:
            return member.value
    raise invalid_value(path, value)
