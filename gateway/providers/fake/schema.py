"""The keywords of JSON Schema that declarations of tools and formats use, and values that fit them."""

from math import ceil
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

__all__ = ("Schema", "example")

DEEPEST: Final = 8
_SIMPLE: Final[dict[str, Any]] = {"string": "example", "integer": 1, "number": 1.5, "boolean": True, "null": None}

Bound = Annotated[float, Meta(ge=-1e300, le=1e300)]
"""So that the distance between two is a number, too."""


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """A schema, as far as it is read here. ``null`` is as good as nothing, and ``true`` (of a part) allows everything."""

    const: Any = UNSET
    default: Any = UNSET
    enum: list[Any] | None = None
    any_of: "list[Schema | bool] | None" = msgspec.field(name="anyOf", default=None)
    one_of: "list[Schema | bool] | None" = msgspec.field(name="oneOf", default=None)
    type: str | list[str] | None = None
    properties: "dict[str, Schema | bool] | None" = None
    required: list[str] | None = None
    items: "Schema | bool | None" = None
    minimum: Bound | None = None
    maximum: Bound | None = None

    @property
    def kind(self) -> str:
        """The first of its types; of those without any, ``object``."""
        return next(iter([self.type] if isinstance(self.type, str) else self.type or ()), "object")


def example(schema: Schema | bool | None, depth: int = 0) -> Any:
    """The simplest value that ``schema`` allows; required members only, eight levels deep. Total: there is one for each schema."""
    if schema is None or isinstance(schema, bool):
        return _SIMPLE["string"]
    if not isinstance(schema.const, UnsetType):
        return schema.const
    if schema.enum:
        return schema.enum[0]
    if not isinstance(schema.default, UnsetType):
        return schema.default
    if (union := schema.any_of or schema.one_of) and depth < DEEPEST:
        return example(union[0], depth + 1)
    match schema.kind:
        case "object":
            return _members(schema, depth)
        case "array":
            return [example(schema.items, depth + 1)] if depth < DEEPEST else []
        case "integer" if schema.minimum is not None:
            return ceil(schema.minimum)
        case "number" if schema.minimum is not None:
            return schema.minimum
        case kind:
            return _SIMPLE.get(kind)


def _members(schema: Schema, depth: int) -> dict[str, Any]:
    properties = schema.properties or {}
    return {name: example(properties.get(name), depth + 1) for name in schema.required or properties} if depth < DEEPEST else {}
