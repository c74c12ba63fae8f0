"""A value that fits a JSON Schema, for the fake model that calls tools."""

from typing import Any

__all__ = ("example",)

_SIMPLE: dict[str, Any] = {"string": "example", "integer": 1, "number": 1.5, "boolean": True, "null": None}


def example(schema: dict[str, Any], depth: int = 0) -> Any:
    """The simplest value that ``schema`` allows, of the keywords that tool declarations use; required members only, eight levels deep."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if "default" in schema:
        return schema["default"]
    for union in ("anyOf", "oneOf"):
        if schema.get(union) and depth < 8:
            return example(schema[union][0], depth + 1)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return _members(schema, depth)
    if kind == "array":
        return [example(schema.get("items") or {"type": "string"}, depth + 1)] if depth < 8 else []
    return schema.get("minimum", _SIMPLE[kind]) if kind in {"integer", "number"} else _SIMPLE.get(kind)


def _members(schema: dict[str, Any], depth: int) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    names = schema.get("required") or properties
    return {name: example(properties.get(name) or {"type": "string"}, depth + 1) for name in names} if depth < 8 else {}
