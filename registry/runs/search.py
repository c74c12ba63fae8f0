"""What can be asked of runs: clauses with types, made from the grammar's."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from registry.errors import InvalidParameterValue
from registry.runs.checks import one_of
from registry.search import Clause, Operand, parse_filter, parse_order

__all__ = ("Condition", "Kind", "Order", "RunSearch", "parse_search")

Kind = Literal["attribute", "metric", "parameter", "tag", "dataset"]

ENTITIES: Final[Mapping[str, Kind]] = {
    "": "attribute",
    "attribute": "attribute",
    "attributes": "attribute",
    "attr": "attribute",
    "run": "attribute",
    "metric": "metric",
    "metrics": "metric",
    "parameter": "parameter",
    "parameters": "parameter",
    "param": "parameter",
    "params": "parameter",
    "tag": "tag",
    "tags": "tag",
    "dataset": "dataset",
    "datasets": "dataset",
}
ALIASES: Final = {
    "created": "start_time",
    "Created": "start_time",
    "run name": "run_name",
    "Run name": "run_name",
    "Run Name": "run_name",
}
ATTRIBUTES: Final = ("artifact_uri", "end_time", "run_id", "run_name", "start_time", "status", "user_id")
NUMERIC: Final = frozenset({"start_time", "end_time"})
LISTED: Final = frozenset({"run_id", "run_name"})
DATASET_KEYS: Final = ("context", "digest", "name")

NUMBERS: Final = ("!=", "<", "<=", "=", ">", ">=")
TEXTS: Final = ("!=", "=", "ILIKE", "LIKE")
LISTS: Final = (*TEXTS, "IN", "NOT IN")
NULLS: Final = ("IS NOT NULL", "IS NULL")


class Condition(msgspec.Struct, frozen=True):
    """``value`` is a number for metrics and times, a tuple for lists, ``None`` for ``IS NULL``."""

    kind: Kind
    key: str
    operator: str
    value: str | int | float | tuple[str, ...] | None


class Order(msgspec.Struct, frozen=True):
    """One thing to order by."""

    kind: Kind
    key: str
    ascending: bool


class RunSearch(msgspec.Struct, frozen=True):
    """Conditions that all must hold, and what to order by; the newest come first where that leaves a choice."""

    conditions: tuple[Condition, ...] = ()
    orders: tuple[Order, ...] = ()


def parse_search(filter: str | None, order_by: Sequence[str]) -> RunSearch:
    """Read a filter and orders. Raises ``InvalidParameterValue``."""
    conditions = tuple(_condition(clause) for clause in parse_filter(filter, quoting=True))
    orders = tuple(_order(text) for text in order_by)
    keys = [(order.kind, order.key) for order in orders]
    if len(set(keys)) < len(keys):
        raise InvalidParameterValue(f"`order_by` contains duplicate fields: {list(order_by)}")
    return RunSearch(conditions, orders)


def _order(text: str) -> Order:
    entity, key, ascending = parse_order(text)
    kind = _kind(entity, key)
    if kind == "dataset":
        raise InvalidParameterValue("Invalid identifier type 'dataset'")
    return Order(kind, _alias(kind, key), ascending)


def _alias(kind: Kind, key: str) -> str:
    return ALIASES.get(key, key) if kind == "attribute" else key


def _kind(entity: str, key: str) -> Kind:
    kind = ENTITIES.get(entity)
    if kind is None:
        names = ["metric", "parameter", "tag", "attribute", "dataset"]
        raise InvalidParameterValue(f"Invalid entity type '{entity}'. Valid values are {names}")
    if kind == "attribute" and key not in ATTRIBUTES and key not in ALIASES:
        raise InvalidParameterValue(f"Invalid attribute key '{key}' specified. Valid keys are '{one_of({*ATTRIBUTES, *ALIASES})}'")
    if kind == "dataset" and key not in DATASET_KEYS:
        raise InvalidParameterValue(f"Invalid dataset key '{key}' specified. Valid keys are '{one_of(DATASET_KEYS)}'")
    return kind


def _condition(clause: Clause) -> Condition:
    kind = _kind(clause.entity, clause.key)
    key = _alias(kind, clause.key)
    if clause.operand is None:
        if kind not in {"tag", "parameter"}:
            raise InvalidParameterValue(f"IS NULL / IS NOT NULL is only supported for tags and params, not for '{kind}' '{key}'")
        return Condition(kind, key, clause.operator, None)
    value = _value(kind, key, clause.operand)
    allowed = _operators(kind, key)
    # A single text after IN, or a list after =, is neither one thing nor the other.
    if clause.operator not in allowed or clause.operator.endswith("IN") != isinstance(value, tuple):
        raise InvalidParameterValue(f"Invalid comparator '{clause.operator}' not one of '{one_of(allowed)}'")
    return Condition(kind, key, clause.operator, value)


def _operators(kind: Kind, key: str) -> Sequence[str]:
    if kind == "metric" or (kind == "attribute" and key in NUMERIC):
        return NUMBERS
    return LISTS if kind in {"attribute", "dataset"} else (*TEXTS, *NULLS)


def _value(kind: Kind, key: str, operand: Operand) -> str | int | float | tuple[str, ...]:
    if kind == "metric":
        if operand.kind != "number":
            raise InvalidParameterValue(f"Expected numeric value type for metric. Found {operand.raw}")
        return float(operand.raw)
    if kind == "attribute" and key in NUMERIC:
        return _time(key, operand)
    if operand.kind == "list" and kind in {"attribute", "dataset"}:
        if kind == "attribute" and key not in LISTED:
            raise InvalidParameterValue(f"Only {sorted(LISTED)} attributes support comparison with a list of quoted string values.")
        return operand.texts
    if operand.kind == "word":
        raise InvalidParameterValue(
            "Parameter value is either not quoted or unidentified quote types used for string value "
            f"{operand.raw}. Use either single or double quotes."
        )
    if operand.kind != "text":
        raise InvalidParameterValue(_unquoted(kind, operand.raw))
    return operand.text


def _time(key: str, operand: Operand) -> int | float:
    if operand.kind != "number":
        raise InvalidParameterValue(f"Expected numeric value type for numeric attribute: {key}. Found {operand.raw}")
    if operand.raw.lstrip("-").isdigit():
        return max(min(int(operand.raw), 2**63 - 1), -(2**63))
    return float(operand.raw)


def _unquoted(kind: Kind, raw: str) -> str:
    if kind == "attribute":
        return f"Expected a quoted string value for attributes. Got value {raw}"
    if kind == "dataset":
        return f"Expected a quoted string value for dataset attributes. Got value {raw}"
    return f"Expected a quoted string value for {kind} (e.g. 'my-value'). Got value {raw}"
