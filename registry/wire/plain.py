"""Plain JSON, as MLflow's newer registries read it: null is not the same as absent, and all that is wrong is told at once.

Where a field of the message is ``Shaped``, the object stays as it came, with what its shape does not know.
"""

from collections.abc import Callable, Container, Mapping
from functools import cache
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect

from registry.errors import InvalidParameterValue
from registry.wire.decode import NUL
from registry.wire.forms import read_form
from registry.wire.messages import Message
from tracing.unreadable import UNREADABLE

__all__ = ("Closed", "PlainDecoder", "PlainMessage", "Shape", "shaped")

M = TypeVar("M", bound="PlainMessage")
Unwrap = Callable[[dict[str, Any]], dict[str, Any]]
SHAPE: Final = "shape"
MISSING: Final = "Field required"
NO_OBJECT: Final = "Input should be a valid dictionary or object to extract fields from"
ABSENT: Final = object()


class PlainMessage(Message, omit_defaults=False):
    """A message that is read by ``PlainDecoder``, and whose answer is sent with all its fields.

    A field that may be left out, where null says something else, is ``UNSET``. Fields that are not known are refused of a ``Closed`` one.
    """


class Closed(PlainMessage):
    """A message that knows all its fields."""


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known of an object that is kept as it came."""


def shaped(shape: type[Shape], unwrap: Unwrap = dict) -> msgspec.Meta:
    """Says of a ``dict[str, Any]`` what is known of it. ``unwrap`` is asked first, and may raise ``ValueError``."""
    return msgspec.Meta(extra={SHAPE: (shape, unwrap)})


class Wrong(Exception):
    """Something is not as it should be: where, and what is told of it."""

    def __init__(self, *found: tuple[str, str]) -> None:
        super().__init__(*found)
        self.found = found


class PlainDecoder(Generic[M]):
    """Reads requests of one type. Raises ``InvalidParameterValue``."""

    def __init__(self, message: type[M]) -> None:
        self._message = message

    def body(self, body: bytes, path: Mapping[str, str]) -> M:
        """Decode a JSON body; ``path`` holds parameters that the path gave."""
        if b"\\u0000" in body:
            raise InvalidParameterValue(NUL)
        fields = [field for field in _described(self._message).fields if field.encode_name not in path]
        if not body and any(field.required for field in fields):
            raise _refusal([("", MISSING)])
        try:
            given = msgspec.json.decode(body) if body else {}
        except UNREADABLE:
            raise _refusal([("", "JSON decode error")]) from None
        if not isinstance(given, dict):
            raise _refusal([("", NO_OBJECT)])
        return self._read(given, path, "")

    def form(self, body: bytes, content_type: str, path: Mapping[str, str]) -> M:
        """Decode a form: its part ``metadata`` is the JSON body, every other part a field of bytes."""
        files = {field.encode_name for field in _described(self._message).fields if isinstance(_plain(field.type), inspect.BytesType)}
        parts = read_form(body, content_type)
        if sorted(name for name, _ in parts) != sorted({"metadata", *files}) or not files:
            named = " and ".join(f"one '{name}' part" for name in ("metadata", *sorted(files)))
            raise InvalidParameterValue(f"Multipart registration requires exactly {named}.")
        told = dict(parts)
        metadata = self.body(told.pop("metadata") or b"0", path)
        return msgspec.structs.replace(metadata, **told)

    def query(self, query: bytes, path: Mapping[str, str]) -> M:
        """Decode the arguments of a GET or DELETE; of several with one name, the last counts."""
        if b"%00" in query:
            raise InvalidParameterValue(NUL)
        arguments: dict[str, list[str]] = {}
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
            arguments.setdefault(name, []).append(value)
        lists = {field.encode_name for field in _described(self._message).fields if isinstance(_plain(field.type), inspect.ListType)}
        return self._read({name: values if name in lists else values[-1] for name, values in arguments.items()}, path, "query")

    def _read(self, given: Mapping[str, Any], path: Mapping[str, str], root: str) -> M:
        try:
            found = _fields(_described(self._message), {**given, **path}, root, path)
        except Wrong as wrong:
            raise _refusal(wrong.found) from None
        return msgspec.convert(found, self._message)


def _refusal(found: Any) -> InvalidParameterValue:
    said = [f"{place}: {what}" if place else what for place, what in found]
    return InvalidParameterValue(f"Invalid request: {'; '.join(said)}")


@cache
def _described(kind: type[Any]) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)  # noqa: S101 - what it is by its type
    return found


def _plain(kind: inspect.Type) -> inspect.Type:
    """The type without ``| None``, ``| UNSET`` and what is only said about it."""
    if isinstance(kind, inspect.Metadata):
        return _plain(kind.type)
    if isinstance(kind, inspect.UnionType):
        rest = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        return _plain(rest[0]) if len(rest) == 1 else inspect.AnyType()
    return kind


def _takes_null(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.Metadata):
        return _takes_null(kind.type)
    if isinstance(kind, inspect.UnionType):
        return any(isinstance(each, inspect.NoneType) for each in kind.types)
    return isinstance(kind, inspect.AnyType)


def _fields(kind: inspect.StructType, given: Mapping[str, Any], place: str, path: Container[str] = ()) -> dict[str, Any]:
    """The known fields of an object, each as its type wants it; those of ``path`` stand there."""
    found: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for field in kind.fields:
        within = "path" if field.encode_name in path else place
        here = f"{within}.{field.encode_name}" if within else field.encode_name
        value = given.get(field.encode_name, ABSENT)
        if value is ABSENT:
            wrong += [(here, MISSING)] if field.required else []
            continue
        try:
            found[field.encode_name] = _value(field.type, value, here)
        except Wrong as inner:
            wrong += inner.found
    if issubclass(kind.cls, Closed) and place != "query":
        known = {field.encode_name for field in kind.fields}
        wrong += [(f"{place}.{name}" if place else name, "Extra inputs are not permitted") for name in given if name not in known]
    if wrong:
        raise Wrong(*wrong)
    return found


def _value(kind: inspect.Type, value: Any, place: str) -> Any:
    if value is None and _takes_null(kind):
        return None
    if (found := _shape_of(kind)) is not None:
        shape, unwrap = found
        value = _unwrapped(unwrap, value)
        _object(_described(shape), value, place)
        return value
    kind = _plain(kind)
    if isinstance(kind, inspect.StructType):
        return _object(kind, value, place)
    if isinstance(kind, inspect.ListType):
        return _list(kind, value, place)
    if isinstance(kind, inspect.DictType):
        if not isinstance(value, dict):
            raise Wrong((place, "Input should be a valid dictionary"))
        return {key: _value(kind.value_type, each, f"{place}.{key}") for key, each in value.items()}
    read = SCALARS.get(type(kind))
    return value if read is None else read(value, place)


def _object(kind: inspect.StructType, value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong((place, NO_OBJECT))
    return _fields(kind, value, place)


def _unwrapped(unwrap: Unwrap, value: Any) -> Any:
    try:
        return unwrap(value) if isinstance(value, dict) else value
    except ValueError as error:
        raise Wrong(("", f"Value error, {error}")) from None


def _shape_of(kind: inspect.Type) -> tuple[type[Shape], Unwrap] | None:
    if isinstance(kind, inspect.Metadata) and kind.extra is not None and SHAPE in kind.extra:
        found: tuple[type[Shape], Unwrap] = kind.extra[SHAPE]
        return found
    if isinstance(kind, inspect.UnionType):
        return next((shape for each in kind.types if (shape := _shape_of(each)) is not None), None)
    return None


def _list(kind: inspect.ListType, value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise Wrong((place, "Input should be a valid list"))
    if kind.max_length is not None and len(value) > kind.max_length:
        raise Wrong((place, f"List should have at most {kind.max_length} items after validation, not {len(value)}"))
    if len(value) < (kind.min_length or 0):
        raise Wrong((place, f"List should have at least {kind.min_length} item after validation, not {len(value)}"))
    found: list[Any] = []
    wrong: list[tuple[str, str]] = []
    for index, each in enumerate(value):
        try:
            found.append(_value(kind.item_type, each, f"{place}.{index}"))
        except Wrong as inner:
            wrong += inner.found
    if wrong:
        raise Wrong(*wrong)
    return found


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise Wrong((place, "Input should be a valid string"))
    return value


def _int(value: Any, place: str) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise Wrong((place, "Input should be a valid integer, got a number with a fractional part"))
    if not isinstance(value, int | float | str):
        raise Wrong((place, "Input should be a valid integer"))
    try:
        return int(value)
    except ValueError:
        raise Wrong((place, "Input should be a valid integer, unable to parse string as an integer")) from None


def _bool(value: Any, place: str) -> bool:
    said = {"true": True, "false": False, "1": True, "0": False}.get(str(value).lower())
    if said is None:
        raise Wrong((place, "Input should be a valid boolean"))
    return said


SCALARS: Final[dict[type[inspect.Type], Callable[[Any, str], Any]]] = {
    inspect.StrType: _text,
    inspect.IntType: _int,
    inspect.BoolType: _bool,
}
