"""JSON Schemas and the part of OpenAPI's that Gemini takes in their stead. Pure.

https://ai.google.dev/api/caching#Schema
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.errors import InvalidRequest

__all__ = ("from_openapi", "to_openapi")

_KEPT: Final = frozenset(
    {
        "type",
        "format",
        "title",
        "description",
        "nullable",
        "enum",
        "maxItems",
        "minItems",
        "properties",
        "required",
        "minProperties",
        "maxProperties",
        "minLength",
        "maxLength",
        "pattern",
        "anyOf",
        "propertyOrdering",
        "items",
        "minimum",
        "maximum",
    }
)
_SPELLED: Final = {re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", name): name for name in _KEPT}
"""Its other spelling, which Google's own clients use: ``any_of``."""

_TEXT_FORMATS: Final = ("enum", "date-time")  # not a set, as what is looked for may be a list, which has no hash
_DEEPEST: Final = 32
_NULL: Final = {"type": "null"}


def to_openapi(schema: Mapping[str, Any]) -> dict[str, Any]:
    """``schema`` without references, with ``nullable`` for null types, and without whatever the vendor refuses. Raises ``InvalidRequest`` for what is none."""
    of_the_whole = _object(schema, "each schema")
    definitions = {**_object(of_the_whole.get("definitions") or {}, "'definitions'"), **_object(of_the_whole.get("$defs") or {}, "'$defs'")}
    return _converted(of_the_whole, definitions, 0)


def from_openapi(schema: Any) -> Any:
    """The schema with JSON Schema's names of types, which the vendor also spells in capitals."""
    if isinstance(schema, list):
        return [from_openapi(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    schema = {_SPELLED.get(name, name): value for name, value in schema.items()}
    converted: dict[str, Any] = {
        name: {key: from_openapi(each) for key, each in value.items()}
        if name == "properties" and isinstance(value, Mapping)
        else value
        if name in {"enum", "required", "default", "example"}
        else from_openapi(value)
        for name, value in schema.items()
        if name not in {"nullable", "propertyOrdering"}
    }
    if isinstance(converted.get("type"), str):
        kind = converted["type"].lower()
        converted["type"] = [kind, "null"] if schema.get("nullable") else kind
    return converted


def _converted(schema: Any, definitions: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {"type": "object"} if depth > _DEEPEST else {}
    if isinstance(reference := schema.get("$ref"), str):
        target = _object(definitions.get(reference.rpartition("/")[2], {}), "each of '$defs'")
        return _converted({**target, **{name: value for name, value in schema.items() if name != "$ref"}}, definitions, depth + 1)
    schema = _plain(schema)
    written: dict[str, Any] = {name: value for name, value in schema.items() if name in _KEPT}
    if written.get("type") == "string" and written.get("format") not in _TEXT_FORMATS:
        written.pop("format", None)
    if isinstance(schema.get("properties"), Mapping):
        written["properties"] = {name: _converted(each, definitions, depth + 1) for name, each in schema["properties"].items()}
    if "items" in schema:
        written["items"] = _converted(schema["items"], definitions, depth + 1)
    if "anyOf" in schema:
        written["anyOf"] = [_converted(each, definitions, depth + 1) for each in _list(schema, "anyOf")]
    return written


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with only those keywords that the vendor knows."""
    plain = dict(schema)
    if "const" in plain:
        plain["enum"] = [plain.pop("const")]
    if "oneOf" in plain:
        plain["anyOf"] = plain.pop("oneOf")
    kinds = plain.get("type")
    if isinstance(kinds, list):
        rest = [kind for kind in kinds if kind != "null"]
        plain["type"] = rest[0] if len(rest) == 1 else None
        if len(rest) > 1:
            plain.pop("type")
            plain["anyOf"] = [{"type": kind} for kind in rest]
        if len(rest) < len(kinds):
            plain["nullable"] = True
    if isinstance(plain.get("anyOf"), list) and _NULL in plain["anyOf"]:
        rest = [each for each in plain["anyOf"] if each != _NULL]
        plain |= {"nullable": True, "anyOf": rest}
        if len(rest) == 1:
            plain.pop("anyOf")
            plain |= {name: value for name, value in _object(rest[0], "each of 'anyOf'").items() if name not in plain}
    if "enum" in plain and all(isinstance(each, str) for each in _list(plain, "enum")):
        plain.setdefault("type", "string")
    elif "enum" in plain:
        plain.pop("enum")
    return plain


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"A schema in the request is no JSON Schema: {what} must be an object.")
    return value


def _list(schema: Mapping[str, Any], name: str) -> list[Any]:
    if not isinstance(value := schema[name], list):
        raise InvalidRequest(f"A schema in the request is no JSON Schema: {name!r} must be a list.")
    return value
