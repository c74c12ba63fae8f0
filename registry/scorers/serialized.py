"""What is looked at in a scorer that a client has serialized: never run, only read."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from registry.errors import InvalidParameterValue, ResourceDoesNotExist

__all__ = (
    "GATEWAY",
    "Known",
    "check_can_run_online",
    "check_models",
    "check_serialized",
    "endpoints_of",
    "parsed",
    "with_endpoint_renamed",
)

CODE: Final = "call_source"
GATEWAY: Final = "gateway:/"
EXPECTATIONS: Final = "expectations"
DATA: Final = ("instructions_judge_pydantic_data", "builtin_scorer_pydantic_data", "third_party_scorer_data")
"""Where the client keeps what a judge is made of, its model among it."""

Known = Callable[[str], bool]
"""Whether the gateway would send a request for a model to somebody."""


def check_serialized(serialized: str) -> None:
    """Refuse what is no JSON object, and what is code. Raises ``InvalidParameterValue``."""
    if not isinstance(parsed(serialized), dict):
        raise InvalidParameterValue("serialized_scorer must be the JSON of an object, as the client's own registration sends it.")
    if any(mapping.get(CODE) for mapping in _mappings(parsed(serialized))):
        raise InvalidParameterValue(
            "Scorers made with the @scorer decorator hold code, which this server neither keeps nor runs. "
            "Register a judge of make_judge or a built-in scorer, or pass the decorated function to mlflow.genai.evaluate."
        )


def check_models(serialized: str, known: Known) -> None:
    """Refuse a judge whose model is no name, or a name that the gateway does not answer.

    Raises ``InvalidParameterValue`` and ``ResourceDoesNotExist``.
    """
    for model in _models(parsed(serialized)):
        if not isinstance(model, str):
            raise InvalidParameterValue(f"Scorer model must be a string, got {type(model).__name__}.")
        if not model.strip():
            raise InvalidParameterValue("Scorer model cannot be empty or contain only whitespace.")
        name = model.removeprefix(GATEWAY).lstrip("/")
        if model.startswith(GATEWAY) and not known(name):
            raise ResourceDoesNotExist(
                f"GatewayEndpoint not found (name='{name}'). GET /v1/models lists what the gateway answers; "
                "mlflow's gateway API or a route in the configuration adds to it."
            )


def endpoints_of(serialized: str) -> frozenset[str]:
    """The names that its judges ask the gateway for."""
    models = (model for model in _models(parsed(serialized)) if isinstance(model, str) and model.startswith(GATEWAY))
    return frozenset(model.removeprefix(GATEWAY).lstrip("/") for model in models)


def with_endpoint_renamed(serialized: str, old: str, new: str) -> str:
    """The same scorer, whose judges ask for ``new`` where they asked the gateway for ``old``."""
    scorer = parsed(serialized)
    for judge in _judges(scorer):
        if judge.get("model") == f"{GATEWAY}{old}":
            judge["model"] = f"{GATEWAY}{new}"
    return msgspec.json.encode(scorer).decode()


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


def _models(value: Any) -> Iterator[Any]:
    """The models of the judges in it, where any is said."""
    return (judge["model"] for judge in _judges(value) if judge.get("model") is not None)


def _judges(value: Any) -> Iterator[dict[str, Any]]:
    return (mapping[key] for mapping in _mappings(value) for key in DATA if isinstance(mapping.get(key), dict))


def _variables(text: str) -> set[str]:
    return {piece.partition("}}")[0].strip() for piece in text.split("{{")[1:]}
