"""JSON Schemas, as vendors take them. Pure."""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ("closed",)

_UNCHECKED: Final = frozenset(
    {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
    }
)


def closed(schema: Any) -> Any:
    """``schema`` for Claude's structured outputs: every object closed to further members, limits that it refuses told in words instead."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _inner(name, value) for name, value in schema.items() if name not in _UNCHECKED or isinstance(value, dict)}
    limits = {name: value for name, value in schema.items() if name in _UNCHECKED and not isinstance(value, dict)}
    if limits:
        told = ", ".join(f"{name} {value}" for name, value in limits.items())
        kept["description"] = f"{kept['description']} ({told})" if kept.get("description") else f"({told})"
    if schema.get("type") == "object" or "properties" in schema:
        kept["additionalProperties"] = False
    return kept


def _inner(name: str, value: Any) -> Any:
    """Members of these names hold schemas by name; elsewhere a member is a schema, or data that must stay as it is."""
    if name in {"properties", "$defs", "definitions", "patternProperties"} and isinstance(value, Mapping):
        return {key: closed(each) for key, each in value.items()}
    return value if name in {"enum", "const", "default", "examples", "required"} else closed(value)
