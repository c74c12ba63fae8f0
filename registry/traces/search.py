"""What can be asked of traces: clauses with types, made from the grammar's."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from registry.errors import InvalidParameterValue
from registry.search import Clause, Operand, parse_filter, parse_order, unquoted

__all__ = ("NUMERIC", "Condition", "Kind", "Order", "TraceSearch", "parse_search")

Kind = Literal["attribute", "tag", "metadata", "span", "feedback", "expectation", "issue"]

ENTITIES: Final[Mapping[str, Kind]] = {
    "": "attribute",
    "attribute": "attribute",
    "attributes": "attribute",
    "trace": "attribute",
    "tag": "tag",
    "tags": "tag",
    "metadata": "metadata",
    "request_metadata": "metadata",
    "span": "span",
    "feedback": "feedback",
    "expectation": "expectation",
    "issue": "issue",
}
ALIASES: Final = {"timestamp": "timestamp_ms", "execution_time": "execution_time_ms", "end_time": "end_time_ms"}
NUMERIC: Final = frozenset(ALIASES.values())
SEARCHED: Final = frozenset({"request_id", *ALIASES, *NUMERIC, "status", "client_request_id", "name", "run_id", "prompt", "text"})
ORDERED: Final = frozenset({"experiment_id", *ALIASES, *NUMERIC, "status", "request_id", "name", "run_id"})
SPAN_KEYS: Final = ("name", "status", "type")

NUMBERS: Final = ("!=", "<", "<=", "=", ">", ">=")
LISTS: Final = ("!=", "=", "ILIKE", "IN", "LIKE", "NOT IN", "RLIKE")
TEXTS: Final = ("!=", "=", "ILIKE", "IS NOT NULL", "IS NULL", "LIKE", "RLIKE")
LIKES: Final = ("ILIKE", "LIKE")
ASSESSED: Final = (*TEXTS, "<", "<=", ">", ">=")
SIZES: Final = frozenset({"<", "<=", ">", ">="})


class Condition(msgspec.Struct, frozen=True):
    """``value`` is a number for times and for sizes of scores, a tuple for lists, ``None`` for ``IS NULL``."""

    kind: Kind
    key: str
    operator: str
    value: str | float | tuple[str, ...] | None


class Order(msgspec.Struct, frozen=True):
    """One thing to order by."""

    kind: Kind
    key: str
    ascending: bool


class TraceSearch(msgspec.Struct, frozen=True):
    """Conditions that all must hold, and what to order by; the newest come first where that leaves a choice."""

    conditions: tuple[Condition, ...] = ()
    orders: tuple[Order, ...] = ()


def parse_search(filter: str | None, order_by: Sequence[str] = ()) -> TraceSearch:
    """Read a filter and orders. Raises ``InvalidParameterValue``."""
    conditions = tuple(_condition(clause) for clause in parse_filter(filter, quoting=True))
    orders = tuple(_order(text) for text in order_by)
    keys = [(order.kind, order.key) for order in orders]
    if len(set(keys)) < len(keys):
        raise InvalidParameterValue(f"`order_by` contains duplicate fields: {list(order_by)}")
    return TraceSearch(conditions, orders)


def _order(text: str) -> Order:
    entity, key, ascending = parse_order(text)
    kind = _kind(entity, key, ORDERED)
    if kind not in {"attribute", "tag", "metadata"}:
        raise InvalidParameterValue(f"Invalid order_by entity `{kind}` with key `{key}`")
    return Order(kind, _alias(kind, key), ascending)


def _named_attribute(key: str) -> str:
    """``attributes.`llm.model``` names the attribute ``llm.model``."""
    entity, dot, name = key.partition(".")
    return f"{entity}.{unquoted(name)}" if dot else key


def _alias(kind: Kind, key: str) -> str:
    return ALIASES.get(key, key) if kind == "attribute" else key


def _kind(entity: str, key: str, attributes: frozenset[str]) -> Kind:
    kind = ENTITIES.get(entity)
    if kind is None:
        raise InvalidParameterValue(f"Invalid entity type '{entity}'. Valid values are {sorted(name for name in ENTITIES if name)}")
    if kind == "attribute" and key not in attributes:
        raise InvalidParameterValue(f"Invalid attribute key '{key}' specified. Valid keys are '{sorted(attributes)}'")
    if kind == "span" and key not in SPAN_KEYS and key != "content" and not key.removeprefix("attributes."):
        raise InvalidParameterValue("Span attribute name cannot be empty after 'attributes.'")
    if kind == "span" and key not in SPAN_KEYS and key != "content" and not key.startswith("attributes."):
        raise InvalidParameterValue(
            f"Invalid span attribute '{key}'. Supported attributes: {', '.join(SPAN_KEYS)}, attributes.<attribute_name>."
        )
    if kind == "issue" and key != "id":
        raise InvalidParameterValue(f"Invalid issue attribute '{key}'. Supported attributes: id")
    return kind


def _condition(clause: Clause) -> Condition:
    kind = _kind(clause.entity, clause.key, SEARCHED)
    key = _named_attribute(clause.key) if kind == "span" else _alias(kind, clause.key)
    if (kind, key, clause.entity) == ("attribute", "text", ""):
        raise InvalidParameterValue("Invalid attribute key 'text' specified: write `trace.text LIKE '%word%'`.")
    if kind == "attribute" and key == "text":
        kind, key = "span", "content"
    allowed = _operators(kind, key)
    if clause.operator not in allowed:
        raise _not_one_of(clause.operator, kind, key, allowed)
    if clause.operand is None:
        return Condition(kind, key, clause.operator, None)
    value = _value(kind, key, clause.operator, clause.operand)
    if clause.operator.endswith("IN") != isinstance(value, tuple):
        raise _not_one_of(clause.operator, kind, key, allowed)
    return Condition(kind, key, clause.operator, value)


def _not_one_of(operator: str, kind: Kind, key: str, allowed: Sequence[str]) -> InvalidParameterValue:
    if key == "prompt":
        return InvalidParameterValue(
            f"Invalid comparator '{operator}' for prompts filter. Only '=' is supported with format: prompt = \"name/version\""
        )
    return InvalidParameterValue(f"Invalid comparator '{operator}' for {kind} '{key}', not one of '{list(allowed)}'")


def _operators(kind: Kind, key: str) -> Sequence[str]:
    match kind:
        case "attribute" if key in NUMERIC:
            return NUMBERS
        case "attribute" if key in {"name", "run_id"}:
            return TEXTS
        case "attribute" if key == "prompt":
            return ("=",)
        case "span" if key == "content":
            return LIKES
        case "attribute" | "span":
            return LISTS
        case "tag" | "metadata":
            return TEXTS
        case "issue":
            return ("=",)
        case _:
            return ASSESSED


def _value(kind: Kind, key: str, operator: str, operand: Operand) -> str | float | tuple[str, ...]:
    if kind == "attribute" and key in NUMERIC:
        if operand.kind != "number":
            raise InvalidParameterValue(f"Expected numeric value type for numeric attribute: {key}. Found {operand.raw}")
        return float(operand.raw)
    if kind in {"feedback", "expectation"} and operator in SIZES:
        return _size(key, operand)
    if operand.kind == "list":
        return operand.texts
    if operand.kind != "text":
        raise InvalidParameterValue(f"Expected a quoted string value for {kind} (e.g. 'my-value'). Got value {operand.raw}")
    if key == "prompt" and kind == "attribute":
        return _prompt(operand.text)
    return operand.text


def _size(key: str, operand: Operand) -> float:
    raw = operand.text if operand.kind == "text" else operand.raw
    try:
        return float(raw)
    except ValueError:
        raise InvalidParameterValue(f"Expected a number to compare the assessment '{key}' with. Found {operand.raw}") from None


def _prompt(text: str) -> str:
    name, slash, version = text.strip().partition("/")
    if not slash or not name or not version or "/" in version:
        raise InvalidParameterValue(f"Invalid prompts filter value '{text}'. Expected format: prompt = \"name/version\"")
    return f"{name.strip()}/{version.strip()}"
