"""Filters over attributes and tags of one kind of things, with what each attribute takes. MLflow's sentences."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from registry.errors import InvalidParameterValue
from registry.search.grammar import Clause, Operand, parse_filter, parse_order

__all__ = ("Attributes", "Condition", "parse_conditions", "parse_orders", "search_size")

ENTITIES: Final[Mapping[str, str]] = {
    "": "attribute",
    "attribute": "attribute",
    "attributes": "attribute",
    "attr": "attribute",
    "run": "attribute",
    "tag": "tag",
    "tags": "tag",
    "metric": "metric",
    "metrics": "metric",
    "param": "parameter",
    "params": "parameter",
    "parameter": "parameter",
    "parameters": "parameter",
    "dataset": "dataset",
    "datasets": "dataset",
}
COMPARATORS: Final = frozenset({"=", "!=", ">", ">=", "<", "<=", "LIKE", "ILIKE", "IN", "NOT IN"})
NUMERIC: Final = frozenset({"=", "!=", ">", ">=", "<", "<="})
LARGEST_PAGE: Final = 50_000


class Attributes(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of things has: names in filters, those that are numbers, those that are compared with lists; names in orders."""

    searched: frozenset[str]
    numeric: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    tagged: bool = False
    ordered: frozenset[str]
    compared: frozenset[str] = COMPARATORS
    """How texts are compared."""
    tags: frozenset[str] = COMPARATORS
    """How tags are."""


class Condition(msgspec.Struct, frozen=True):
    """``value`` is a number for numeric attributes, a tuple for lists."""

    kind: Literal["attribute", "tag"]
    key: str
    operator: str
    value: Any


def parse_conditions(known: Attributes, filter: str | None) -> list[Condition]:
    """All that must hold. Raises ``InvalidParameterValue``."""
    return [_condition(known, clause) for clause in parse_filter(filter, quoting=True)]


def parse_orders(known: Attributes, order_by: Sequence[str] | None) -> list[tuple[str, bool]]:
    """Attributes to order by, each with whether it ascends. Raises ``InvalidParameterValue``."""
    found: dict[str, bool] = {}
    for text in order_by or ():
        entity, key, ascending = parse_order(text)
        if entity or key not in known.ordered:
            raise InvalidParameterValue(
                f"Invalid order_by key '{f'{entity}.{key}' if entity else key}'. Valid keys: {sorted(known.ordered)}"
            )
        if key in found:
            raise InvalidParameterValue(f"Duplicate order_by field: '{key}'")
        found[key] = ascending
    return list(found.items())


def search_size(given: int, largest: int = LARGEST_PAGE) -> int:
    """The size of a page that a search asks for. Raises ``InvalidParameterValue``."""
    refusal = f"Invalid value {given} for parameter 'max_results' supplied. It must be"
    if given < 1:
        raise InvalidParameterValue(f"{refusal} a positive integer")
    if given > LARGEST_PAGE:
        raise InvalidParameterValue(f"{refusal} at most {LARGEST_PAGE}")
    if given > largest:
        raise InvalidParameterValue(f"Invalid value for max_results. It must be at most {largest}, but got {given}")
    return given


def _condition(known: Attributes, clause: Clause) -> Condition:
    kind = ENTITIES.get(clause.entity)
    if kind is None:
        raise InvalidParameterValue(f"Invalid entity type '{clause.entity}'. Valid values are {sorted(set(ENTITIES.values()))}")
    if kind == "attribute" and clause.key not in known.searched:
        raise InvalidParameterValue(f"Invalid attribute key '{clause.key}' specified. Valid keys are '{sorted(known.searched)}'")
    if clause.operand is None:
        raise InvalidParameterValue(f"IS NULL / IS NOT NULL is only supported for tags and params, not for '{kind}' '{clause.key}'")
    numeric = kind == "attribute" and clause.key in known.numeric
    value = _value(known, kind, clause.key, clause.operand)
    if kind == "attribute" or (kind == "tag" and known.tagged):
        allowed = known.tags if kind == "tag" else NUMERIC if numeric else known.compared
        if clause.operator not in allowed or isinstance(value, tuple) is not clause.operator.endswith("IN"):
            supported = "" if allowed == COMPARATORS else f" Supported comparators: {sorted(allowed)}"
            raise InvalidParameterValue(f"Invalid comparator '{clause.operator}' for {kind} '{clause.key}'.{supported}")
        return Condition("tag" if kind == "tag" else "attribute", clause.key, clause.operator, value)
    raise InvalidParameterValue(f"Invalid filter type '{kind}'.")


def _value(known: Attributes, kind: str, key: str, operand: Operand) -> int | float | str | tuple[str, ...]:
    if kind != "attribute":
        return _text(kind, operand)
    return _number(key, operand) if key in known.numeric else _listed(known, key, operand)


def _number(key: str, operand: Operand) -> int | float:
    if operand.kind != "number":
        raise InvalidParameterValue(f"Expected numeric value type for numeric attribute: {key}. Found {operand.raw}")
    number = float(operand.raw)
    return max(min(int(number), 2**63 - 1), -(2**63)) if number.is_integer() else number


def _listed(known: Attributes, key: str, operand: Operand) -> str | tuple[str, ...]:
    if operand.kind == "list":
        if key not in known.listed:
            raise InvalidParameterValue(f"Only {sorted(known.listed)} attributes support comparison with a list of quoted string values.")
        return operand.texts
    if operand.kind != "text":
        raise InvalidParameterValue(f"Expected a quoted string value for attributes. Got value {operand.raw}")
    return operand.text


def _text(kind: str, operand: Operand) -> str:
    if operand.kind != "text":
        raise InvalidParameterValue(f"Expected a quoted string value for {kind} (e.g. 'my-value'). Got value {operand.raw}")
    return operand.text
