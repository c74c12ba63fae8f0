"""What is looked at in a scorer that a client has serialized: never run, only read."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from registry.errors import InvalidParameterValue

__all__ = ("check_can_run_online", "check_serialized", "parsed")

CODE: Final = "call_source"
GATEWAY: Final = "gateway:/"
EXPECTATIONS: Final = "expectations"


def check_serialized(serialized: str) -> None:
    """Refuse what is no JSON object, and what is code. Raises ``InvalidParameterValue``."""
    if not isinstance(parsed(serialized), dict):
        raise InvalidParameterValue("serialized_scorer must be the JSON of an object, as the client's own registration sends it.")
    if any(mapping.get(CODE) for mapping in _mappings(parsed(serialized))):
        raise InvalidParameterValue(
            "Scorers made with the @scorer decorator hold code, which this server neither keeps nor runs. "
            "Register a judge of make_judge or a built-in scorer, or pass the decorated function to mlflow.genai.evaluate."
        )


def check_can_run_online(name: str, serialized: str) -> None:
    """Refuse a scorer that could not score what happens by itself. Raises ``InvalidParameterValue``."""
    mappings = list(_mappings(parsed(serialized)))
    models = [mapping["model"] for mapping in mappings if isinstance(mapping.get("model"), str)]
    if not any(model.startswith(GATEWAY) for model in models):
        raise InvalidParameterValue(
            f"Scorer '{name}' does not use a gateway model. Automatic evaluation is only supported for scorers that use gateway models."
        )
    texts = [mapping["instructions"] for mapping in mappings if isinstance(mapping.get("instructions"), str)]
    if any("{{" in text and EXPECTATIONS in _variables(text) for text in texts):
        raise InvalidParameterValue(
            f"Scorer '{name}' requires expectations, but scorers with expectations are not currently supported for automatic evaluation."
        )


def parsed(serialized: str) -> Any:
    """The scorer as JSON. Raises ``InvalidParameterValue``."""
    try:
        return msgspec.json.decode(serialized)
    except (msgspec.DecodeError, RecursionError):
        raise InvalidParameterValue("serialized_scorer must be valid JSON") from None


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in it, the outer ones first."""
    waiting = [value]
    while waiting:  # a loop, as what a client sends may be deeper than the stack
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _variables(text: str) -> set[str]:
    return {piece.partition("}}")[0].strip() for piece in text.split("{{")[1:]}
